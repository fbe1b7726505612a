"""Troubles: what an ffprobe can be made to suffer, and the program that suffers it.

Operations are `find`, when something looks for the program, and `probe`, when it runs; the key of a probe is the file's
name as it was given. Several troubles that strike one run are worn like coats: the first that was switched on inside.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final

from simulator.errors import Misuse
from simulator.services.ffprobe import options as command_line
from simulator.services.ffprobe import program
from simulator.services.ffprobe.options import Refused
from simulator.services.trouble import Surface, Switchboard, Trouble, kind_of_trouble, surface
from simulator.world.executables import Main, Wrapper, exits_with, fails, hangs, prints_half, slow

FIND, PROBE = "find", "probe"

FFPROBE_SURFACE: Final[Surface] = surface(
    kind_of_trouble(
        "missing", "The host has no such program: starting it raises FileNotFoundError, which() finds nothing.",
        layer="host",
    ),
    kind_of_trouble(
        "broken", "It cannot be loaded, for a library is missing: exit status 127, a line on stderr.", layer="program"
    ),
    kind_of_trouble("hangs", "It starts, holds its descriptors, and never ends by itself.", layer="program"),
    kind_of_trouble("slow", "It needs so much longer before it does anything.", layer="program", seconds=5.0),
    kind_of_trouble(
        "killed", "A signal ends it before it has said anything, so long after its start.", layer="program",
        seconds=0.0, code="SIGKILL",
    ),
    kind_of_trouble(
        "half", "It prints half of its answer, or so many bytes of it, and ends by a signal or with a status.",
        layer="program", at_byte=None, code="SIGKILL",
    ),
    kind_of_trouble(
        "wrong-exit", "It prints what it should and ends with another status.", layer="program", code="1"
    ),
    kind_of_trouble(
        "noisy", "It complains on stderr of a good file, and prints and ends as it should.", layer="program"
    ),
)  # fmt: skip

_NO_LIBRARY: Final = (
    "ffprobe: error while loading shared libraries: libavdevice.so.59: "
    "cannot open shared object file: No such file or directory"
)
_NOISE: Final = (
    "[h264 @ 0x55d0c0df1c80] co located POCs unavailable\n[h264 @ 0x55d0c0df1c80] mmco: unref short failure\n"
)


def troubled(board: Switchboard, main: Main = program.main) -> Main:
    """The program as the switchboard lets it run: what `Executables.install` takes."""

    def run() -> object:
        wrapped = main
        for trouble in board.meet(PROBE, _asked_of(), kinds=_COATS):
            wrapped = _COATS[trouble.kind](trouble)(wrapped)
        return wrapped()

    return run


def is_missing(board: Switchboard) -> bool:
    """Whether who looks for the program now does not find it."""
    return bool(board.meet(FIND, kinds=_ABSENCE))


def _asked_of() -> str:
    """The file that the command line names."""
    try:
        return command_line.parse(sys.argv[1:]).source or ""
    except Refused:
        return ""


def _end(code: str | None) -> tuple[int | None, int]:
    """An end as its signal, if it is one, and its status."""
    assert code is not None, "the kind has a default"
    if code.lstrip("-").isdigit():
        return None, int(code)
    try:
        return signal.Signals[code.upper()], 0
    except KeyError:
        raise Misuse(
            f"code {code!r} is neither an exit status nor a signal", hint="as in code=1 or code=SIGTERM"
        ) from None


def _killed(trouble: Trouble) -> Wrapper:
    signum, _ = _end(trouble.code)

    def wrapper(main: Main) -> Main:
        def doomed() -> None:
            time.sleep(trouble.seconds or 0)
            os.kill(os.getpid(), signal.SIGKILL if signum is None else signum)

        return doomed

    return wrapper


def _half(trouble: Trouble) -> Wrapper:
    signum, status = _end(trouble.code)
    return prints_half(signum=signum, status=status, at_byte=trouble.at_byte)


def _noisy(trouble: Trouble) -> Wrapper:
    def wrapper(main: Main) -> Main:
        def loud() -> object:
            sys.stderr.write(_NOISE)
            return main()

        return loud

    return wrapper


_ABSENCE: Final = ("missing",)
_COATS: Final[Mapping[str, Callable[[Trouble], Wrapper]]] = {
    "broken": lambda trouble: fails(127, message=_NO_LIBRARY),
    "hangs": lambda trouble: hangs(),
    "slow": lambda trouble: slow(trouble.seconds or 0),
    "killed": _killed,
    "half": _half,
    "wrong-exit": lambda trouble: exits_with(_end(trouble.code)[1]),
    "noisy": _noisy,
}
