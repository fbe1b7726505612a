"""Config: Redis 7.0's parameters with their defaults, bounds and refusals, as CONFIG GET and CONFIG SET have them.

`parameters.tsv` lists them all, as a redis-server 7.0.15 told them (`scripts/redis-parameters` asks one). A value is
kept as what it means (`int`, `bool`, `str`) and is shown as Redis shows it. Parameters of parts that this server has
not (TLS, clustering, CPU lists) can be read and set, and change nothing.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import Any, Final

from simulator.errors import Misuse

_UNITS: Final = {
    "": 1, "b": 1, "k": 1000, "kb": 1024, "m": 1000**2, "mb": 1024**2, "g": 1000**3, "gb": 1024**3,
}  # fmt: skip
EVENT_CLASSES: Final = "Ag$lshzxeKEtmdn"
_ALL_EVENTS: Final = "g$lshzxetd"  # what A stands for
_CLIENT_CLASSES: Final = {"normal": "normal", "slave": "slave", "replica": "slave", "pubsub": "pubsub"}


class Rejected(Exception):
    """A value does not fit its parameter; the text says why, as CONFIG SET does."""


@dataclass(frozen=True)
class Parameter:
    """One line of the table."""

    name: str
    kind: str
    change: str
    bounds: str
    default: str
    alias_of: str


def _table() -> dict[str, Parameter]:
    text = Path(__file__).with_name("parameters.tsv").read_text(encoding="ascii")
    lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {line[0]: Parameter(*line) for line in lines}


PARAMETERS: Final = _table()


# --- reading and showing one value -------------------------------------------------------------------------


def _bool(text: str, parameter: Parameter) -> bool:
    if text.lower() not in ("yes", "no"):
        raise Rejected("argument must be 'yes' or 'no'")
    return text.lower() == "yes"


def _int(text: str, parameter: Parameter) -> int:
    try:
        if not re.fullmatch(r"-?\d+", text):
            raise ValueError
        value = int(text)
    except ValueError:
        raise Rejected("argument couldn't be parsed into an integer") from None
    return _bounded(value, parameter)


def _bounded(value: int, parameter: Parameter) -> int:
    least, most = map(int, parameter.bounds.split())
    if not least <= value <= most:
        raise Rejected(f"argument must be between {least} and {most} inclusive")
    return value


def memory(text: str) -> int | None:
    """Return the number of bytes that `100mb` and the like stand for."""
    found = re.fullmatch(r"(-?\d+)([a-z]*)", text.lower())
    if not found or found[2] not in _UNITS:
        return None
    return int(found[1]) * _UNITS[found[2]]


def _memory(text: str, parameter: Parameter) -> int:
    value = memory(text)
    if value is None or value < 0:
        raise Rejected("argument must be a memory value")
    return _bounded(value, parameter)


def _enum(text: str, parameter: Parameter) -> str:
    words = parameter.bounds.split()
    if text.lower() not in words:
        raise Rejected(f"argument(s) must be one of the following: {', '.join(words)}")
    return text.lower()


def _save(text: str, parameter: Parameter) -> tuple[tuple[int, int], ...]:
    words = text.split()
    if len(words) % 2 or not all(word.isdigit() for word in words) or any(int(word) < 1 for word in words[::2]):
        raise Rejected("Invalid save parameters")
    return tuple((int(words[at]), int(words[at + 1])) for at in range(0, len(words), 2))


def _events(text: str, parameter: Parameter) -> str:
    if set(text) - set(EVENT_CLASSES):
        raise Rejected(f"Invalid event class character. Use '{EVENT_CLASSES}'.")
    chosen = set(text.replace("A", _ALL_EVENTS))
    order = "g$lshzxetdKEmn"
    shown = "".join(letter for letter in order if letter in chosen)
    return shown.replace(_ALL_EVENTS, "A") if chosen >= set(_ALL_EVENTS) else shown


def _buffer_limits(text: str, parameter: Parameter) -> dict[str, tuple[int, int, int]]:
    words = text.split()
    if not words or len(words) % 4:
        raise Rejected("Wrong number of arguments in buffer limit configuration.")
    limits = {}
    for at in range(0, len(words), 4):
        kind, hard, soft, seconds = words[at : at + 4]
        if kind not in _CLIENT_CLASSES:
            raise Rejected("Invalid client class specified in buffer limit configuration.")
        sizes = memory(hard), memory(soft)
        if None in sizes or not seconds.isdigit():
            raise Rejected("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
        limits[_CLIENT_CLASSES[kind]] = (sizes[0] or 0, sizes[1] or 0, int(seconds))
    return limits


def _percentiles(text: str, parameter: Parameter) -> str:
    for word in text.split():
        try:
            good = 0 <= float(word) <= 100
        except ValueError:
            raise Rejected("Invalid latency tracking percentiles specified") from None
        if not good:
            raise Rejected("latency tracking percentiles should be between 0 and 100")
    return text


def _oom_scores(text: str, parameter: Parameter) -> str:
    words = text.split()
    if len(words) != 3:
        raise Rejected("wrong number of arguments")
    if not all(re.fullmatch(r"-?\d+", word) and -2000 <= int(word) <= 2000 for word in words):
        raise Rejected("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
    return " ".join(words)


def _directory(text: str, parameter: Parameter) -> str:
    if not Path(text).is_dir():
        raise Rejected("No such file or directory")
    return text


_READERS: Final[dict[str, Callable[[str, Parameter], Any]]] = {
    "bool": _bool,
    "int": _int,
    "memory": _memory,
    "enum": _enum,
    "str": lambda text, parameter: text,
    "bind": lambda text, parameter: text,
    "dir": _directory,
    "save": _save,
    "notify-keyspace-events": _events,
    "client-output-buffer-limit": _buffer_limits,
    "percentiles": _percentiles,
    "oom-score-adj-values": _oom_scores,
}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(f"{seconds} {changes}" for seconds, changes in value)
    if isinstance(value, dict):
        return " ".join(f"{kind} {hard} {soft} {seconds}" for kind, (hard, soft, seconds) in value.items())
    return str(value)


# --- all of them -------------------------------------------------------------------------------------------


class Config:
    """The parameters of one server; `config["maxmemory"]` is what the value means."""

    def __init__(self, **given: str) -> None:
        self._values: dict[str, Any] = {}
        self.listeners: list[Callable[[set[str]], None]] = []
        """Called with the names that CONFIG SET changed."""
        for parameter in PARAMETERS.values():
            if not parameter.alias_of:
                reader = _READERS[parameter.kind]
                value = parameter.default if parameter.kind == "dir" else reader(parameter.default, parameter)
                self._values[parameter.name] = value
        for name, text in given.items():
            self.start_with(name.replace("_", "-"), text)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def start_with(self, name: str, text: str) -> None:
        """Set a parameter before the server runs: those that cannot change later included."""
        if name not in PARAMETERS:
            raise Misuse(f"Redis 7.0 has no parameter {name!r}", hint="the table is in docs/reference/redis.md")
        canonical = canonical_name(name)
        try:
            value = _READERS[PARAMETERS[canonical].kind](text, PARAMETERS[canonical])
        except Rejected as why:
            raise Misuse(f"{name} {text!r}: {why}") from None
        if isinstance(value, dict):
            value = self._values[canonical] | value
        self._values[canonical] = value

    def matching(self, patterns: Iterable[str]) -> list[tuple[str, str]]:
        """Return names and values as CONFIG GET shows them, each once."""
        found: dict[str, str] = {}
        for pattern in patterns:
            lowered = pattern.lower()
            if lowered in PARAMETERS:
                found[lowered] = self.shown(lowered)
            elif any(letter in pattern for letter in "*?["):
                matches = re.compile(translate(lowered).replace("(?s:", "(?s:", 1)).match
                found |= {name: self.shown(name) for name in PARAMETERS if matches(name)}
        return list(found.items())

    def shown(self, name: str) -> str:
        """Return a value as CONFIG GET shows it."""
        return _shown(self._values[canonical_name(name)])

    def change(self, pairs: list[tuple[str, str]]) -> None:
        """Set several or none; raises `Rejected` with the name in front, as CONFIG SET words it."""
        new: dict[str, Any] = {}
        for name, text in pairs:
            parameter = PARAMETERS.get(name.lower())
            if parameter is None:
                raise Rejected(f"ERR Unknown option or number of arguments for CONFIG SET - '{name}'")
            related = f"ERR CONFIG SET failed (possibly related to argument '{name}') - "
            canonical = canonical_name(parameter.name)
            if parameter.change == "immutable":
                raise Rejected(f"{related}can't set immutable config")
            if parameter.change == "protected" and self["enable-protected-configs"] == "no":
                raise Rejected(f"{related}can't set protected config")
            if canonical in new:
                raise Rejected(f"{related}duplicate parameter")
            try:
                new[canonical] = _READERS[parameter.kind](text, parameter)
            except Rejected as why:
                raise Rejected(f"{related}{why}") from None
        for name, value in new.items():
            self._values[name] = self._values[name] | value if isinstance(value, dict) else value
        for listener in self.listeners:
            listener(set(new))

    def changed(self) -> list[tuple[str, str]]:
        """Return what differs from the defaults, for CONFIG REWRITE."""
        fresh = Config()
        return [(name, self.shown(name)) for name, value in self._values.items() if value != fresh[name]]


def canonical_name(name: str) -> str:
    """Return the name that a parameter is kept under."""
    return PARAMETERS[name].alias_of or name
