"""Passes: the ways in which a failure can be made smaller. Each proposes attempts, the boldest first.

| pass              | what it proposes                                                      |
|-------------------|-------------------------------------------------------------------------|
| `fewer_faults`    | no faults, half of them, all but one                                     |
| `smaller_numbers` | parameters of the scenario: one, half, one less                          |
| `tamer_streams`   | the tamest answers everywhere, in a concern, in one lane                 |
| `milder_faults`   | a trouble that strikes once instead of by chance, or always              |
| `shorter_faults`  | faults that end at once, last half as long, begin at a round time        |
| `earlier_faults`  | faults that begin at once, or sooner: then the rest of the story is short |
| `tamer_draws`     | single answers of chance: the tamest, half of what it was                |

A pass is a function of the best attempt so far; a proposal that fails in the same way and is smaller becomes the best,
and the pass is asked again.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Final

from simulator.explore.attempt import Attempt
from simulator.faults import Fault, Plan, Reset, ServiceTrouble, TimedFault
from simulator.faults.disk import DiskFails, LostWrites
from simulator.services.trouble import parse as parse_trouble

Pass = Callable[[Attempt], Iterator[Attempt]]

_NS: Final = 10**9
_GRAINS_NS: Final = (60 * _NS, 10 * _NS, _NS, _NS // 10, _NS // 1000)
_LANES_MAX: Final = 60
_DRAWS_MAX: Final = 40


def fewer_faults(best: Attempt) -> Iterator[Attempt]:
    """Leave faults out: all, a half, a quarter ..., one."""
    faults = best.plan.faults
    size = len(faults)
    while size >= 1:
        for start in range(0, len(faults), size):
            kept = faults[:start] + faults[start + size :]
            if len(kept) < len(faults):
                yield replace(best, plan=Plan(kept))
        size //= 2


def smaller_numbers(best: Attempt) -> Iterator[Attempt]:
    """Fewer actors, shorter stories."""
    for name, value in best.case.numbers().items():
        smaller: list[int | float] = []
        if isinstance(value, int):
            smaller = [number for number in (1, value // 2, value - 1) if 1 <= number < value]
        elif value > 1:
            smaller = [round(value / 4, 1), round(value / 2, 1), float(int(value * 0.8))]
        for number in dict.fromkeys(smaller):
            if 0 < number < value:
                yield replace(best, case=best.case.with_params(**{name: number}))


def tamer_streams(best: Attempt) -> Iterator[Attempt]:
    """The tamest answers, for all that is asked, then by concern, then by place."""
    wild = [draw for draw in best.tape.draws if draw.value]
    if not wild:
        return
    yield best.with_draws(lambda draw: 0)
    streams = list(dict.fromkeys(draw.stream for draw in wild))
    if len(streams) > 1:
        yield from (_without(best, {draw[:3] for draw in wild if draw.stream == stream}) for stream in streams)
    lanes = list(dict.fromkeys(draw[:3] for draw in wild))
    if 1 < len(lanes) <= _LANES_MAX:
        yield from (_without(best, {lane}) for lane in lanes)


def milder_faults(best: Attempt) -> Iterator[Attempt]:
    """What strikes by chance strikes once, or whenever it can: a story without dice."""
    for number, timed in enumerate(best.plan.faults):
        for fault in _milder(timed.fault):
            if fault != timed.fault:
                yield _with_fault(best, number, replace(timed, fault=fault))


def shorter_faults(best: Attempt) -> Iterator[Attempt]:
    """Faults that last shorter, and times that are easy to say."""
    for number, timed in enumerate(best.plan.faults):
        for lasts_ns in dict.fromkeys((0, timed.lasts_ns // 2)):
            if lasts_ns < timed.lasts_ns:
                yield _with_fault(best, number, replace(timed, lasts_ns=lasts_ns))
        for grain_ns in _GRAINS_NS:
            for at_ns in dict.fromkeys((timed.at_ns // grain_ns * grain_ns, -(-timed.at_ns // grain_ns) * grain_ns)):
                if at_ns != timed.at_ns:
                    yield _with_fault(best, number, replace(timed, at_ns=at_ns))
            lasts_ns = -(-timed.lasts_ns // grain_ns) * grain_ns
            if lasts_ns != timed.lasts_ns:
                yield _with_fault(best, number, replace(timed, lasts_ns=lasts_ns))


def earlier_faults(best: Attempt) -> Iterator[Attempt]:
    """The sooner it begins, the shorter is what must be told before."""
    for number, timed in enumerate(best.plan.faults):
        for at_ns in dict.fromkeys((0, timed.at_ns // 2 // _NS * _NS, timed.at_ns - _NS)):
            if 0 <= at_ns < timed.at_ns:
                yield _with_fault(best, number, replace(timed, at_ns=at_ns))


def tamer_draws(best: Attempt) -> Iterator[Attempt]:
    """One answer after the other, where there are few."""
    wild = [number for number, draw in enumerate(best.tape.draws) if draw.value]
    for number in wild[:_DRAWS_MAX]:
        draw = best.tape.draws[number]
        for value in dict.fromkeys((0, draw.value // 2)):
            draws = list(best.tape.draws)
            draws[number] = draw._replace(value=value)
            yield replace(best, tape=replace(best.tape, draws=tuple(draws)))


PASSES: Final[tuple[Pass, ...]] = (
    fewer_faults,
    smaller_numbers,
    tamer_streams,
    milder_faults,
    fewer_faults,
    shorter_faults,
    earlier_faults,
    tamer_draws,
)


def _without(best: Attempt, lanes: Collection[tuple[str, str, str]]) -> Attempt:
    """The tamest answers in these lanes."""
    return best.with_draws(lambda draw: 0 if draw[:3] in lanes else draw.value)


def _with_fault(best: Attempt, number: int, timed: TimedFault) -> Attempt:
    faults = list(best.plan.faults)
    faults[number] = timed
    return replace(best, plan=Plan(tuple(sorted(faults, key=lambda one: one.at_ns))))


def _milder(fault: Fault) -> Iterator[Fault]:
    if isinstance(fault, ServiceTrouble):
        trouble = parse_trouble(fault.trouble)
        if trouble.chance < 1:
            for times in (1, None):
                yield replace(fault, trouble=str(replace(trouble, chance=1.0, times=times)))
    elif isinstance(fault, Reset | DiskFails | LostWrites) and fault.one_in > 1:
        yield replace(fault, one_in=1)
