"""Crash points: a program is struck at each moment of each of its durable effects, and the case judges what follows.

    matrix = crash_points(ScenarioCase(scenario=recordings), Target("worker", "stream"))
    assert not matrix.failures, matrix

The run is played once to list the effects, and once more to be copied at each of them (see `forks`): each copy strikes,
and costs only the rest of the run. A point that fails is played again from the start, as a plan with one
`CrashAt` in it, and leaves a trace that `replay` understands.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from simulator.errors import Misuse
from simulator.explore.case import Case, Play
from simulator.explore.forks import Forks
from simulator.explore.signature import signature
from simulator.faults import CrashAt, Plan, TimedFault
from simulator.faults.crash import watch_effects
from simulator.faults.effects import MOMENTS, Effect
from simulator.faults.fault import Watcher
from simulator.harness.outcome import Status
from simulator.harness.run import Run
from simulator.services.redis.registry import find as redis_command
from simulator.world.world import World

FAMILIES: Final = ("s3", "redis", "http", "fs", "net")
_S3_READS: Final = ("Head", "Get", "List")
_REDIS_MAY_WRITE: Final = frozenset({"eval", "evalsha", "exec", "fcall", "multi"})
"""Whether these write depends on what they are given."""


@dataclass(frozen=True)
class Target:
    """Who is struck, how, and when."""

    host: str
    service: str = ""
    way: str = "kill"
    moments: tuple[str, ...] = MOMENTS
    down_s: float = 1.0
    families: tuple[str, ...] = FAMILIES
    reads: bool = False  # Also requests that change nothing.
    every: int = 1  # Only each so-manieth effect.

    def wants(self, effect: Effect, moment: str) -> bool:
        return moment in self.moments and effect.family in self.families and (self.reads or not _is_read(effect))


@dataclass(frozen=True)
class Point:
    """A moment of an effect."""

    effect: int
    moment: str
    words: str  # The effect in words.
    family: str
    what: str
    at_ns: int


@dataclass(frozen=True)
class Result:
    """What became of a run that was struck at a point."""

    point: Point
    status: str
    signature: str = ""
    message: str = ""

    @property
    def recovered(self) -> bool:
        return self.status == Status.PASSED


@dataclass
class Matrix:
    """All points that were tried."""

    target: Target
    effects: int = 0  # How many the program had, tried or not.
    results: list[Result] = field(default_factory=list)
    base: Run | None = None  # The run without a blow.

    @property
    def failures(self) -> list[Result]:
        return [one for one in self.results if not one.recovered]

    @property
    def recovered(self) -> int:
        return len(self.results) - len(self.failures)

    def __str__(self) -> str:
        return f"{self.recovered:,} of {len(self.results):,} crash points recover"


Progress = Callable[[int, int], object]
"""Hears how many points were begun, and of how many."""


def crash_points(
    case: Case, target: Target, *, play: Play | None = None, jobs: int = 1, progress: Progress = lambda done, of: None
) -> Matrix:
    """Strike everywhere. `play` says with which seed, plan and limits; without a plan there is no other fault."""
    base = play or Play()
    base = replace(base, plan=base.plan if base.plan is not None else Plan())
    points, effects, found = _list(case, target, base)
    if not found.outcome.passed:
        raise Misuse(
            f"without a blow the run is {found.outcome}",
            hint="crash points are looked for in a run that passes: give another --seed or --plan",
        )
    matrix = Matrix(target, effects, base=found)
    if not points:
        return matrix
    forks = Forks(jobs=jobs)
    try:
        _strike_all(case, target, base, points, forks, progress)
        told = dict(forks.reports())
    finally:
        forks.close()
    matrix.results = [
        Result(point, **{name: str(told[point].get(name, "")) for name in ("status", "signature", "message")})
        for point in points
    ]
    return matrix


def plan_of(base: Plan | None, target: Target, point: Point) -> Plan:
    """The plan that strikes at a point from the start: what makes a failure replayable."""
    blow = CrashAt(target.host, target.service, point.effect, point.moment, target.way, target.down_s)
    return Plan((TimedFault(0, 0, blow), *(base.faults if base is not None else ())))


def _list(case: Case, target: Target, play: Play) -> tuple[list[Point], int, Run]:
    seen: list[tuple[Effect, str]] = []
    watched = _Watch(target, lambda world, effect, moment: seen.append((effect, moment)))
    found = case.play(replace(play, plan=_with(play.plan, watched)))
    if not watched.begun:
        raise Misuse("the run ended before the plan began to strike: no effect was seen", hint="is it `drive`n?")
    chosen = [
        Point(effect.number, moment, str(effect), effect.family, effect.what, effect.at_ns)
        for effect, moment in seen
        if target.wants(effect, moment)
    ]
    numbers = sorted({point.effect for point in chosen})[:: target.every]
    kept = frozenset(numbers)
    return [point for point in chosen if point.effect in kept], len({effect.number for effect, _ in seen}), found


def _strike_all(
    case: Case, target: Target, play: Play, points: Sequence[Point], forks: Forks, progress: Progress
) -> None:
    wanted = {(point.effect, point.moment): point for point in points}

    def tell(world: World, effect: Effect, moment: str) -> None:
        point = wanted.pop((effect.number, moment), None)
        if point is None or forks.is_copy:
            return
        progress(len(points) - len(wanted), len(points))
        if forks.split(point):
            blow = plan_of(None, target, point).faults[0].fault
            assert isinstance(blow, CrashAt)
            blow.strike(world, effect)

    try:
        found = case.play(replace(play, plan=_with(play.plan, _Watch(target, tell))))
        told = {"status": found.outcome.status, "signature": signature(found), "message": found.outcome.message}
    except BaseException as error:
        if not forks.is_copy:
            raise
        told = {"status": "died", "message": f"{type(error).__name__}: {error}"}
    if forks.is_copy:
        forks.report(told)
    if wanted:
        raise Misuse(
            f"the run has {len(wanted)} moments less the second time: it depends on more than its seed",
            hint="`check` finds what on",
        )


def _with(plan: Plan | None, watch: "_Watch") -> Plan:
    return Plan((*(plan.faults if plan is not None else ()), TimedFault(0, 0, watch)))


class _Watch(Watcher):
    """Stands in the plan in the place of a blow, and counts as one does."""

    def __init__(self, target: Target, tell: Callable[[World, Effect, str], Any]) -> None:
        self._target, self._tell = target, tell
        self.begun = False

    def begin(self, world: World) -> None:
        """Count from now on."""
        self.begun = True
        target = self._target
        if not world.has(target.host):
            raise Misuse(f"there is no host {target.host!r}", hint=f"hosts: {', '.join(world.hosts)}")
        watch_effects(world, target.host, target.service, lambda effect, moment: self._tell(world, effect, moment))


def _is_read(effect: Effect) -> bool:
    """Whether a request changes nothing, as far as we know its service."""
    if effect.family == "s3":
        return effect.what.startswith(_S3_READS)
    if effect.family == "http":
        return effect.what.startswith(("GET ", "HEAD "))
    if effect.family == "redis":
        if effect.what in _REDIS_MAY_WRITE:
            return False
        known = redis_command(effect.what.encode())
        return known is not None and not (known.writes or known.may_replicate)
    return False
