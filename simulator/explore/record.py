"""Record: one seed to be played, and what became of it, small enough for a pipe and a line of a file."""

from typing import Any, Final

import msgspec

from simulator.explore.signature import signature, stable
from simulator.harness.outcome import Status
from simulator.harness.run import Run

HUNG: Final = "hung"
"""The status of a seed that did not come to its end in the real time that it was given."""
DIED: Final = "died"
"""The status of a seed whose process ended under it."""
NO_VERDICT: Final = (str(Status.INTERRUPTED), str(Status.MISUSE))
MESSAGE_CHARS_MAX: Final = 600
FAULTS_MAX: Final = 40


class Task(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A seed of a subject, to be played."""

    number: int  # Of this task in its sweep.
    subject: int
    seed: int
    tape: Any = None  # Draws to begin with, before the seed's own: see `guided`.
    trace: str = ""  # Where to write the trace.


class Record(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What became of a task."""

    number: int
    subject: int
    seed: int
    status: str
    signature: str = ""
    message: str = ""
    stock: bool | None = None  # Of a failure under another order than asyncio's: whether asyncio's shows it as well.
    digest: str = ""
    events: int = 0
    draws: int = 0
    virtual_ns: int = 0
    real_ms: float = 0.0
    faults: list[str] = []
    features: list[str] = []  # What it reached that its worker had not seen before.
    mutated: bool = False  # It was played with a tape, so that its seed alone does not tell this story.
    tape: Any = None
    trace: str = ""

    @property
    def passed(self) -> bool:
        return self.status == Status.PASSED

    @property
    def failed(self) -> bool:
        """Whether something is wrong with the subject: it neither passed nor was stopped."""
        return not self.passed and self.status not in NO_VERDICT


def record_of(task: Task, run: Run) -> Record:
    """What a run came to."""
    footer = run.trace.footer
    faults = [str(one.fault) for one in run.plan.faults[:FAULTS_MAX]] if not run.outcome.passed else []
    return Record(
        number=task.number,
        subject=task.subject,
        seed=task.seed,
        status=str(run.outcome.status),
        signature=signature(run),
        message=run.outcome.message[:MESSAGE_CHARS_MAX],
        digest=run.digest,
        events=footer.events if footer is not None else len(run.trace),
        draws=len(run.tape),
        virtual_ns=run.now_ns,
        faults=faults,
        mutated=task.tape is not None,
    )


def lost(task: Task, status: str, message: str) -> Record:
    """What is told of a seed that took its process with it."""
    return Record(
        number=task.number,
        subject=task.subject,
        seed=task.seed,
        status=status,
        signature=f"{status}: {stable(message)}",
        message=message,
        mutated=task.tape is not None,
        tape=task.tape,
    )
