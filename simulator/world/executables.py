"""Executables: the programs installed on a host, and ways in which a program can go wrong.

    host.executables.install("ffprobe", ffprobe)              # lies at /usr/bin/ffprobe
    host.executables.wrap("ffprobe", killed_after(2.0))       # from now on it dies two seconds after its start
    host.executables.unwrap("ffprobe")

A program is an ordinary function without arguments. It runs in a process of its own: `sys.argv`, `sys.stdin`,
`sys.stdout`, `os.environ` and the working directory are that process's, `open()` reaches the host's disks,
`time.sleep` passes virtual time, and what it returns or raises becomes the exit status as it does for a script
whose last line is `sys.exit(main())`.

What the machine that runs the simulation has in its own /usr/bin is not installed here.
"""

import io
import os
import posixpath
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from simulator.errors import Misuse
from simulator.kernel.state import running_engine, running_thread

Main = Callable[[], object]
Wrapper = Callable[[Main], Main]

_NS: Final = 10**9
START_MAX_NS: Final = 20_000_000
"""Loading a program takes up to this long. A real ffprobe with its hundred libraries takes 50 ms, a static one 5."""

EXECUTABLES_MAX: Final = 10_000


@dataclass(frozen=True)
class Executable:
    """One installed program: where it lies, what it does, how long it may take to load."""

    path: str
    main: Main
    start_max_ns: int = START_MAX_NS


class Executables:
    """The programs of one host, by path."""

    def __init__(self) -> None:
        self._sound: dict[str, Executable] = {}
        self._wrapped: dict[str, Executable] = {}
        self._hidden: dict[str, Callable[[], bool]] = {}

    def __repr__(self) -> str:
        return f"<executables: {', '.join(self._sound) or 'none'}>"

    def install(self, name: str, main: Main, *, path: str | None = None, start_max_ns: int = START_MAX_NS) -> None:
        """Put a program at /usr/bin/NAME, or at `path`; one that lies there already is replaced."""
        if not callable(main):
            raise Misuse(f"a program is a function without arguments, not {main!r}")
        where = _merged(path or f"/usr/bin/{name}")
        if not posixpath.isabs(where) or posixpath.basename(where) != name:
            raise Misuse(f"program {name!r} cannot lie at {path!r}: an absolute path that ends in its name is expected")
        if len(self._sound) >= EXECUTABLES_MAX:
            raise Misuse(f"executables_max reached: {EXECUTABLES_MAX}")
        self._sound[where] = Executable(where, main, start_max_ns)
        self._wrapped.pop(where, None)
        self._hidden.pop(where, None)

    def remove(self, name: str) -> None:
        """Uninstall a program, named by its bare name or its path."""
        where = self._where(name)
        del self._sound[where]
        self._wrapped.pop(where, None)
        self._hidden.pop(where, None)

    def hide(self, name: str, is_hidden: Callable[[], bool]) -> None:
        """Let a program be missing whenever this says so, to those who look for it: `which`, `stat`, `exec`."""
        self._hidden[self._where(name)] = is_hidden

    def wrap(self, name: str, wrapper: Wrapper) -> None:
        """Let a program go wrong from its next start on; a second wrapper goes around the first."""
        where = self._where(name)
        before = self._wrapped.get(where, self._sound[where])
        self._wrapped[where] = replace(before, main=wrapper(before.main))

    def unwrap(self, name: str) -> None:
        """Make a program sound again."""
        self._wrapped.pop(self._where(name), None)

    def find(self, name: str) -> Executable | None:
        """The program of a bare name, or at a path, as one finds it who looks for it now."""
        found = self._installed(name)
        is_hidden = self._hidden.get(found.path) if found is not None else None
        return None if is_hidden is not None and is_hidden() else found

    def _installed(self, name: str) -> Executable | None:
        if "/" in name:
            where = _merged(posixpath.normpath(name))
        else:
            found = [path for path in self._sound if posixpath.basename(path) == name]
            if not found:
                return None
            where = found[0]
        return self._wrapped.get(where) or self._sound.get(where)

    def paths(self) -> Sequence[str]:
        """Where each program lies."""
        return tuple(self._sound)

    def _where(self, name: str) -> str:
        found = self._installed(name)
        if found is None:
            raise Misuse(f"no program {name!r} is installed (there are {', '.join(self._sound) or 'none'})")
        return found.path


def _merged(path: str) -> str:
    """A path with /bin and /sbin as the links to /usr that they are on today's systems."""
    return f"/usr{path}" if path.startswith(("/bin/", "/sbin/")) else path


# --- ways to go wrong ---------------------------------------------------------------------------------


def hangs() -> Wrapper:
    """A program that starts, holds its descriptors, and never ends by itself."""

    def wrapper(main: Main) -> Main:
        def hung() -> None:
            while True:
                signal.pause()

        return hung

    return wrapper


def slow(delay_s: float) -> Wrapper:
    """A program that needs so much longer before it does anything."""

    def wrapper(main: Main) -> Main:
        def late() -> object:
            time.sleep(delay_s)
            return main()

        return late

    return wrapper


def killed_after(delay_s: float, *, signum: int = signal.SIGKILL) -> Wrapper:
    """A program that gets a signal so long after its start, if it still runs then."""

    def wrapper(main: Main) -> Main:
        def doomed() -> object:
            process = running_thread().process
            running_engine().call_after(round(delay_s * _NS), process.signal, signum)
            return main()

        return doomed

    return wrapper


def prints_half(*, signum: int | None = signal.SIGKILL, status: int = 0, at_byte: int | None = None) -> Wrapper:
    """A program that ends when the first half of its output is out, or so many bytes: by a signal or with a status."""

    def wrapper(main: Main) -> Main:
        def torn() -> int:
            out, kept = sys.stdout, io.BytesIO()
            heard = sys.stdout = io.TextIOWrapper(kept, encoding="utf-8", write_through=True)
            try:
                main()
            except SystemExit:
                pass
            finally:
                sys.stdout = out
            heard.flush()
            body = kept.getvalue()
            out.buffer.write(body[: len(body) // 2 if at_byte is None else at_byte])
            out.flush()
            if signum is not None:
                os.kill(os.getpid(), signum)
            return status

        return torn

    return wrapper


def fails(code: int = 1, *, message: str = "") -> Wrapper:
    """A program that gives up at once with a status and a line on stderr."""

    def wrapper(main: Main) -> Main:
        def failed() -> None:
            if message:
                sys.stderr.write(f"{message}\n")
            raise SystemExit(code)

        return failed

    return wrapper


def exits_with(code: int) -> Wrapper:
    """A program that does what it does and ends with another status."""

    def wrapper(main: Main) -> Main:
        def mistaken() -> int:
            with suppress(SystemExit):
                main()
            return code

        return mistaken

    return wrapper
