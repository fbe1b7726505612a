"""Perturbed: what may differ between two machines and must not matter, one name each.

| name       | what differs                                                     |
|------------|--------------------------------------------------------------------|
| `hashes`   | PYTHONHASHSEED                                                     |
| `heap`     | addresses: objects of all sizes are made before anything is imported |
| `folder`   | the working directory of the interpreter                           |
| `environ`  | the order of environment variables, some strange ones, the locale  |
| `zone`     | TZ                                                                 |
| `garbage`  | the thresholds of the garbage collector                            |

An `Interpreter` is the surroundings of one fresh Python: the same number gives the same surroundings.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from simulator.errors import Misuse

PLAIN: Final = "plain"
"""The surroundings with which all others are compared."""

_ZONES: Final = ("Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Europe/Dublin", "Asia/Tokyo")
_LOCALES: Final = ("POSIX", "C.UTF-8", "C", "no_SUCH.locale")
_THRESHOLDS: Final = ((10, 2, 2), (1, 1, 1), (0, 0, 0), (100_000, 100, 100), (97, 3, 5))
_JUNK_MAX: Final = 60_000

_PRELUDE: Final = "import sys; sys.path[:0] = {path!r}; from simulator.cli import main; sys.exit(main({words!r}))"
"""The path holds what the parent imports from, for a checkout that is not installed."""


@dataclass(frozen=True)
class Interpreter:
    """A fresh Python: its environment, its working directory, and what it does before it imports us."""

    env: tuple[tuple[str, str], ...]
    cwd: str
    before: str = ""

    def command(self, words: Sequence[str]) -> list[str]:
        """How to start it with a command line of ours."""
        path = [place for place in sys.path if place and os.path.exists(place)]
        return [sys.executable, "-c", self.before + _PRELUDE.format(path=path, words=list(words))]


def plain(folder: str) -> Interpreter:
    """The one that all others are compared with."""
    env = os.environ | {"PYTHONHASHSEED": "0"}
    return Interpreter(tuple(env.items()), folder)


def perturbed(interpreter: Interpreter, name: str, number: int, *, elsewhere: str) -> Interpreter:
    """The same interpreter with one thing changed; `elsewhere` is a folder to be in."""
    if name == "folder":
        return replace(interpreter, cwd=elsewhere)
    return _CHANGES[name](interpreter, number)


def _hashes(interpreter: Interpreter, number: int) -> Interpreter:
    return _with_env(interpreter, PYTHONHASHSEED=str(1 + number * 7919 % 4_294_967_295))


def _heap(interpreter: Interpreter, number: int) -> Interpreter:
    count = 1 + (number + 1) * 7919 % _JUNK_MAX
    made = f"junk = [bytearray(size % 1021) for size in range({count})]; held = junk[::3]; del junk[::2]; "
    types = f"more = [type(f'T{{n}}', (), {{}})() for n in range({1 + number % 50})]; "
    lists = f"lists = [[] for n in range({count})]; "
    return replace(interpreter, before=interpreter.before + made + types + lists)


def _environ(interpreter: Interpreter, number: int) -> Interpreter:
    strange = [(f"STRANGE_{number}_{nth}", "x" * (nth * 37 % 101)) for nth in range(number % 17)]
    kept = [(variable, value) for variable, value in reversed(interpreter.env) if variable not in ("LANG", "LC_ALL")]
    return replace(interpreter, env=(*strange, ("LC_ALL", _LOCALES[number % len(_LOCALES)]), *kept))


def _zone(interpreter: Interpreter, number: int) -> Interpreter:
    return _with_env(interpreter, TZ=_ZONES[number % len(_ZONES)])


def _garbage(interpreter: Interpreter, number: int) -> Interpreter:
    thresholds = _THRESHOLDS[number % len(_THRESHOLDS)]
    return replace(interpreter, before=f"{interpreter.before}import gc; gc.set_threshold{thresholds}; ")


def _with_env(interpreter: Interpreter, **changes: str) -> Interpreter:
    return replace(interpreter, env=tuple((dict(interpreter.env) | changes).items()))


_CHANGES: Final[dict[str, Callable[[Interpreter, int], Interpreter]]] = {
    "hashes": _hashes,
    "heap": _heap,
    "environ": _environ,
    "zone": _zone,
    "garbage": _garbage,
}
PERTURBATIONS: Final = ("hashes", "heap", "folder", "environ", "zone", "garbage")


def chosen(words: str) -> tuple[str, ...]:
    """Perturbations from a list with commas; all of them from nothing."""
    names = tuple(filter(None, words.split(","))) or PERTURBATIONS
    for name in names:
        if name not in PERTURBATIONS:
            raise Misuse(f"there is no perturbation {name!r}", hint=f"there are: {', '.join(PERTURBATIONS)}")
    return names
