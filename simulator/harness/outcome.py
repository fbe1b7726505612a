"""How a run ended, in a word, in words, and as an exit code."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from simulator.harness.blame import Blame
from simulator.oracles.fold import Violation


class Status(StrEnum):
    """The word. Each has an exit code of its own."""

    PASSED = "passed"
    VIOLATED = "violated"  # A property of the scenario does not hold.
    MISUSE = "misuse"  # The scenario or the command line is wrong; nothing is said of the program.
    STUCK = "stuck"  # Nothing could ever happen again, or a limit was reached.
    CRASHED = "crashed"  # The program, or the scenario, ended with an error.
    DIVERGED = "diverged"  # The same tape told another story.
    INTERRUPTED = "interrupted"  # Ctrl-C.


EXIT_CODES: Final = {
    Status.PASSED: 0,
    Status.VIOLATED: 1,
    Status.MISUSE: 2,
    Status.STUCK: 3,
    Status.CRASHED: 4,
    Status.DIVERGED: 5,
    Status.INTERRUPTED: 130,
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of one run."""

    status: Status
    message: str = ""
    violations: tuple[Violation, ...] = ()
    exit_code: int | None = None  # Of the program, under `exec`, when it ended by itself.
    hint: str = ""
    blame: tuple[Blame, ...] = ()  # The errors that ended it, each with the line of the program it came from.

    @property
    def passed(self) -> bool:
        return self.status is Status.PASSED

    def __str__(self) -> str:
        return f"{self.status}: {self.message}" if self.message else str(self.status)
