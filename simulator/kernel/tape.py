"""Tape: the draws of a run in order, as a value that can be saved, compared and played again.

In JSON a tape names each lane once and then holds three small numbers for each draw:

    {"seed": 7, "lanes": [["link a-b", "a", "delay"]], "draws": [0, 100, 59]}
                                                        lane, bound, value
"""

from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, NamedTuple, Self

from simulator.errors import Diverged, Misuse

TAPE_DRAWS_MAX: Final = 20_000_000
"""A longer tape is not one that a run could have drawn."""


class Draw(NamedTuple):
    """One answer of chance: `value` out of `range(bound)`, to the question `label` at `site` for `stream`."""

    stream: str
    site: str
    label: str
    bound: int
    value: int

    def __str__(self) -> str:
        return f"{self.stream} / {self.site} / {self.label}: {self.value} of {self.bound}"


@dataclass(frozen=True)
class Tape:
    """The draws of a run, and the seed from which its entropy bytes were derived."""

    draws: tuple[Draw, ...] = ()
    seed: int = 0
    then: int | None = None
    """The seed that answers what the tape does not; without one the answer is zero. A run's own tape has none."""

    def __len__(self) -> int:
        return len(self.draws)

    def __repr__(self) -> str:
        return f"<Tape seed={self.seed} draws={len(self.draws)}>"

    def to_json(self) -> dict[str, Any]:
        """Return the compact form for a trace."""
        lanes: dict[tuple[str, str, str], int] = {}
        numbers = ((lanes.setdefault(draw[:3], len(lanes)), draw[3], draw[4]) for draw in self.draws)
        flat = list(chain.from_iterable(numbers))
        found = {"seed": self.seed, "lanes": [list(lane) for lane in lanes], "draws": flat}
        return found if self.then is None else found | {"then": self.then}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Return the tape that `to_json` wrote; anything else is a `Misuse` that says what is wrong."""
        if not isinstance(data, dict):
            raise _foreign(f"it is {type(data).__name__}, not an object")
        seed, lanes, flat, then = data.get("seed"), data.get("lanes"), data.get("draws"), data.get("then")
        if type(seed) is not int or type(then) not in (int, type(None)):
            raise _foreign("its seed is not a whole number")
        if not isinstance(lanes, list) or not isinstance(flat, list):
            raise _foreign("it lacks lanes or draws")
        if len(flat) % 3 or len(flat) > 3 * TAPE_DRAWS_MAX:
            raise _foreign(f"it holds {len(flat):,} numbers, not three for each of at most {TAPE_DRAWS_MAX:,} draws")
        for lane in lanes:
            if not isinstance(lane, list) or len(lane) != 3 or not all(isinstance(name, str) for name in lane):
                raise _foreign(f"{lane!r:.60} is not a lane of stream, site and label")
        draws: list[Draw] = []
        for index, bound, value in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            if not (
                type(index) is type(bound) is type(value) is int and 0 <= index < len(lanes) and 0 <= value < bound
            ):
                raise _foreign(f"draw {len(draws) + 1} is {[index, bound, value]!r:.80}, not lane, bound and value")
            draws.append(Draw._make((*lanes[index], bound, value)))
        return cls(tuple(draws), seed, then)


def _foreign(why: str) -> Misuse:
    return Misuse(f"this is not a tape: {why}", hint="give a tape as a trace's footer holds it")


@dataclass(frozen=True)
class Mismatch:
    """The first draw of a replay that the tape could not answer as recorded."""

    nth: int
    """How many draws were made before it."""
    stream: str
    site: str
    label: str
    bound: int
    recorded: str
    """What the tape has in its place, in words."""

    def __str__(self) -> str:
        where = f"{self.stream} / {self.site} / {self.label}"
        return f"draw {self.nth + 1:,} ({where}, out of {self.bound}): {self.recorded}"


@dataclass(frozen=True)
class Match:
    """How much of a tape fitted the run that played it."""

    drawn: int = 0
    matched: int = 0
    missing: int = 0
    """Draws that the tape lacked; they were answered with zero."""
    rebound: int = 0
    """Draws whose bound was another one when the tape was made."""
    unused: int = 0
    """Draws of the tape that nobody asked for."""
    first: Mismatch | None = field(default=None)

    @property
    def exact(self) -> bool:
        """Return whether the run drew what was recorded, no more and no less."""
        return self.matched == self.drawn and not self.unused

    def __str__(self) -> str:
        text = f"{self.matched:,} of {self.drawn:,} draws matched the tape"
        parts = ((self.missing, "missing"), (self.rebound, "with another bound"), (self.unused, "unused"))
        return text + "".join(f", {count:,} {what}" for count, what in parts if count)

    def verify(self) -> None:
        """Raise `Diverged` at the first difference, when there is one."""
        if self.exact:
            return
        first = str(self.first) if self.first is not None else f"{self.unused:,} recorded draws were not asked for"
        raise Diverged(
            f"the replay drew otherwise than the recording: {first} ({self})",
            at=first.partition(":")[0],
            expected=self.first.recorded if self.first is not None else None,
            hint="the program, the scenario or a library changed since the tape was made",
        )
