"""Servers in turns: each is asked for every line once a round, while the others rest; figures are medians."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.services.s3 import LINES, S3Load
from tests.fidelity.servers import SERVERS

Say = Callable[[str], None]


def measure_s3(names: Sequence[str], *, rounds: int, for_s: float, say: Say) -> dict[str, Any]:
    """By line and server, one figure for each round."""
    taken: dict[str, dict[str, list[float]]] = {line.name: {} for line in LINES}
    with ExitStack() as stack:
        loads: dict[str, S3Load] = {}
        processes: dict[str, set[int]] = {}
        for name in names:
            say(f"starting {name}")
            others, began = descendants(), time.perf_counter()
            url, users = stack.enter_context(SERVERS[name][1]())
            taken["ready"][name] = [time.perf_counter() - began]
            processes[name] = descendants() - others
            loads[name] = S3Load(url, users.first)
            stack.callback(loads[name].wire.close)
            loads[name].prepare()
        for number in range(1, rounds + 1):
            for line in LINES[:-2]:
                say(f"round {number} of {rounds}: {line.title}")
                for name, load in loads.items():
                    taken[line.name].setdefault(name, []).append(load.measure(line.name, for_s=for_s))
        for name in names:
            taken["memory"][name] = [sum(map(resident_mb, processes[name]))]
    return {"rounds": rounds, "titles": {name: SERVERS[name][0] for name in names}, "figures": taken}


def descendants() -> set[int]:
    """Our children, theirs, and so on."""
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found, fresh = set[int](), {os.getpid()}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh}
        found |= fresh
    return found


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
