"""The contract is no invention: a real redis-server keeps it."""

from collections.abc import Iterator

import pytest

from tests.contract.redis.arms import NAMES, STORIES, tell_over_sockets
from tests.contract.redis.contract import PROTOCOLS, Story
from tests.support.real_redis import ABSENT, RealRedis, installed

pytestmark = [pytest.mark.real, pytest.mark.skipif(not installed(), reason=ABSENT)]


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with RealRedis() as server:
        yield server.url


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_a_real_server_keeps_the_contract(story: Story, protocol: int, real: str) -> None:
    tell_over_sockets(story, real, protocol)
