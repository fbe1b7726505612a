"""Attempt: one way to make a case fail, as data; and what it came to when it was played."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.explore.case import Case, Play
from simulator.explore.signature import signature
from simulator.faults.plan import Plan
from simulator.kernel.limits import Limits
from simulator.kernel.tape import Draw, Tape


@dataclass(frozen=True)
class Attempt:
    """A plan, a tape, and parameters."""

    case: Case
    plan: Plan
    tape: Tape
    schedule: str = "fifo"
    limits: Limits | None = None

    def as_play(self) -> Play:
        """How the case is played."""
        return Play(plan=self.plan, tape=self.tape, schedule=self.schedule, limits=self.limits)

    def told(self) -> dict[str, Any]:
        """Play it and say what it came to, as plain data: what a process says to another."""
        run = self.case.play(self.as_play())
        footer = run.trace.footer
        return {
            "signature": signature(run),
            "status": str(run.outcome.status),
            "message": run.outcome.message,
            "tape": run.tape.to_json(),
            "events": footer.events if footer is not None else len(run.trace),
            "now_ns": run.now_ns,
        }

    def with_draws(self, change: Callable[[Draw], int]) -> "Attempt":
        """The same with other answers of chance."""
        draws = tuple(draw._replace(value=min(change(draw), draw.bound - 1)) for draw in self.tape.draws)
        return replace(self, tape=Tape(draws, self.tape.seed))


@dataclass(frozen=True)
class Size:
    """How much there is to read, most important first: a smaller one is a better story."""

    faults: int
    numbers: float  # The sum of the parameters.
    fault_ns: int  # When faults begin and how long they last.
    chances: int  # Draws that are not the tamest.
    events: int
    awkward: int = 0  # Digits of times that nobody wants to read.

    @property
    def rank(self) -> tuple[float, ...]:
        return self.faults, self.numbers, self.chances, self.awkward, self.fault_ns, self.events


@dataclass(frozen=True)
class Found:
    """An attempt that fails as wanted, and how large it is."""

    attempt: Attempt
    signature: str
    message: str
    size: Size
    runs: int = field(default=0, compare=False)


def size_of(attempt: Attempt, told: dict[str, Any]) -> Size:
    """How large an attempt is, with the tape that its run has drawn."""
    faults = attempt.plan.faults
    return Size(
        faults=len(faults),
        numbers=float(sum(attempt.case.numbers().values())),
        fault_ns=sum(one.at_ns + one.lasts_ns for one in faults),
        chances=sum(1 for draw in attempt.tape.draws if draw.value),
        events=int(told["events"]),
        awkward=sum(len(f"{time_ns:d}".rstrip("0")) for one in faults for time_ns in (one.at_ns, one.lasts_ns)),
    )
