"""Servers in turns: each is asked for every line once a round, while the others rest; figures are medians."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Protocol, TypeVar

from benchmarks.services.s3 import LINES, Line, S3Load
from tests.fidelity.servers import SERVERS

Say = Callable[[str], None]
Told = TypeVar("Told")  # What a server tells of itself when it is ready.


class Load(Protocol):
    """The requests of one server."""

    def measure(self, line: str, *, for_s: float) -> float:
        """One figure."""


def in_turns(
    servers: Mapping[str, tuple[str, Callable[[], AbstractContextManager[Told]]]],
    lines: Sequence[Line],
    load: Callable[[Told, ExitStack], Load],
    *,
    rounds: int,
    for_s: float,
    say: Say,
) -> dict[str, Any]:
    """By line and server, one figure for each round; the last two lines are the start and the memory of a server."""
    taken: dict[str, dict[str, list[float]]] = {line.name: {} for line in lines}
    with ExitStack() as stack:
        loads: dict[str, Load] = {}
        processes: dict[str, set[int]] = {}
        for name, (title, start) in servers.items():
            say(f"starting {title}")
            others, began = descendants(), time.perf_counter()
            told = stack.enter_context(start())
            taken["ready"][name] = [time.perf_counter() - began]
            processes[name] = descendants() - others
            loads[name] = load(told, stack)
        for number in range(1, rounds + 1):
            for line in lines[:-2]:
                say(f"round {number} of {rounds}: {line.title}")
                for name, one in loads.items():
                    taken[line.name].setdefault(name, []).append(one.measure(line.name, for_s=for_s))
        for name in servers:
            taken["memory"][name] = [sum(map(resident_mb, processes[name]))]
    return {"rounds": rounds, "titles": {name: title for name, (title, _) in servers.items()}, "figures": taken}


def measure_s3(names: Sequence[str], *, rounds: int, for_s: float, say: Say) -> dict[str, Any]:
    """S3 servers in turns."""

    def load(told: tuple[str, Any], stack: ExitStack) -> Load:
        url, users = told
        one = S3Load(url, users.first)
        stack.callback(one.wire.close)
        one.prepare()
        return one

    return in_turns({name: SERVERS[name] for name in names}, LINES, load, rounds=rounds, for_s=for_s, say=say)


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
