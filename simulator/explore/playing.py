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
from typing import Any, Final

from simulator.errors import Misuse
from simulator.explore.branches import Branches
from simulator.explore.case import Case, Play, ProgramCase
from simulator.explore.coverage import Reached, reached
from simulator.explore.record import Record, Task, lost, record_of
from simulator.harness.launch import Launch
from simulator.harness.marks import marks_in
from simulator.harness.outcome import Status
from simulator.kernel.callsite import is_own
from simulator.kernel.limits import Limits
from simulator.kernel.tape import Tape
from simulator.trace.header import Header
from simulator.trace.recorder import Recorder
from simulator.trace.writer import TraceWriter

TAPE_DRAWS_MAX: Final = 200_000
"""A longer tape is not kept, and so not searched from."""


@dataclass(frozen=True, kw_only=True)
class Playing:
    """The subjects of a sweep, and how they are played."""

    cases: Sequence[Case]
    schedule: str = "fifo"
    limits: Limits = field(default_factory=Limits)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    branches: Branches | None = None
    keeps_tapes: bool = False  # Of runs that reach something new: see `guided`.
    seen: Reached = field(default_factory=Reached)  # What this process has told of already.

    def apart(self, task: Task) -> bool:
        """Whether a task needs a process of its own."""
        return isinstance(self.cases[task.subject], ProgramCase)

    def play(self, task: Task) -> Record:
        """Play one task to its end."""
        case = self.cases[task.subject]
        start_s = time.monotonic()
        before = set(sys.modules) if self.schedule != "fifo" else set()
        try:
            if self.branches is not None:
                self.branches.begin()
            run = case.play(self._play(task, self.schedule))
        except Misuse as error:
            said = f"{error}; {error.hint}" if error.hint else str(error)
            return lost(task, str(Status.MISUSE), said)
        record = record_of(task, run)
        features = reached(run) | (self.branches.end() if self.branches is not None else set())
        record.features = [one for one in sorted(features) if one not in self.seen.first]
        if self.keeps_tapes and (record.features or record.mutated) and len(run.tape) <= TAPE_DRAWS_MAX:
            record.tape = run.tape.to_json()
        if record.failed and self.schedule != "fifo":
            record.stock = self._legal(task, case, before) is run.outcome.status
        record.real_ms = (time.monotonic() - start_s) * 1e3
        record.trace = task.trace
        return record

    def took(self, record: Record) -> None:
        """Called in the worker, with each record that leaves it: what it tells now need not be told again."""
        self.seen.add(record.features, record.seed)

    def _legal(self, task: Task, case: Case, before: set[str]) -> Status:
        """How the same seed ends in asyncio's own order."""
        if isinstance(case, ProgramCase):
            self._forget(case, before)
        return case.play(self._play(task, "fifo")).outcome.status

    def _play(self, task: Task, schedule: str) -> Play:
        def recorder(header: Header) -> Recorder:
            sink = TraceWriter(task.trace, header) if task.trace and schedule == self.schedule else None
            return Recorder(header=header, sink=sink, trace_bytes_max=self.limits.trace_bytes_max)

        return Play(
            seed=task.seed,
            tape=Tape.from_json(task.tape) if task.tape is not None else None,
            schedule=schedule,
            limits=self.limits,
            recorder=recorder,
            provenance=self.provenance,
        )

    def warm(self, task: Task) -> Status:
        """Play a task in this process, so that workers which are forked from it find all that it imported."""
        before = set(sys.modules)
        case = self.cases[task.subject]
        status = case.play(self._play(task, self.schedule)).outcome.status
        self.seen.marks += [mark for mark in marks_in(_own_files(case)) if mark not in self.seen.marks]
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


def _own_files(case: Case) -> list[str]:
    """The files of the subject's own code, as far as that was imported."""
    places = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    if isinstance(case, ProgramCase) and not case.setup.is_module:
        places.append(os.path.join(case.setup.folder, case.setup.program))
    return sorted({place for place in places if place.endswith(".py") and is_own(place)})


def settle() -> None:
    """Before forking: what is there now is shared by all workers, and no collector needs to look at it again."""
    gc.collect()
    gc.freeze()
    sys.stdout.flush()
    sys.stderr.flush()
