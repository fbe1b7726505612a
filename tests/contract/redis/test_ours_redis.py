"""Our Redis keeps the contract with redis.asyncio: over real sockets as a user serves it, and in simulation."""

import asyncio
from collections.abc import Iterator

import pytest

from simulator.services.redis.hosted import host_redis
from tests.contract.redis.arms import NAMES, STORIES, tell_over_sockets
from tests.contract.redis.contract import PROTOCOLS, Story, tell
from tests.support.processes import OneHost
from tests.support.serve_process import Served


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with Served("redis", "--port", "0", services=("redis",)) as ours:
        yield ours.url


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_served_over_sockets_it_keeps_the_contract(story: Story, protocol: int, served: str) -> None:
    tell_over_sockets(story, served, protocol)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_in_simulation_it_keeps_the_contract(story: Story, protocol: int) -> None:
    one = OneHost()
    host_redis(one.world.host("redis"))
    one.run(lambda: asyncio.run(tell(story, host="redis", port=6379, protocol=protocol)))
