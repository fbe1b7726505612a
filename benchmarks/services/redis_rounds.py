"""Redis servers in turns: each is asked for every line once a round, while the others rest; figures are medians."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.services.redis_load import LINES, RedisLoad
from benchmarks.services.rounds import Say, descendants, resident_mb
from tests.fidelity.redis_servers import SERVERS


def measure_redis(names: Sequence[str], *, rounds: int, for_s: float, say: Say) -> dict[str, Any]:
    """By line and server, one figure for each round."""
    taken: dict[str, dict[str, list[float]]] = {line.name: {} for line in LINES}
    with ExitStack() as stack:
        loads: dict[str, RedisLoad] = {}
        processes: dict[str, set[int]] = {}
        for name in names:
            say(f"starting {SERVERS[name][0]}")
            others, began = descendants(), time.perf_counter()
            url = stack.enter_context(SERVERS[name][1]())
            taken["ready"][name] = [time.perf_counter() - began]
            processes[name] = descendants() - others
            loads[name] = RedisLoad(int(url.rpartition(":")[2].partition("/")[0]))
        for number in range(1, rounds + 1):
            for line in LINES[:-2]:
                say(f"round {number} of {rounds}: {line.title}")
                for name, load in loads.items():
                    taken[line.name].setdefault(name, []).append(load.measure(line.name, for_s=for_s))
        for name in names:
            taken["memory"][name] = [sum(map(resident_mb, processes[name]))]
    return {"rounds": rounds, "titles": {name: SERVERS[name][0] for name in names}, "figures": taken}
