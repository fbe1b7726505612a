"""Servers in turns: each is asked for every line once a round, while the others rest; figures are medians."""

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
        for name in names:
            say(f"starting {name}")
            began = time.perf_counter()
            url, users = stack.enter_context(SERVERS[name][1]())
            taken["ready"][name] = [time.perf_counter() - began]
            loads[name] = S3Load(url, users.first)
            loads[name].prepare()
        for number in range(1, rounds + 1):
            for line in LINES[:-2]:
                say(f"round {number} of {rounds}: {line.title}")
                for name, load in loads.items():
                    taken[line.name].setdefault(name, []).append(load.measure(line.name, for_s=for_s))
        for name, load in loads.items():
            taken["memory"][name] = [memory_mb(load.url)]
    return {"rounds": rounds, "titles": {name: SERVERS[name][0] for name in names}, "figures": taken}


def memory_mb(url: str) -> float:
    """Resident memory of the processes that listen on the port, and of their children and siblings."""
    port = int(url.rpartition(":")[2])
    sockets = _listening(port)
    owners = {pid for pid in _pids() if sockets & _sockets(pid)}
    return sum(_resident(pid) for pid in owners) / (1 << 20)


def _pids() -> list[str]:
    return [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]


def _listening(port: int) -> set[str]:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}


def _sockets(pid: str) -> set[str]:
    try:
        return {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return set()


def _resident(pid: str) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
