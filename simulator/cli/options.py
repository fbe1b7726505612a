"""Options that several commands share, and how their words become values."""

import argparse
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any, Final, NoReturn

from simulator.errors import Misuse
from simulator.kernel.limits import Limits
from simulator.kernel.schedule import SCHEDULES

SEED_BITS_MAX: Final = 256


Commands = Any
"""What `add_subparsers` returns has no public type."""


def command(
    commands: Commands,
    name: str,
    act: Callable[[argparse.Namespace], int],
    *,
    says: str,
    epilog: str = "",
) -> argparse.ArgumentParser:
    """Add a command."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=says,
        description=says,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.set_defaults(act=act)
    return made


def add_playing(parser: argparse.ArgumentParser) -> None:
    """The options of every command that plays a run."""
    parser.add_argument("--trace", metavar="FILE", help="write the trace to FILE (compressed if it ends in .gz)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of words")
    parser.add_argument("--detail", action="store_true", help="record also reads, clock values and random bytes")
    add_limits(parser)
    parser.add_argument("--schedule", choices=SCHEDULES, default="fifo", help="order of what is ready")


def add_limits(parser: argparse.ArgumentParser) -> None:
    """`--limit`, which the same fields have everywhere."""
    names = ", ".join(field.name for field in dataclasses.fields(Limits))
    parser.add_argument("--limit", metavar="NAME=VALUE", action="append", default=[], help=f"a bound: {names}")


def add_environment(parser: argparse.ArgumentParser) -> None:
    """`--env`, for commands that run a program."""
    parser.add_argument("--env", metavar="NAME=VALUE", action="append", default=[], help="a variable for the program")


def seed(word: str) -> int:
    """A seed: any whole number of a bearable size, in decimal or with 0x."""
    try:
        found = int(word, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a seed is a whole number, not {word!r}") from None
    if found.bit_length() > SEED_BITS_MAX:
        raise argparse.ArgumentTypeError(f"a seed has at most {SEED_BITS_MAX} bits")
    return found


def count(word: str) -> int:
    """A number of things, one at least."""
    try:
        found = int(word)
    except ValueError:
        found = 0
    if found < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on is expected, not {word!r}")
    return found


def pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """`name=value` words as a dictionary; the last of a name counts."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise Misuse(f"{option} {word!r} is not of the form NAME=VALUE")
        found[name] = value
    return found


def limits(words: Sequence[str]) -> Limits:
    """The bounds of a run, with those that were given."""
    known = {field.name: field for field in dataclasses.fields(Limits)}
    given: dict[str, Any] = {}
    for name, value in pairs(words, "--limit").items():
        if name not in known:
            unknown("limit", name, known)
        kind = float if isinstance(known[name].default, float) else int
        try:
            given[name] = kind(value.replace("_", ""))
        except ValueError:
            raise Misuse(f"--limit {name}={value}: {value!r} is not a number") from None
        if given[name] <= 0:
            raise Misuse(f"--limit {name}={value}: a limit is more than zero")
    return Limits(**given)


def unknown(what: str, name: str, known: Sequence[str] | dict[str, Any]) -> NoReturn:
    """Refuse a name, and offer the nearest that there is."""
    near = get_close_matches(name, known, n=1, cutoff=0.6) or _begins_like(name, known)
    listed = ", ".join(sorted(known)) or "none"
    raise Misuse(f"there is no {what} {name!r}", hint=f"did you mean {near[0]}?" if near else f"there are: {listed}")


def _begins_like(name: str, known: Iterable[str]) -> list[str]:
    """Names whose beginning is nearly what was typed: most people stop typing early."""
    return [one for one in known if SequenceMatcher(None, name, one[: len(name)]).ratio() >= 0.7]
