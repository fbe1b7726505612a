"""Redis servers in turns: each is asked for every line once a round, while the others rest; figures are medians."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.services.redis_load import LINES, RedisLoad
from benchmarks.services.rounds import Load, Say, in_turns
from tests.fidelity.redis_servers import SERVERS


def measure_redis(names: Sequence[str], *, rounds: int, for_s: float, say: Say) -> dict[str, Any]:
    """By line and server, one figure for each round."""

    def load(url: str, stack: ExitStack) -> Load:
        return RedisLoad(int(url.rpartition(":")[2].partition("/")[0]))

    return in_turns({name: SERVERS[name] for name in names}, LINES, load, rounds=rounds, for_s=for_s, say=say)
