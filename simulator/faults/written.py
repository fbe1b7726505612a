"""Written: a plan as a file that a person writes and reads.

    [[fault]]
    at_s = 3.5
    lasts_s = 10
    kind = "partition"
    one = "worker"
    other = "s3"

Times count from the beginning of the drive. `python -m simulator run SCENARIO --plan FILE` plays it.
"""

import json
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from simulator.errors import Misuse
from simulator.faults.plan import Plan, TimedFault
from simulator.faults.words import fault_data, fault_from

FILE_BYTES_MAX: Final = 1 << 20
FAULTS_MAX: Final = 10_000
_NS: Final = 10**9
_YEAR_S: Final = 366 * 86_400


def read_plan(path: str) -> Plan:
    """The plan that a file holds."""
    try:
        with open(path, "rb") as file:
            text = file.read(FILE_BYTES_MAX + 1)
        if len(text) > FILE_BYTES_MAX:
            raise Misuse(f"{path} is larger than file_bytes_max {FILE_BYTES_MAX:,}: that is no plan")
        return parse_plan(text.decode(), where=path)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Misuse(f"{path} is not TOML: {error}", hint="a plan is a row of [[fault]] tables") from None


def parse_plan(text: str, *, where: str = "the plan") -> Plan:
    """The plan that a text in TOML holds."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misuse(f"{where} is not TOML: {error}", hint="a plan is a row of [[fault]] tables") from None
    listed = data.pop("fault", [])
    if data or not isinstance(listed, list):
        raise Misuse(f"{where}: a plan is a row of [[fault]] tables, and nothing else", hint=f"found: {_few(data)}")
    return plan_from([_in_ns(entry) for entry in listed], where=where)


def write_plan(plan: Plan) -> str:
    """A plan as the text of such a file."""
    tables = []
    for timed in plan.faults:
        lines = [f"at_s = {_seconds(timed.at_ns)}", f"lasts_s = {_seconds(timed.lasts_ns)}"]
        lines += [f"{name} = {_toml(value)}" for name, value in fault_data(timed.fault).items()]
        tables.append("\n".join(["[[fault]]", *lines]))
    return "\n\n".join(tables) + "\n" if tables else "# no faults\n"


def plan_from(data: object, *, where: str = "the trace's header") -> Plan:
    """The plan that `Plan.as_data` gave."""
    if not isinstance(data, list) or len(data) > FAULTS_MAX:
        raise Misuse(f"{where}: a plan is a list of at most {FAULTS_MAX:,} faults")
    found = []
    for number, entry in enumerate(data, 1):
        try:
            found.append(_timed(entry))
        except Misuse as error:
            raise Misuse(f"{where}, fault {number}: {error}", hint=error.hint) from None
    return Plan(tuple(sorted(found, key=lambda one: one.at_ns)))


def _timed(entry: object) -> TimedFault:
    if not isinstance(entry, Mapping):
        raise Misuse("it is no table")
    rest = dict(entry)
    times = [rest.pop(name, 0) for name in ("at_ns", "lasts_ns")]
    for name, value in zip(("at", "lasts"), times, strict=True):
        if type(value) is not int or not 0 <= value <= _YEAR_S * _NS:
            raise Misuse(f"{name} is {value!r:.40}, not a time from 0 s to a year")
    return TimedFault(times[0], times[1], fault_from(rest))


def _in_ns(entry: object) -> object:
    """The times of a file, which are in seconds, as a plan has them."""
    if not isinstance(entry, Mapping):
        return entry
    rest = dict(entry)
    for name in ("at", "lasts"):
        seconds = rest.pop(f"{name}_s", 0)
        usable = isinstance(seconds, int | float) and not isinstance(seconds, bool) and abs(seconds) <= _YEAR_S
        rest[f"{name}_ns"] = round(seconds * _NS) if usable else seconds
    return rest


def _seconds(time_ns: int) -> str:
    """Seconds without a rounding error, for the file is read back."""
    whole, rest = divmod(time_ns, _NS)
    return f"{whole}.{rest:09}".rstrip("0").rstrip(".")


def _toml(value: Any) -> str:
    # JSON's whole numbers, fractions and truths are TOML's as well, and its texts but for how they escape.
    text = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in text)


def _few(data: Mapping[str, object]) -> str:
    return ", ".join(sorted(data)[:5]) or "no table"
