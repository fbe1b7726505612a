"""Closed doors: functions of C that are not simulated and announce themselves by no audit event.

Whatever `os` has that no other module has redirected and that is not on the list of harmless ones is closed, so that
a new version of Python opens nothing by itself.
"""

import fcntl
import os
from collections.abc import Callable
from errno import ENOTTY
from functools import partial
from typing import Any, Final

from simulator.kernel import guard
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.late import after_import
from simulator.kernel.state import here

_NAMES: Final = """
WCOREDUMP WEXITSTATUS WIFCONTINUED WIFEXITED WIFSIGNALED WIFSTOPPED WSTOPSIG WTERMSIG _inputhook
_is_inputhook_installed _path_isdevdrive _path_normpath _path_splitroot _path_splitroot_ex confstr ctermid fspath
major makedev minor register_at_fork sched_get_priority_max sched_get_priority_min strerror
waitstatus_to_exitcode
"""
HARMLESS: Final = frozenset(_NAMES.split())
"""Functions of `os` that compute, or answer what is the same on every Linux."""

CLOSED: Final[dict[str, tuple[str, str]]] = {
    "_posixshmem": ("shm_open shm_unlink", "memory shared between processes is not simulated"),
    "_multiprocessing": ("sem_unlink", "processes cannot be copied"),
    "_dbm": ("open", "its library opens a real file"),
    "_gdbm": ("open", "its library opens a real file"),
    "_tkinter": ("create", "there is no display"),
    "_xxsubinterpreters": ("create", "an interpreter in the interpreter would open the machine's own streams"),
    "_interpreters": ("create", "an interpreter in the interpreter would open the machine's own streams"),
    "readline": (
        "append_history_file read_history_file read_init_file write_history_file",
        "its library uses the real disk",
    ),
}
"""Functions of modules that few programs use: they are closed when somebody imports them."""


def install() -> None:
    """Close what nobody has opened; to be called after all other doors are in place."""
    for name, value in vars(os).items():
        if type(value) is type(len) and value.__module__ == "posix" and name not in HARMLESS:
            _close(value, f"os.{name}", "it is one of the system calls that are not simulated")
    redirect.inside(fcntl.ioctl, _ioctl)
    for module, (names, why) in CLOSED.items():
        after_import(module, partial(_close_all, names=names, why=why))


def _close_all(module: Any, *, names: str, why: str) -> None:
    for name in names.split():
        builtin = getattr(module, name, None)
        if builtin is not None:
            _close(builtin, f"{module.__name__.lstrip('_')}.{name}", why)


def _close(builtin: Any, door: str, why: str) -> None:
    if redirect.original(builtin) is not builtin:
        return

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def closed(*args: Any, **options: Any) -> Any:
            return real(*args, **options) if here.process is None else guard.refuse(door, why)

        return closed

    redirect.door(builtin, make)


def _ioctl(fd: object, request: int, argument: object = 0, mutate: bool = True, /) -> Any:
    """Nothing here is a device."""
    raise OSError(ENOTTY, os.strerror(ENOTTY))
