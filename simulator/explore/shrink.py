"""Shrink: a failure made smaller, again and again, while it still violates the same.

    shrunk = shrink(Attempt(case, plan, tape), budget=Budget(runs_max=300))
    shrunk.best.attempt.plan           # what is left of the faults

Each proposal of a pass is played in a process of its own (`apart`); the first in the order of the proposals that fails
with the same signature and is smaller becomes the best, however many were played at the same time: the result
does not depend on `jobs`. It ends when no pass finds anything, or when the budget is spent.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from simulator.errors import Misuse
from simulator.explore.apart import Apart
from simulator.explore.attempt import Attempt, Found, size_of
from simulator.explore.passes import PASSES, Pass
from simulator.kernel.tape import Tape

RUNS_MAX: Final = 500
"""The default of `runs_max`."""


@dataclass(frozen=True)
class Budget:
    """What shrinking may cost."""

    runs_max: int = RUNS_MAX
    seconds_max: float = float("inf")


@dataclass
class Shrunk:
    """What came of it."""

    first: Found
    best: Found
    runs: int = 0
    steps: list[str] = field(default_factory=list)  # The passes that helped, in order.
    finished: bool = False  # Nothing was left to try; otherwise the budget was spent.


Progress = Callable[[Shrunk], object]


def shrink(
    attempt: Attempt,
    *,
    budget: Budget | None = None,
    jobs: int = 1,
    progress: Progress = lambda shrunk: None,
    passes: tuple[Pass, ...] = PASSES,
) -> Shrunk:
    """Make a failure smaller; `progress` hears of each one that is the best so far."""
    work = _Shrinking(budget or Budget(), jobs, progress)
    return work.run(attempt, passes)


class _Shrinking:
    def __init__(self, budget: Budget, jobs: int, progress: Progress) -> None:
        self._budget, self._jobs, self._progress = budget, jobs, progress
        self._began_s = time.monotonic()

    def run(self, attempt: Attempt, passes: tuple[Pass, ...]) -> Shrunk:
        first = self._begin(attempt)
        self.shrunk = shrunk = Shrunk(first, first, runs=1)
        while True:
            before = shrunk.best.size
            for one in passes:
                self._exhaust(one)
                if self._spent():
                    return shrunk
            if shrunk.best.size.rank >= before.rank:
                shrunk.finished = True
                return shrunk

    def _begin(self, attempt: Attempt) -> Found:
        with Apart() as apart:
            ((_, told),) = apart.each([attempt.told])
        if told is None:
            raise Misuse("the failure cannot be played: its process died, or took too long")
        if not told["signature"]:
            raise Misuse(
                "there is nothing to shrink: played again, it passes",
                hint="the program or the scenario was changed since; `replay` tells where they part",
            )
        return self._found(attempt, told)

    def _found(self, attempt: Attempt, told: dict[str, object]) -> Found:
        played = replace(attempt, tape=Tape.from_json(told["tape"]))
        return Found(played, str(told["signature"]), str(told["message"]), size_of(played, told))

    def _spent(self) -> bool:
        return self.shrunk.runs >= self._budget.runs_max or time.monotonic() - self._began_s >= self._budget.seconds_max

    def _exhaust(self, one: Pass) -> None:
        """Ask a pass until it has nothing better to propose."""
        while not self._spent() and self._improve(one):
            self.shrunk.steps.append(one.__name__)
            self._progress(self.shrunk)

    def _improve(self, one: Pass) -> bool:
        shrunk = self.shrunk
        left = self._budget.runs_max - shrunk.runs
        proposals = [proposal for _, proposal in zip(range(left), one(shrunk.best.attempt), strict=False)]
        with Apart(jobs=self._jobs) as apart:
            for number, told in apart.each([proposal.told for proposal in proposals]):
                shrunk.runs += 1
                if told is not None and told["signature"] == shrunk.best.signature:
                    found = self._found(proposals[number], told)
                    if found.size.rank < shrunk.best.size.rank:
                        shrunk.best = found
                        return True
                if self._spent():
                    return False
        return False
