"""Drive: a sweep from its first seed to its end, in real time.

Tasks go to an executor (forked workers, a cluster), records come back; of each new finding the lowest seed is played
once more, in a process that has played nothing before, and leaves a trace. So what the trace tells is what `replay`
will find, and a failure that only a warm process shows is told as such.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from simulator.explore.record import Record, Task
from simulator.explore.sweep import Finding, Sweep

LOOK_S: Final = 0.2
"""How often progress is told and the clock is looked at, at least."""
GRACE_S: Final = 5.0
"""So long the traces of what was found are waited for after a Ctrl-C."""


class Executor(Protocol):
    """Plays tasks somewhere."""

    @property
    def busy(self) -> int:
        """How many tasks have been given and not come back."""

    def room(self) -> int:
        """How many to give now."""

    def give(self, task: Task) -> None: ...

    def collect(self, timeout_s: float) -> list[Record]:
        """Records that come within a time; returns with the first of them."""

    def close(self) -> None: ...


class Traces:
    """Has the examples of findings played once more, and kept."""

    def __init__(self, recorder: Executor | None, path: Callable[[int, int], str]) -> None:
        self._recorder, self._path = recorder, path
        self._waiting: dict[int, Finding] = {}
        self._number = 0

    def want(self, finding: Finding) -> None:
        """Have the trace of a finding's first seed written."""
        if self._recorder is None:
            return
        first = finding.first
        path = self._path(first.subject, first.seed)
        task = Task(
            number=self._number,
            subject=first.subject,
            seed=first.seed,
            tape=first.tape if first.mutated else None,
            trace=path,
        )
        self._waiting[self._number] = finding
        self._number += 1
        self._recorder.give(task)

    def look(self, timeout_s: float = 0.0) -> None:
        """Take what was written."""
        if self._recorder is None or not self._waiting:
            return
        for record in self._recorder.collect(timeout_s):
            finding = self._waiting.pop(record.number, None)
            if finding is not None and record.seed == finding.first.seed:
                self._took(finding, record)

    def finish(self, grace_s: float | None = None) -> None:
        """Wait for what is still to be written."""
        end_s = None if grace_s is None else time.monotonic() + grace_s
        while self._waiting and (end_s is None or time.monotonic() < end_s):
            self.look(LOOK_S)

    def _took(self, finding: Finding, record: Record) -> None:
        path = self._path(record.subject, record.seed)
        finding.trace = path if os.path.exists(path) else ""
        if record.digest != finding.first.digest:
            finding.note = f"in a fresh process this seed tells another story ({record.status}); `check` shows why"


@dataclass(frozen=True)
class Driven:
    """How a sweep came to its end."""

    real_s: float
    interrupted: bool


def drive(
    sweep: Sweep,
    executor: Executor,
    traces: Traces,
    *,
    heard: Callable[[Record], object],
    look: Callable[[float], object],
) -> Driven:
    """Play until it is enough; Ctrl-C ends it as well, and keeps what is there."""
    began_s = time.monotonic()
    interrupted = False
    try:
        _play(sweep, executor, traces, began_s, heard, look)
    except KeyboardInterrupt:
        interrupted = True
        sweep.stop("interrupted")
    real_s = time.monotonic() - began_s
    executor.close()
    try:
        traces.finish(GRACE_S if interrupted else None)
    except KeyboardInterrupt:
        interrupted = True
    return Driven(real_s, interrupted)


def _play(
    sweep: Sweep,
    executor: Executor,
    traces: Traces,
    began_s: float,
    heard: Callable[[Record], object],
    look: Callable[[float], object],
) -> None:
    while not sweep.over:
        while executor.room() and (task := sweep.next()) is not None:
            executor.give(task)
        if not executor.busy:
            return
        for record in executor.collect(LOOK_S):
            heard(record)
            finding = sweep.take(record)
            if finding is not None:
                traces.want(finding)
        traces.look()
        passed_s = time.monotonic() - began_s
        sweep.look_at_the_clock(passed_s)
        look(passed_s)
