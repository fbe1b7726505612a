"""Choices: the one door through which chance enters a run.

Whatever reality leaves open (how long a packet travels, whether a write fails, which of two timers comes
first) is drawn here, under three names:

    stream   the concern: a link, a disk, the schedule, the plan
    site     the place in the program: host, task, operation
    label    the question that is asked there

Each (stream, site, label) is a *lane* with numbers of its own, so an extra draw in one lane never shifts
another. The draws, in order, are the tape. A run depends on its scenario and its tape and on nothing else, so
replay is "that tape" and shrinking is "a tamer one": zero is always the tamest answer.

Replay goes lane by lane, never by the order of draws across lanes, so an old tape still fits after the program
was edited elsewhere. A tape always plays: a draw that it lacks is answered with zero, and `match()` says how
much of it fitted and where the first difference was. Whether it told the same story is for the digest to say.

    >>> choices = Choices.from_seed(7)
    >>> choices.draw(100, stream="link worker-s3", site="worker", label="delay")
    11
    >>> choices.tape.draws
    (Draw(stream='link worker-s3', site='worker', label='delay', bound=100, value=11),)
    >>> again = Choices.replay(choices.tape)
    >>> again.draw(100, stream="link worker-s3", site="worker", label="delay")
    11
    >>> again.match().exact
    True
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Final, NoReturn, TypeVar

from simulator.errors import LimitReached, Misuse
from simulator.kernel.tape import Draw, Match, Mismatch, Tape

T = TypeVar("T")

DRAWS_MAX: Final = 20_000_000
"""The default of `draws_max`; more draws than this is a program that never ends."""

BOUND_MAX: Final = 1 << 56
"""Numbers are scaled down from 64 bits; up to here no answer is favoured by more than one part in 256."""

ENTROPY_BLOCK_BYTES: Final = 168
"""One block of SHAKE-128: ten UUIDs for the price of one."""

_make_draw: Final = partial(tuple.__new__, Draw)
_NAMES_KEPT_MAX: Final = 4096

_MASK: Final = (1 << 64) - 1
# SplitMix64 (Steele, Lea and Flood, 2014): one word of state for each lane, and a lane for each question.
_GAMMA: Final = 0x9E3779B97F4A7C15
_MIX_1: Final = 0xBF58476D1CE4E5B9
_MIX_2: Final = 0x94D049BB133111EB

Lane = tuple[str, str, str]
Absorb = Callable[[str, bytes], object]


class Choices:
    """Draws numbers and bytes, each question from a lane of its own, and keeps the tape."""

    def __init__(self, seed: int = 0, *, draws_max: int = DRAWS_MAX, absorb: Absorb | None = None) -> None:
        if type(seed) is not int:
            raise Misuse(f"a seed is a whole number, not {seed!r}")
        self.seed = seed
        self.absorb = absorb
        """Called with a label and the bytes that `bytes` hands out, so that the digest knows them."""
        root = hashlib.blake2b(str(seed).encode(), digest_size=32, person=b"soundstage").digest()
        self._key = hashlib.blake2b(key=root, digest_size=32)  # What every other hash is a copy of.
        self._draws_max = draws_max
        self._draws: list[tuple[str, str, str, int, int]] = []
        self._tape = Tape((), seed)  # The last one that was asked for.
        self._states: dict[Lane, list[int]] = {}  # Of one number each, so that a draw looks a lane up once.
        self._entropy: dict[tuple[str, str], _Entropy] = {}

    @staticmethod
    def from_seed(seed: int, *, draws_max: int = DRAWS_MAX, absorb: Absorb | None = None) -> "Choices":
        """Return choices that a seed makes."""
        return Choices(seed, draws_max=draws_max, absorb=absorb)

    @staticmethod
    def replay(tape: Tape, *, draws_max: int = DRAWS_MAX, absorb: Absorb | None = None) -> "Choices":
        """Return choices that play a tape, and go on from its `then` where it ends."""
        kind = _Replay if tape.then is None else _Continued
        return kind(tape, draws_max=draws_max, absorb=absorb)

    # -- the one draw ----------------------------------------------------------------------------------------

    def draw(self, bound: int, *, stream: str, site: str, label: str) -> int:
        """Draw from `range(bound)`; zero must be the tamest answer, for shrinking lowers draws."""
        lane = (stream, site, label)
        kept = self._states.get(lane)
        if kept is None:
            kept = self._states[lane] = [self._first_state(lane)]
        kept[0] = state = (kept[0] + _GAMMA) & _MASK
        mixed = ((state ^ (state >> 30)) * _MIX_1) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * _MIX_2) & _MASK
        value = ((mixed ^ (mixed >> 31)) * bound) >> 64
        draws = self._draws
        if not 0 < bound <= BOUND_MAX or len(draws) >= self._draws_max:
            self._refuse(bound, lane)
        draws.append((stream, site, label, bound, value))
        return value

    def _first_state(self, lane: Lane) -> int:
        return int.from_bytes(_derived(self._key, b"lane", *lane)[:8], "big")

    def _refuse(self, bound: int, lane: Lane) -> NoReturn:
        where = " / ".join(lane)
        if bound <= 0:
            raise Misuse(f"{where}: there is nothing to choose from (bound {bound})")
        if bound > BOUND_MAX:
            raise Misuse(f"{where}: bound {bound} is beyond {BOUND_MAX}", hint="draw in coarser units, or twice")
        raise LimitReached("draws_max", self._draws_max, f"last at {where}")

    # -- what is built on it ---------------------------------------------------------------------------------

    def chance(self, numerator: int, denominator: int, *, stream: str, site: str, label: str) -> bool:
        """Return True `numerator` times in `denominator`; False is the tame answer. A certainty draws nothing."""
        if numerator <= 0 or numerator >= denominator:
            return numerator > 0
        return self.draw(denominator, stream=stream, site=site, label=label) >= denominator - numerator

    def between(self, low: int, high: int, *, stream: str, site: str, label: str) -> int:
        """Return a number from `low` to `high`, both included; `low` is the tame answer."""
        return low + self.draw(high - low + 1, stream=stream, site=site, label=label)

    def pick(self, items: Sequence[T], *, stream: str, site: str, label: str) -> T:
        """Return one of the items; the first is the tame answer."""
        return items[self.draw(len(items), stream=stream, site=site, label=label)]

    def shuffle_order(self, count: int, *, stream: str, site: str, label: str) -> list[int]:
        """Return `range(count)` in some order; the order as it was is the tame answer."""
        order = list(range(count))
        for place in range(count - 1):
            other = place + self.draw(count - place, stream=stream, site=site, label=label)
            # Taken out and put in, not swapped: the rest keeps its order, so a tamer draw is a tamer order.
            order.insert(place, order.pop(other))
        return order

    def at(self, *, stream: str, site: str) -> "Site":
        """Return the same choices seen from one place, so that it is named once."""
        return Site(self, stream, site)

    # -- bytes, and children ---------------------------------------------------------------------------------

    def bytes(self, count: int, *, stream: str, site: str) -> bytes:
        """Return entropy for a program; it follows from the seed, is absorbed, and is not on the tape."""
        entropy = self._entropy.get((stream, site))
        if entropy is None:
            entropy = self._entropy[stream, site] = _Entropy(_derived(self._key, b"bytes", stream, site))
        data = entropy.take(count)
        if self.absorb is not None:
            self.absorb(f"{stream}/{site}", data)
        return data

    def fork(self, name: str) -> "Choices":
        """Return choices of another seed that follows from this one and a name, with a tape of their own."""
        return Choices(int.from_bytes(_derived(self._key, b"fork", name)[:8], "big"), draws_max=self._draws_max)

    def go_on(self, seed: int) -> None:
        """Answer from here on as another seed would; only choices that play a tape with a `then` can."""
        raise Misuse("these choices have no tape to leave")

    # -- what was drawn --------------------------------------------------------------------------------------

    @property
    def tape(self) -> Tape:
        """Return what was drawn so far."""
        if len(self._tape) != len(self._draws):
            self._tape = Tape(tuple(map(_make_draw, self._draws)), self.seed)
        return self._tape

    @property
    def drawn(self) -> int:
        """Return how many draws were made."""
        return len(self._draws)

    def match(self) -> Match:
        """Return how much of the tape fitted; choices from a seed always fit themselves."""
        return Match(drawn=self.drawn, matched=self.drawn)

    def __repr__(self) -> str:
        return f"<Choices seed={self.seed} drawn={self.drawn}>"


class _Replay(Choices):
    """Plays a tape: each lane gives its recorded values in order, then zeros."""

    def __init__(self, tape: Tape, *, draws_max: int, absorb: Absorb | None) -> None:
        super().__init__(tape.seed, draws_max=draws_max, absorb=absorb)
        self._lanes: defaultdict[Lane, deque[tuple[int, int]]] = defaultdict(deque)
        self._recorded = len(tape)
        for draw in tape.draws:
            self._lanes[draw[:3]].append((draw.bound, draw.value))
        self._missing = 0
        self._rebound = 0
        self._first: Mismatch | None = None

    def draw(self, bound: int, *, stream: str, site: str, label: str) -> int:
        """Answer as recorded in this lane; zero when the tape has no more."""
        lane = (stream, site, label)
        draws = self._draws
        if not 0 < bound <= BOUND_MAX or len(draws) >= self._draws_max:
            self._refuse(bound, lane)
        recorded = self._lanes.get(lane)
        value = 0
        if not recorded:
            self._missing += 1
            if self._first is None:
                self._first = Mismatch(len(draws), *lane, bound, self._said_instead(lane))
        else:
            recorded_bound, value = recorded.popleft()
            if recorded_bound != bound:
                self._rebound += 1
                if self._first is None:
                    self._first = Mismatch(len(draws), *lane, bound, f"the tape has {value} out of {recorded_bound}")
                value = min(value, bound - 1)
        draws.append((stream, site, label, bound, value))
        return value

    def _said_instead(self, lane: Lane) -> str:
        """Say what the tape has at this place instead of the draw that it lacks."""
        if lane in self._lanes:
            return "the tape has no more draws of this label here"
        here = [label for (stream, site, label), left in self._lanes.items() if (stream, site) == lane[:2] and left]
        if here:
            return f"the tape has another label here: {', '.join(here[:3])}"
        return "the tape has no such draw"

    def match(self) -> Match:
        """Return how much of the tape fitted the run so far."""
        matched = self.drawn - self._missing - self._rebound
        unused = self._recorded - matched - self._rebound
        return Match(self.drawn, matched, self._missing, self._rebound, unused, self._first)


class _Continued(_Replay):
    """Plays a tape; what it lacks is answered by a seed of its own, each lane from its beginning."""

    def __init__(self, tape: Tape, *, draws_max: int, absorb: Absorb | None) -> None:
        super().__init__(tape, draws_max=draws_max, absorb=absorb)
        self._tail = Choices(tape.then or 0, draws_max=draws_max)

    def go_on(self, seed: int) -> None:
        """Forget the tape: from here on chance answers as it would under another seed."""
        self._lanes.clear()
        self._tail = Choices(seed)

    def draw(self, bound: int, *, stream: str, site: str, label: str) -> int:
        """Answer as recorded in this lane, or else from the seed."""
        lane = (stream, site, label)
        if self._lanes.get(lane):
            return super().draw(bound, stream=stream, site=site, label=label)
        value = self._tail.draw(bound, stream=stream, site=site, label=label)
        self._missing += 1
        self._draws.append((*lane, bound, value))
        return value


class Site:
    """One place's view of the choices."""

    def __init__(self, choices: Choices, stream: str, site: str) -> None:
        self._choices = choices
        self.stream = stream
        self.site = site

    def draw(self, bound: int, *, label: str) -> int:
        """Draw from `range(bound)` here."""
        return self._choices.draw(bound, stream=self.stream, site=self.site, label=label)

    def chance(self, numerator: int, denominator: int, *, label: str) -> bool:
        """Return True `numerator` times in `denominator`."""
        return self._choices.chance(numerator, denominator, stream=self.stream, site=self.site, label=label)

    def between(self, low: int, high: int, *, label: str) -> int:
        """Return a number from `low` to `high`, both included."""
        return self._choices.between(low, high, stream=self.stream, site=self.site, label=label)

    def pick(self, items: Sequence[T], *, label: str) -> T:
        """Return one of the items."""
        return self._choices.pick(items, stream=self.stream, site=self.site, label=label)

    def shuffle_order(self, count: int, *, label: str) -> list[int]:
        """Return `range(count)` in some order."""
        return self._choices.shuffle_order(count, stream=self.stream, site=self.site, label=label)

    def bytes(self, count: int) -> bytes:
        """Return entropy of this place."""
        return self._choices.bytes(count, stream=self.stream, site=self.site)


class _Entropy:
    """An endless row of bytes: the hash of a key and a counter, block by block."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._block = 0
        self._ready = b""

    def take(self, count: int) -> bytes:
        """Return the next bytes; a long row is hashed in one go and leaves nothing over."""
        if count > len(self._ready):
            seed = self._key + self._block.to_bytes(8, "big")
            self._block += 1
            self._ready += hashlib.shake_128(seed).digest(max(count - len(self._ready), ENTROPY_BLOCK_BYTES))
        data, self._ready = self._ready[:count], self._ready[count:]
        return data


def _derived(key: Any, purpose: bytes, *names: str) -> bytes:
    """Return 32 bytes that follow from a root's keyed hash and the names."""
    made = key.copy()
    made.update(_told(purpose, names))
    digest: bytes = made.digest()
    return digest


@lru_cache(maxsize=_NAMES_KEPT_MAX)
def _told(purpose: bytes, names: tuple[str, ...]) -> bytes:
    """Return names as bytes; lengths keep ("a", "bc") from ("ab", "c"). Most runs ask for those of the last."""
    parts = [purpose]
    for name in names:
        data = name.encode("utf-8", "backslashreplace")
        parts.append(b"|%d:%b" % (len(data), data))
    return b"".join(parts)
