"""Explain: why a run failed. Which faults it needed, what led to it, and when it became inevitable.

    found = explain(Attempt(case, plan, tape))
    found.needed            # the faults without which it passes
    found.chain             # from the violation back to its first cause
    found.fates             # event by event: how often it fails if from there on all goes as well as it can
    found.parting           # where the nearest run that passes took another way

The fates are found by copying the live run at events on its way (`forks`): in each copy chance answers anew, and no
further fault begins. Where every copy fails, nothing could save the run any more.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from simulator.errors import Misuse
from simulator.explore.apart import Apart
from simulator.explore.attempt import Attempt
from simulator.explore.forks import Forks
from simulator.explore.signature import signature
from simulator.faults import Plan, TimedFault
from simulator.faults.fault import Watcher
from simulator.harness.outcome import Outcome, Status
from simulator.harness.run import Run
from simulator.trace.event import Event
from simulator.trace.query import Trace
from simulator.world.world import World

POINTS: Final = 10
COPIES: Final = 6
_ROUNDS: Final = 6
_LINES_TOLD_MAX: Final = 400
_TURNING: Final = frozenset({"fault.begin", "fault.hit", "proc.exit", "host.crash"})


@dataclass(frozen=True)
class Fate:
    """How often the run fails when it is let go at an event."""

    event: Event
    failed: int
    copies: int

    @property
    def is_sealed(self) -> bool:
        """Whether nothing could save it any more."""
        return self.failed == self.copies


@dataclass(frozen=True)
class Parting:
    """Where a run that passes took another way than the one that failed."""

    since: Event  # Both were the same up to here at least.
    failed: tuple[str, ...]  # What happened next, each from its first difference on.
    passed: tuple[str, ...]


@dataclass
class Explanation:
    """Why a run failed."""

    run: Run
    signature: str
    needed: list[TimedFault] = field(default_factory=list)
    idle: list[TimedFault] = field(default_factory=list)  # Without any one of these it fails all the same.
    by_chance: bool = False  # It fails without any fault as well.
    chain: list[Event] = field(default_factory=list)  # The violation first.
    fates: list[Fate] = field(default_factory=list)
    parting: Parting | None = None

    @property
    def sealed(self) -> Fate | None:
        """The first event after which it always failed."""
        found = None
        for fate in reversed(self.fates):
            if not fate.is_sealed:
                break
            found = fate
        return found


Progress = Callable[[str], object]


def explain(
    attempt: Attempt,
    *,
    points: int = POINTS,
    copies: int = COPIES,
    jobs: int = 1,
    progress: Progress = lambda doing: None,
) -> Explanation:
    """Play a failure again, without each of its faults, and with other futures."""
    progress("playing it again")
    looking_on = _LettingGo(frozenset(), 0, Forks())
    run = attempt.case.play(replace(attempt.as_play(), plan=_with(attempt.plan, looking_on)))
    if run.outcome.status in (Status.PASSED, Status.MISUSE, Status.INTERRUPTED):
        raise Misuse(
            f"there is nothing to explain: played again, it ends {run.outcome}",
            hint="the program or the scenario was changed since; `replay` tells where they part",
        )
    found = Explanation(run, signature(run), chain=chain_of(run.trace, run.outcome))
    progress("leaving out each fault")
    _leave_out(attempt, found, jobs)
    _Fates(attempt, found, copies, jobs, progress).find(points, since=looking_on.begun)
    return found


def chain_of(trace: Trace, outcome: Outcome) -> list[Event]:
    """What led to the violation, the last step first."""
    seq = outcome.violations[0].seq if outcome.violations else 0
    if seq:
        event = next((event for event in trace if event.seq == seq), None)
    else:
        ends = [event for event in trace if event.kind in ("proc.error", "loop.exception", "stuck", "limit.reached")]
        event = ends[-1] if ends else None
    return list(trace.causes(event)) if event is not None else []


def _leave_out(attempt: Attempt, found: Explanation, jobs: int) -> None:
    """Play it without all faults, and without each of them."""
    faults = attempt.plan.faults
    without = [replace(attempt, plan=Plan(faults[:n] + faults[n + 1 :])) for n in range(len(faults))]
    with Apart(jobs=jobs) as apart:
        for number, told in apart.each([replace(attempt, plan=Plan()).told, *(one.told for one in without)]):
            fails = told is not None and told["signature"] == found.signature
            if not number:
                found.by_chance = fails
            else:
                (found.idle if fails else found.needed).append(faults[number - 1])


class _Fates:
    """Lets copies of the run go at events on its way."""

    def __init__(self, attempt: Attempt, found: Explanation, copies: int, jobs: int, progress: Progress) -> None:
        self._attempt, self._found, self._copies, self._jobs = attempt, found, copies, jobs
        self._progress = progress
        self._reports: dict[int, list[dict[str, Any]]] = {}

    def find(self, points: int, *, since: int) -> None:
        """First all along the way, then ever closer to where the fate is sealed."""
        events = self._way(since)
        if not events:
            return
        self._try(_spread(events, points))
        for _ in range(_ROUNDS):
            between = self._between(events)
            if not between:
                break
            self._try(_spread(between, max(points // 2, 2)))
        self._found.fates = [self._fate(event) for event in events if event.seq in self._reports]
        self._found.parting = self._parting(events)

    def _way(self, since: int) -> list[Event]:
        """The events from the beginning of the drive to the end of the story."""
        trace, outcome = self._found.run.trace, self._found.run.outcome
        last = (outcome.violations[0].seq if outcome.violations else 0) or trace[-1].seq
        return [event for event in trace if since < event.seq < last]

    def _between(self, events: Sequence[Event]) -> list[Event]:
        """Those between the last from which it may still be saved and the first from which not."""
        fates = [self._fate(event) for event in events if event.seq in self._reports]
        saved = max((fate.event.seq for fate in fates if not fate.is_sealed), default=0)
        lost = min((fate.event.seq for fate in fates if fate.is_sealed and fate.event.seq > saved), default=0)
        return [event for event in events if saved < event.seq < lost and event.seq not in self._reports]

    def _try(self, events: Sequence[Event]) -> None:
        """Play the run once more, and copy it at each of these events."""
        wanted = {event.seq for event in events}
        self._progress(f"letting go at {len(wanted)} events")
        forks = Forks(jobs=self._jobs)
        letting_go = _LettingGo(wanted, self._copies, forks)
        attempt = self._attempt
        try:
            told = _told(attempt, letting_go)
            if forks.is_copy:
                forks.report(told)
            for (seq, _), report in forks.reports():
                self._reports.setdefault(seq, []).append(report)
        finally:
            forks.close()

    def _fate(self, event: Event) -> Fate:
        reports = self._reports[event.seq]
        return Fate(event, sum(report.get("signature") == self._found.signature for report in reports), len(reports))

    def _parting(self, events: Sequence[Event]) -> Parting | None:
        """The latest copy that passed, beside what happened."""
        lines = [_line(event) for event in self._found.run.trace]
        for event in reversed(events):
            passed = [one for one in self._reports.get(event.seq, []) if one.get("status") == Status.PASSED]
            if passed:
                mine, other = lines[event.seq :], passed[0]["lines"]
                same = next((n for n, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), len(other))
                return Parting(event, tuple(mine[same : same + 6]), tuple(other[same : same + 6]))
        return None


class _LettingGo(Watcher):
    """Copies the run at certain events."""

    def __init__(self, wanted: Collection[int], copies: int, forks: Forks) -> None:
        self._wanted, self._copies, self._forks = wanted, copies, forks
        self.begun = 0  # The last event before the drive.
        self.since = 0  # In a copy: the event at which it was made.

    def begin(self, world: World) -> None:
        """Watch from now on."""
        recorder = world.engine.recorder
        assert recorder is not None
        self.begun = recorder.seq
        recorder.subscribe(lambda event: self._see(world, event))

    def _see(self, world: World, event: Event) -> None:
        if event.seq not in self._wanted or self._forks.is_copy:
            return
        for number in range(self._copies):
            if self._forks.split((event.seq, number)):
                self.since = event.seq
                world.is_calm = True
                world.engine.choices.go_on(number + 1)
                return


def _with(plan: Plan, watcher: Watcher) -> Plan:
    return Plan((*plan.faults, TimedFault(0, 0, watcher)))


def _told(attempt: Attempt, letting_go: _LettingGo) -> dict[str, Any]:
    tape = replace(attempt.tape, then=0)  # A whole tape is never left, but where a copy is let go.
    try:
        run = attempt.case.play(replace(attempt.as_play(), plan=_with(attempt.plan, letting_go), tape=tape))
    except BaseException as error:
        if not letting_go.since:
            raise
        return {"status": "died", "message": f"{type(error).__name__}: {error}"}
    if not letting_go.since:
        return {}
    after = [event for event in run.trace if event.seq > letting_go.since][:_LINES_TOLD_MAX]
    return {"status": run.outcome.status, "signature": signature(run), "lines": [_line(event) for event in after]}


def _line(event: Event) -> str:
    """An event without its number, which differs as soon as anything does."""
    return event.line()[8:]


def _spread(events: Sequence[Event], count: int) -> list[Event]:
    """So many of them, evenly; where something turns before others."""
    if len(events) <= count:
        return list(events)
    turning = [event for event in events if event.kind in _TURNING][: count // 2]
    step = len(events) / (count - len(turning))
    even = [events[int(number * step)] for number in range(count - len(turning))]
    chosen = {event.seq: event for event in (*turning, *even, events[-1])}
    return sorted(chosen.values(), key=lambda event: event.seq)
