"""Playing: what a worker does with a task, and how it is made warm before workers are forked.

A scenario is played in the worker itself: `check` shows that a run does not depend on those before it. A program's own
modules would stay in `sys.modules`, so each of its seeds has a process of its own, forked from a worker in which the
libraries that it imports are there already.
"""

import gc
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import Misuse
from simulator.explore.case import Case, Play, ProgramCase
from simulator.explore.record import Record, Task, lost, record_of
from simulator.harness.launch import Launch
from simulator.harness.outcome import Status
from simulator.kernel.limits import Limits
from simulator.trace.header import Header
from simulator.trace.recorder import Recorder
from simulator.trace.writer import TraceWriter


@dataclass(frozen=True, kw_only=True)
class Playing:
    """The subjects of a sweep, and how they are played."""

    cases: Sequence[Case]
    schedule: str = "fifo"
    limits: Limits = field(default_factory=Limits)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def apart(self, task: Task) -> bool:
        """Whether a task needs a process of its own."""
        return isinstance(self.cases[task.subject], ProgramCase)

    def play(self, task: Task) -> Record:
        """Play one task to its end."""
        case = self.cases[task.subject]
        start_s = time.monotonic()
        try:
            run = case.play(self._play(task, self.schedule))
        except Misuse as error:
            said = f"{error}; {error.hint}" if error.hint else str(error)
            return lost(task, str(Status.MISUSE), said)
        record = record_of(task, run)
        if record.failed and self.schedule != "fifo":
            legal = case.play(self._play(task, "fifo"))
            record.stock = legal.outcome.status is run.outcome.status
        record.real_ms = (time.monotonic() - start_s) * 1e3
        record.trace = task.trace
        return record

    def _play(self, task: Task, schedule: str) -> Play:
        def recorder(header: Header) -> Recorder:
            sink = TraceWriter(task.trace, header) if task.trace and schedule == self.schedule else None
            return Recorder(header=header, sink=sink, trace_bytes_max=self.limits.trace_bytes_max)

        return Play(
            seed=task.seed, schedule=schedule, limits=self.limits, recorder=recorder, provenance=self.provenance
        )

    def warm(self, task: Task) -> Status:
        """Play a task in this process, so that workers which are forked from it find all that it imported."""
        before = set(sys.modules)
        case = self.cases[task.subject]
        status = case.play(self._play(task, self.schedule)).outcome.status
        if isinstance(case, ProgramCase):
            self._forget(case, before)
        return status

    def _forget(self, case: ProgramCase, before: set[str]) -> None:
        """Take the program's own modules out again: each seed imports them anew."""
        setup = case.setup
        own = os.path.join(Launch(setup.program, is_module=setup.is_module, folder=setup.folder).path0, "")
        for name in sys.modules.keys() - before:
            place = getattr(sys.modules[name], "__file__", None) or ""
            if place.startswith(own) and "-packages/" not in place:
                del sys.modules[name]


def settle() -> None:
    """Before forking: what is there now is shared by all workers, and no collector needs to look at it again."""
    gc.collect()
    gc.freeze()
    sys.stdout.flush()
    sys.stderr.flush()
