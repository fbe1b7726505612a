"""Trouble: what a service can be made to suffer, as data.

A service has a *surface*: a table of the kinds of trouble that it knows. A `Trouble` is one of them, switched on
for certain operations and keys. A `Switchboard` holds those that are on; the service asks it at every operation.

    >>> board = Switchboard(surface(kind_of_trouble("late", "It comes late.", layer="http", seconds=5.0)))
    >>> number = board.on(board.parse("late:operation=Put*,times=1"))
    >>> [str(trouble) for trouble in board.meet("PutObject", "a/b")]
    ['late:operation=Put*,times=1,seconds=5']
    >>> board.meet("PutObject", "a/b")                       # once only, and over
    ()
"""

import os
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from fnmatch import translate
from re import compile as pattern
from typing import Any, Final

from simulator.errors import Misuse

PARAMETERS: Final = {
    "seconds": ("s", "how long it lasts or is put off"),
    "bytes_per_s": ("bytes/s", "how fast bytes flow"),
    "at_byte": ("bytes", "after how many bytes it strikes"),
    "status": ("HTTP status", "what is answered"),
    "code": ("word", "the error's code as the service words it"),
    "count": ("number", "how many of them"),
    "answer": ("first or last", "which of several answers the client gets"),
}
"""What kinds take beside the selection: name -> unit and meaning. A kind names those it takes, with defaults."""

SELECTION: Final = ("operation", "key", "chance", "times", "skip")
_TIMES: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZES: Final = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One trouble and whom it meets; parameters that are None take the default of their kind."""

    kind: str
    operation: str = "*"
    """Glob over operations: `UploadPart`, `SET`, `GET /v1/*`."""
    key: str = "*"
    """Glob over what the operation is about: an object's key, a Redis key, a path."""
    chance: float = 1.0
    times: int | None = None
    """So often, then it is over."""
    skip: int = 0
    """The first so many that match pass."""
    seconds: float | None = None
    bytes_per_s: int | None = None
    at_byte: int | None = None
    status: int | None = None
    code: str | None = None
    count: int | None = None
    answer: str | None = None

    def __post_init__(self) -> None:
        _need(0 <= self.chance <= 1, self, "chance", "from 0 to 1")
        _need(self.times is None or self.times >= 1, self, "times", "1 or more")
        _need(self.skip >= 0, self, "skip", "0 or more")
        _need(self.seconds is None or self.seconds >= 0, self, "seconds", "0 or more")
        _need(self.bytes_per_s is None or self.bytes_per_s >= 1, self, "bytes_per_s", "1 or more")
        _need(self.at_byte is None or self.at_byte >= 0, self, "at_byte", "0 or more")
        _need(self.status is None or 400 <= self.status <= 599, self, "status", "from 400 to 599")
        _need(self.count is None or self.count >= 0, self, "count", "0 or more")
        _need(self.answer in {None, "first", "last"}, self, "answer", "first or last")

    def __str__(self) -> str:
        """The trouble as the command line takes it."""
        said = ",".join(f"{name}={_shown(value)}" for name, value in _changed(self))
        return f"{self.kind}:{said}" if said else self.kind


def _need(holds: bool, trouble: Trouble, name: str, expected: str) -> None:
    if not holds:
        raise Misuse(f"{name} of {trouble.kind!r} is {getattr(trouble, name)!r}, not {expected}")


def _changed(trouble: Trouble) -> Iterator[tuple[str, Any]]:
    for field in fields(trouble):
        value = getattr(trouble, field.name)
        if field.default is not MISSING and value != field.default:
            yield field.name, value


def _shown(value: object) -> str:
    return (
        str(value).removesuffix(".0")
        if isinstance(value, float)
        else str(value).replace("\\", "\\\\").replace(",", "\\,")
    )


# --- the surface of a service ---------------------------------------------------------------------------


@dataclass(frozen=True)
class KindOfTrouble:
    """A word of a surface: what happens, which parameters it takes, and which layer of the service does it."""

    name: str
    doc: str
    layer: str
    defaults: dict[str, Any]
    operations: frozenset[str] = frozenset()
    """The only operations that it can strike; none named: all."""

    @property
    def parameters(self) -> str:
        """The parameters in words: name, default, unit."""
        return ", ".join(f"{name}={_shown(value)} ({PARAMETERS[name][0]})" for name, value in self.defaults.items())


Surface = dict[str, KindOfTrouble]


def kind_of_trouble(
    name: str, doc: str, *, layer: str = "service", operations: frozenset[str] = frozenset(), **defaults: Any
) -> KindOfTrouble:
    """A kind with its parameters and their defaults; a parameter must be one that `Trouble` has."""
    assert defaults.keys() <= PARAMETERS.keys(), f"{name}: unknown parameters {defaults.keys() - PARAMETERS.keys()}"
    return KindOfTrouble(name, doc, layer, defaults, operations)


def surface(*kinds: KindOfTrouble) -> Surface:
    """A table of kinds by name."""
    table = {kind.name: kind for kind in kinds}
    assert len(table) == len(kinds), "a kind of trouble is listed twice"
    return table


def checked(trouble: Trouble, known: Surface) -> Trouble:
    """The trouble with its kind's defaults filled in; `Misuse` when the surface has no such kind or parameter."""
    kind = known.get(trouble.kind)
    if kind is None:
        raise _unknown("kind of trouble", trouble.kind, known)
    for name, _ in _changed(trouble):
        if name not in SELECTION and name not in kind.defaults:
            takes = kind.parameters or "none"
            raise Misuse(f"{kind.name!r} takes no {name}", hint=f"its parameters: {takes}; all kinds: {_ALL}")
    missing = {name: value for name, value in kind.defaults.items() if getattr(trouble, name) is None}
    return replace(trouble, **missing) if missing else trouble


_ALL: Final = ", ".join(SELECTION)


def _unknown(what: str, word: str, known: Any) -> Misuse:
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return Misuse(f"unknown {what} {word!r}", hint=f"{guess}there are {', '.join(known)}")


# --- the form of the command line -----------------------------------------------------------------------


def parse(text: str) -> Trouble:
    """`reply-lost:operation=UploadPart,times=1`; seconds as `2`, `2s` or `200ms`, bytes as `64k`, a chance as `20%`."""
    kind, _, rest = text.partition(":")
    given: dict[str, Any] = {}
    for item in _split(rest) if rest.strip() else []:
        name, equals, value = item.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise Misuse(f"{item!r} in {text!r} is not name=value", hint=_FORM)
        if name not in SELECTION and name not in PARAMETERS:
            raise _unknown("parameter", name, (*SELECTION, *PARAMETERS))
        if name in given:
            raise Misuse(f"{name} is given twice in {text!r}")
        given[name] = _value(name, value.strip(), text)
    return Trouble(kind=kind.strip(), **given)


_FORM: Final = "the form is KIND:name=value,name=value; a comma within a value is written \\,"


def _split(text: str) -> list[str]:
    parts: list[str] = []
    current, escaped = "", False
    for letter in text:
        if escaped or letter not in ",\\":
            current, escaped = current + letter, False
        elif letter == "\\":
            escaped = True
        else:
            parts, current = [*parts, current], ""
    return [*parts, current]


def _value(name: str, text: str, whole: str) -> Any:
    try:
        if name in {"operation", "key", "code", "answer"}:
            return text
        if name == "chance":
            return float(text[:-1]) / 100 if text.endswith("%") else float(text)
        if name == "seconds":
            return _scaled(text, _TIMES, float)
        return int(_scaled(text, _SIZES, int))
    except ValueError:
        raise Misuse(f"{name} in {whole!r} is not a number: {text!r}", hint=_FORM) from None


def _scaled(text: str, units: dict[str, Any], number: Callable[[str], Any]) -> Any:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    unit = text[len(digits) :].lower()
    if unit and unit not in units:
        raise ValueError(text)
    return number(digits) * (units[unit] if unit else 1)


# --- what is on -----------------------------------------------------------------------------------------


class _Switched:
    """A trouble that is on, with what it has seen."""

    __slots__ = ("hits", "key", "number", "operation", "operations", "seen", "trouble")

    def __init__(self, number: int, trouble: Trouble, operations: frozenset[str]) -> None:
        self.number, self.trouble, self.operations = number, trouble, operations
        self.operation, self.key = _matcher(trouble.operation), _matcher(trouble.key)
        self.seen = self.hits = 0

    def strikes(self, operation: str, key: str, rng: random.Random) -> bool:
        trouble = self.trouble
        if (self.operation and not self.operation(operation)) or (self.key and not self.key(key)):
            return False
        if self.operations and operation not in self.operations:
            return False
        if trouble.times is not None and self.hits >= trouble.times:
            return False
        self.seen += 1
        if self.seen <= trouble.skip or (trouble.chance < 1 and rng.random() >= trouble.chance):
            return False
        self.hits += 1
        return True


def _matcher(glob: str) -> Callable[[str], Any] | None:
    return None if glob == "*" else pattern(translate(glob)).match


class Switchboard:
    """The troubles of one service that are on; numbers name them, and `hits` says how often each struck.

    Each trouble that strikes is told as a `fault.hit`.
    """

    def __init__(
        self, known: Surface, *, rng: random.Random | None = None, tell: Callable[..., object] | None = None
    ) -> None:
        self.surface = known
        self.rng = rng or random.Random(os.urandom(32))
        self.tell = tell
        self.hits: dict[int, int] = {}
        self._on: dict[int, _Switched] = {}
        self._numbers = 0

    def __repr__(self) -> str:
        return f"<switchboard: {'; '.join(map(str, self.troubles.values())) or 'nothing is on'}>"

    @property
    def troubles(self) -> dict[int, Trouble]:
        """What is on, by number."""
        return {number: switched.trouble for number, switched in self._on.items()}

    @property
    def quiet(self) -> bool:
        """Whether nothing is on."""
        return not self._on

    def parse(self, text: str) -> Trouble:
        """A trouble from its text form, checked against the surface."""
        return checked(parse(text), self.surface)

    def on(self, trouble: Trouble | str) -> int:
        """Switch a trouble on; return the number by which it is switched off."""
        trouble = self.parse(trouble) if isinstance(trouble, str) else checked(trouble, self.surface)
        self._numbers += 1
        self._on[self._numbers] = _Switched(self._numbers, trouble, self.surface[trouble.kind].operations)
        self.hits[self._numbers] = 0
        return self._numbers

    def off(self, number: int) -> None:
        """Switch a trouble off; one that is off already stays so."""
        if number not in self.hits:
            raise Misuse(f"there is no trouble number {number}", hint=f"numbers so far: {list(self.hits)}")
        self._on.pop(number, None)

    def clear(self) -> None:
        """Switch everything off."""
        self._on.clear()

    def meet(self, operation: str, key: str = "", *, kinds: Collection[str] | None = None) -> tuple[Trouble, ...]:
        """The troubles that strike this operation, in the order in which they were switched on; of all kinds or some.

        What a server does for itself has a name that begins with an underscore, and nothing strikes it.
        """
        if not self._on or operation[:1] == "_":
            return ()
        able = [switched for switched in self._on.values() if kinds is None or switched.trouble.kind in kinds]
        struck = [switched for switched in able if switched.strikes(operation, key, self.rng)]
        for switched in struck:
            self.hits[switched.number] = switched.hits
            if self.tell is not None:
                fault = str(switched.trouble)
                self.tell("fault.hit", fault=fault, operation=operation, target=key, verdict=switched.trouble.kind)
        return tuple(switched.trouble for switched in struck)
