"""Interleaved rounds: every engine runs every case once, then all again; medians and ratios of what that took."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from statistics import geometric_mean, median
from types import TracebackType
from typing import Any, Self

from benchmarks.cases import Case
from benchmarks.engines import can_run

Say = Callable[[str], None]
Taken = dict[str, dict[str, list[float]]]  # By case and engine, one figure for each round.


class Worker:
    """An engine's process; answers one order at a time and rests between them."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._process:  # Closes its ends and waits.
            pass

    def ask(self, **order: Any) -> dict[str, Any]:
        """Give an order and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: the process of {self.engine} ended with {self._process.wait()}; see above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def time(self, case: Case) -> float:
        """CPU seconds of a case."""
        taken: float = self.ask(**asdict(case))["cpu_s"]
        return taken


def compare(
    workers: Sequence[Worker], cases: Sequence[Case], *, rounds: int, say: Say
) -> dict[str, dict[str, list[float]]]:
    """CPU seconds by case and engine, one for each round."""
    taken: Taken = {case.name: {} for case in cases}
    for number in range(1, rounds + 1):
        for case in cases:
            say(f"round {number} of {rounds}: {case.title}")
            for worker in workers:
                if can_run(worker.engine, case):
                    taken[case.name].setdefault(worker.engine, []).append(worker.time(case))
    return taken


def ratio(mine: Sequence[float], other: Sequence[float]) -> float:
    """How many times as fast mine is: the median of the ratios of each round, in which both met the same machine."""
    return median(theirs / ours for ours, theirs in zip(mine, other, strict=True))


def mean_ratio(taken: Taken, mine: str, other: str) -> float | None:
    """The geometric mean of the ratios over the cases that both ran."""
    ratios = [ratio(case[mine], case[other]) for case in taken.values() if mine in case and other in case]
    return geometric_mean(ratios) if ratios else None


def spread(values: Iterable[float]) -> float:
    """How far apart the rounds were: the slowest over the fastest."""
    seen = list(values)
    return max(seen) / min(seen)
