"""Guided: seeds that are led by what earlier ones reached.

A run that reached something new is kept, with its tape. Then, five times out of six, the next task is no fresh seed
but one of these tapes, changed: what is left of it is played as it was, and where it has nothing to say any more, a
seed of the task's own answers. So a state that is ten unlikely steps away is found step by step.

| change     | what it does to a tape                                                          |
|------------|-----------------------------------------------------------------------------------|
| `cut`      | keeps its beginning, and draws all that follows anew                                |
| `redraw`   | draws some lanes anew, and keeps all others                                         |
| `set`      | gives a few draws other values                                                      |
| `calm`     | answers some lanes with zero, the tamest answer: other things can happen then       |
| `weather`  | draws the plan of faults anew, and keeps everything else                            |
| `story`    | keeps the plan of faults, and draws everything else anew                            |

What is picked follows from the first seed and from the records in the order in which they came: with one job, the same
sweep picks the same again.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from simulator.explore.coverage import Reached
from simulator.explore.record import Record, Task
from simulator.kernel.tape import Draw, Tape

KEPT_MAX: Final = 400
"""Tapes that are kept for each subject; the oldest that led to nothing goes first."""
_FRESH_ONE_IN: Final = 6
_NEWEST: Final = 8
_SEED_BITS: Final = 48
_PLAN: Final = "plan"

Change = Callable[[random.Random, Tape], Tape]


@dataclass
class _Kept:
    """A tape worth changing."""

    tape: Tape
    reached: int  # How much was new in its run.
    picked: int = 0
    led: int = 0  # How often what came of it reached something new.


class Guided:
    """Picks tasks; learns from records."""

    def __init__(self, first: int) -> None:
        self.reached = Reached()
        self._random = random.Random(first)
        self._first = first
        self._fresh: dict[int, int] = {}
        self._kept: dict[int, list[_Kept]] = {}
        self._parents: dict[int, _Kept] = {}

    def pick(self, number: int, subject: int) -> Task:
        kept = self._kept.get(subject)
        if not kept or not self._random.randrange(_FRESH_ONE_IN):
            nth = self._fresh.get(subject, 0)
            self._fresh[subject] = nth + 1
            return Task(number=number, subject=subject, seed=self._first + nth)
        parent = self._chosen(kept)
        parent.picked += 1
        self._parents[number] = parent
        seed = (1 << _SEED_BITS) | self._random.getrandbits(_SEED_BITS)
        changed = _CHANGES[self._random.randrange(len(_CHANGES))](self._random, parent.tape)
        return Task(number=number, subject=subject, seed=seed, tape=replace(changed, then=seed).to_json())

    def take(self, record: Record) -> None:
        new = self.reached.add(record.features, record.seed)
        parent = self._parents.pop(record.number, None)
        if not new or record.tape is None:
            return
        if parent is not None:
            parent.led += 1
        kept = self._kept.setdefault(record.subject, [])
        kept.append(_Kept(Tape.from_json(record.tape), len(new)))
        if len(kept) > KEPT_MAX:
            kept.remove(min(kept[:-_NEWEST], key=lambda one: (one.led, -one.picked)))

    def _chosen(self, kept: list[_Kept]) -> _Kept:
        """Two times out of three one of the newest, for behind it lies more; else one that led on before."""
        if self._random.randrange(3):
            back = 1
            while back < min(_NEWEST, len(kept)) and self._random.randrange(2):
                back += 1
            return kept[-back]
        weights = [(1 + one.led) / (1 + one.picked) ** 0.5 for one in kept]
        return self._random.choices(kept, weights)[0]


def cut(chance: random.Random, tape: Tape) -> Tape:
    """Keep the beginning: all but the last 1, 2, 4, 8 ... draws."""
    dropped = 1 << chance.randrange(max(len(tape).bit_length(), 1))
    return replace(tape, draws=tape.draws[: max(len(tape) - dropped, 0)])


def redraw(chance: random.Random, tape: Tape) -> Tape:
    """Draw some lanes anew."""
    chosen = _some_lanes(chance, tape)
    return replace(tape, draws=tuple(draw for draw in tape.draws if draw[:3] not in chosen))


def set_some(chance: random.Random, tape: Tape) -> Tape:
    """Give a few draws other values."""
    draws = list(tape.draws)
    for _ in range(min(1 << chance.randrange(4), len(draws))):
        place = chance.randrange(len(draws))
        draws[place] = draws[place]._replace(value=chance.randrange(draws[place].bound))
    return replace(tape, draws=tuple(draws))


def calm(chance: random.Random, tape: Tape) -> Tape:
    """Answer some lanes with zero."""
    chosen = _some_lanes(chance, tape)
    return replace(tape, draws=tuple(_tamed(draw) if draw[:3] in chosen else draw for draw in tape.draws))


def weather(chance: random.Random, tape: Tape) -> Tape:
    """Draw the plan anew."""
    return replace(tape, draws=tuple(draw for draw in tape.draws if draw.stream != _PLAN))


def story(chance: random.Random, tape: Tape) -> Tape:
    """Keep the plan alone; the entropy that programs ask for is another one, too."""
    kept = tuple(draw for draw in tape.draws if draw.stream == _PLAN)
    return replace(tape, draws=kept, seed=chance.getrandbits(_SEED_BITS))


_CHANGES: Final[tuple[Change, ...]] = (cut, cut, cut, cut, redraw, set_some, calm, weather, story)


def _some_lanes(chance: random.Random, tape: Tape) -> set[tuple[str, str, str]]:
    lanes = list(dict.fromkeys(draw[:3] for draw in tape.draws))
    return set(chance.sample(lanes, min(len(lanes), 1 << chance.randrange(4))))


def _tamed(draw: Draw) -> Draw:
    return draw._replace(value=0)
