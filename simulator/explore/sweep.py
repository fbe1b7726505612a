"""Sweep: which seeds are played in which order, when it is enough, and what was found.

Pure logic: it knows no process, no file and no clock. Whoever drives it asks `next` for tasks, has them played, and
hands the records to `take`; then `over` says in words why it is at its end.

Several subjects take turns, seed by seed. Failures that violate the same are one finding.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from simulator.explore.coverage import Reached
from simulator.explore.record import Record, Task
from simulator.harness.outcome import Status

FINDINGS_MAX: Final = 25
"""So many distinct failures are enough, unless the user wants more."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much is enough."""

    seeds: int | None = None  # For each subject.
    for_s: float | None = None  # Real time.
    findings: int = FINDINGS_MAX  # Distinct failures.


@dataclass(kw_only=True)
class Finding:
    """One distinct failure of one subject."""

    subject: int
    signature: str
    count: int = 0
    first: Record  # The one of the lowest seed.
    trace: str = ""  # Where the trace of that seed lies.
    note: str = ""  # What is to be said of that trace.


class Picks(Protocol):
    """Says what is to be played next, for a subject."""

    reached: Reached

    def pick(self, number: int, subject: int) -> Task:
        """The next task."""

    def take(self, record: Record) -> None:
        """Learn of what became of one."""


@dataclass
class SeedsInOrder:
    """One seed after the other, the same for every subject."""

    first: int = 0
    reached: Reached = field(default_factory=Reached)
    _next: Counter[int] = field(default_factory=Counter)

    def pick(self, number: int, subject: int) -> Task:
        nth = self._next[subject]
        self._next[subject] += 1
        return Task(number=number, subject=subject, seed=self.first + nth)

    def take(self, record: Record) -> None:
        self.reached.add(record.features, record.seed)


class Sweep:
    """The state of one sweep."""

    def __init__(self, *, subjects: int, bounds: Bounds, picks: Picks, before: Iterable[tuple[int, int]] = ()) -> None:
        self.bounds = bounds
        self.played = 0
        self.given = 0
        self.statuses: Counter[str] = Counter()
        self.findings: dict[tuple[int, str], Finding] = {}
        self.misuse: Record | None = None
        self.over = ""
        self._subjects = subjects
        self.picks = picks
        self._first = frozenset(before)
        """Seeds of subjects that are played before all others: those that failed the last time."""
        self._before = deque(sorted(self._first))
        self._turn = 0
        self._left = None if bounds.seeds is None else bounds.seeds * subjects

    @property
    def total(self) -> int | None:
        """How many tasks there will be, where that is known."""
        return None if self._left is None else self.given + self._left + len(self._before)

    def next(self) -> Task | None:
        """The next task; None when there is none, for now or for ever: see `over`."""
        if self.over:
            return None
        if self._before:
            subject, seed = self._before.popleft()
            return self._given(Task(number=self.given, subject=subject, seed=seed))
        while self._left is None or self._left:
            if self._left is not None:
                self._left -= 1
            task = self.picks.pick(self.given, self._turn % self._subjects)
            self._turn += 1
            if task.tape is not None or (task.subject, task.seed) not in self._first:
                return self._given(task)
        return None

    def _given(self, task: Task) -> Task:
        self.given += 1
        return task

    def take(self, record: Record) -> Finding | None:
        """Count a record; returns the finding whose example it now is, a new one or one of a lower seed."""
        self.played += 1
        self.statuses[record.status] += 1
        self.picks.take(record)
        if record.status == Status.MISUSE:
            self.misuse, self.over = record, "the subject cannot be played"
        found = self._found(record) if record.failed else None
        if not self.over:
            if len(self.findings) >= self.bounds.findings:
                self.over = "found enough" if self.bounds.findings > 1 else "the first failure"
            elif self._left == 0 and not self._before and self.played >= self.given:
                self.over = "all seeds played"
        return found

    def _found(self, record: Record) -> Finding | None:
        key = record.subject, record.signature
        known = self.findings.get(key)
        if known is None:
            self.findings[key] = known = Finding(subject=record.subject, signature=record.signature, first=record)
        known.count += 1
        if known.count > 1 and record.seed >= known.first.seed:
            return None
        known.first = record
        return known

    def look_at_the_clock(self, passed_s: float) -> None:
        """End when the time is over."""
        if not self.over and self.bounds.for_s is not None and passed_s >= self.bounds.for_s:
            self.over = "the time is over"

    def stop(self, why: str) -> None:
        """End for another reason."""
        self.over = self.over or why

    def ordered(self) -> list[Finding]:
        """The findings, those that showed most often first."""
        return sorted(self.findings.values(), key=lambda one: (one.subject, -one.count, one.first.seed, one.signature))
