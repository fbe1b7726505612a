"""Ours and the real Redis say the same to the byte, whatever three clients do in turns.

`scripts/peer-redis sequences` plays ten thousand; here a few of every family are, and a failure is made small.
"""

from collections.abc import Iterator

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.differential.grammar import families
from tests.differential.known import KNOWN
from tests.differential.peers import Peer
from tests.differential.player import play
from tests.differential.sequences import sequences
from tests.support.real_redis import ABSENT, RealRedis, installed
from tests.support.serve_process import Served

pytestmark = [pytest.mark.real, pytest.mark.skipif(not installed(), reason=ABSENT)]

_EXAMPLES = 15


@pytest.fixture(scope="module")
def peers() -> Iterator[tuple[Peer, Peer]]:
    words = ("redis", "--port", "0", "--parameter", "enable-debug-command=yes")
    with Served(*words, services=("redis",)) as served, RealRedis() as redis:
        port = int(served.url.rpartition(":")[2].partition("/")[0])
        with Peer(port) as ours, Peer(redis.port) as real:
            yield ours, real


@pytest.mark.parametrize("family", sorted(families()))
def test_they_answer_alike(family: str, peers: tuple[Peer, Peer]) -> None:
    @hypothesis.settings(max_examples=_EXAMPLES, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(st.data())
    def alike(data: st.DataObject) -> None:
        found = play(data.draw(sequences(family=family), label="sequence"), *peers)
        assert found is None, str(found)

    alike()


def test_what_is_known_to_differ_has_a_reason() -> None:
    assert all(each.why for each in KNOWN)
