"""Our S3 keeps the contract without a deviation: over real sockets as a user serves it, and in simulation."""

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest

from simulator.services.s3.program import S3Server, serve_s3
from tests.contract.s3.arms import NAMES, STORIES, told_over_sockets
from tests.contract.s3.contract import Server, Story, tell
from tests.support.processes import OneHost
from tests.support.serve_process import Served

_USER: Final = {"access_key": "test", "secret_key": "test"}


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with Served("s3", "--port", "0") as ours:
        yield Server(url=ours.url, **_USER)


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_served_over_sockets_it_keeps_the_contract(story: Story, served: Server) -> None:
    assert told_over_sockets(story, served, {}) == ""


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_in_simulation_it_keeps_the_contract(story: Story) -> None:
    assert told_in_simulation(story) == ""


def told_in_simulation(story: Story) -> str:
    """What did not hold when the client is on one host and the server on another."""
    one = OneHost()
    one.world.host("s3").run(serve_s3, S3Server())
    return "\n".join(one.run(lambda: asyncio.run(tell(story, Server(url="http://s3:9000", **_USER), {}))))
