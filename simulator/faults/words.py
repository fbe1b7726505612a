"""Words: the closed vocabulary of faults, and faults as plain data.

    {"kind": "kill", "host": "worker", "service": "stream"}    <->    Kill("worker", "stream")

What is written here, in a trace's header or in a plan's file, is read back with distrust: a word that is not in the
table, a field that its fault does not have or a value of another type is refused by name. Nothing is ever evaluated.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Any, Final, get_type_hints

from simulator.errors import Misuse
from simulator.faults.clock import ClockDrift, ClockJump
from simulator.faults.crash import CrashAt
from simulator.faults.disk import DiskFails, DiskFull, LostWrites, SlowDisk
from simulator.faults.fault import Fault
from simulator.faults.network import Held, Partition, Reset, SlowLink
from simulator.faults.process import Kill, Pause, PowerCycle, Terminate
from simulator.faults.service import ServiceTrouble

VOCABULARY: Final[dict[str, type]] = {
    "partition": Partition,
    "held": Held,
    "slow-link": SlowLink,
    "reset": Reset,
    "disk-fails": DiskFails,
    "disk-full": DiskFull,
    "lost-writes": LostWrites,
    "slow-disk": SlowDisk,
    "power-cut": PowerCycle,
    "kill": Kill,
    "terminate": Terminate,
    "pause": Pause,
    "clock-jump": ClockJump,
    "clock-drift": ClockDrift,
    "service": ServiceTrouble,
    "crash-at": CrashAt,
}
"""The word of each kind of fault. To add one, write its dataclass and a line here."""

_WORDS: Final = {made: word for word, made in VOCABULARY.items()}
_NUMBERS: Final = (int, float)


def word_of(fault: Fault) -> str | None:
    """The word of a fault's kind; None for a fault of somebody's own."""
    return _WORDS.get(type(fault))


def fault_data(fault: Fault) -> dict[str, Any]:
    """A fault as data; one that is not in the vocabulary can only be told, not read back."""
    word = word_of(fault)
    if word is None:
        return {"fault": repr(fault)}
    given = {field.name: getattr(fault, field.name) for field in fields(_dataclass(fault))}
    defaults = {field.name: field.default for field in fields(_dataclass(fault)) if field.default is not MISSING}
    return {"kind": word} | {name: value for name, value in given.items() if defaults.get(name, MISSING) != value}


def fault_from(data: Mapping[str, Any]) -> Fault:
    """The fault that data tells of."""
    word = data.get("kind")
    if not isinstance(word, str):
        told = data.get("fault")
        raise Misuse(
            f"a fault of no known kind: {told!r:.100}" if told else "a fault without a kind",
            hint="a fault of your own can be planned in Python alone" if told else f"kinds: {', '.join(VOCABULARY)}",
        )
    made = VOCABULARY.get(word)
    if made is None:
        near = get_close_matches(word, VOCABULARY, n=1)
        raise Misuse(
            f"there is no fault of kind {word!r:.60}",
            hint=f"did you mean {near[0]}?" if near else f"kinds: {', '.join(VOCABULARY)}",
        )
    hints = get_type_hints(made)
    given = {name: value for name, value in data.items() if name != "kind"}
    for name, value in given.items():
        if name not in hints:
            raise Misuse(f"a {word} has no field {name!r:.60}", hint=f"its fields: {', '.join(hints)}")
        given[name] = _typed(word, name, value, hints[name])
    lacking = [field.name for field in fields(made) if field.default is MISSING and field.name not in given]
    if lacking:
        raise Misuse(f"a {word} needs {', '.join(lacking)}", hint=f"its fields: {', '.join(hints)}")
    fault: Fault = made(**given)
    return fault


def _typed(word: str, name: str, value: object, kind: type) -> Any:
    if kind is float and isinstance(value, _NUMBERS) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise Misuse(f"{name} of a {word} is {value!r:.60}, not {_ENGLISH[kind]}")
    return value


_ENGLISH: Final = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _dataclass(fault: Fault) -> Any:
    return type(fault)
