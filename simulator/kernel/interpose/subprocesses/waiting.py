"""Waiting for children: `os.wait`, `waitpid`, `wait3`, `wait4`, `waitid`.

Children that were stopped or continued are not reported, only those that ended.
"""

import os
import signal
from collections.abc import Callable
from errno import ECHILD, EINVAL
from typing import Any, Final

from simulator.kernel.children import Family, family
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.signals import error
from simulator.kernel.state import running_thread

_FLAGS: Final = os.WNOHANG | os.WUNTRACED | os.WCONTINUED
_CLD_EXITED, _CLD_KILLED = 1, 2


def _wait(wanted: Callable[[int, int], bool], *, block: bool, why: str, keep: bool = False) -> tuple[int, int]:
    """The first ended child that is wanted (by pid and group) and its status; (0, 0) when none has ended yet."""
    mine: Family = family(running_thread().process)
    while True:
        if not any(wanted(pid, group) for pid, group in mine.groups().items()):
            raise error(ECHILD)
        for pid, (status, group) in list(mine.ended.items()):
            if wanted(pid, group):
                if not keep:
                    del mine.ended[pid]
                return pid, status
        if not block:
            return 0, 0
        mine.ends.wait(why)


def waitpid(pid: int, options: int, /) -> tuple[int, int]:
    if options & ~_FLAGS:
        raise error(EINVAL)
    return _wait(_selects(pid), block=not options & os.WNOHANG, why=f"waitpid({pid})")


def _selects(asked: int) -> Callable[[int, int], bool]:
    """Which children a pid stands for: one, any (-1), those of one's own group (0), those of a group (negative)."""
    if asked > 0:
        return lambda pid, group: pid == asked
    if asked == -1:
        return lambda pid, group: True
    mine = -asked or family(running_thread().process).group
    return lambda pid, group: group == mine


def _with_usage(pid: int, options: int) -> tuple[int, int, Any]:
    import resource

    pid, status = waitpid(pid, options)
    return pid, status, resource.struct_rusage((0.0, 0.0, *[0] * 14))


def waitid(idtype: int, ident: int, options: int, /) -> os.waitid_result | None:
    if not options & os.WEXITED or idtype not in (os.P_PID, os.P_PGID, os.P_ALL):
        raise error(EINVAL)
    asked = {os.P_PID: ident, os.P_PGID: -ident, os.P_ALL: -1}[idtype]
    pid, status = _wait(
        _selects(asked),
        block=not options & os.WNOHANG,
        why=f"waitid({ident})",
        keep=bool(options & os.WNOWAIT),
    )
    if pid == 0:
        return None
    code = os.waitstatus_to_exitcode(status)
    how = _CLD_EXITED if code >= 0 else _CLD_KILLED
    return os.waitid_result((pid, 0, int(signal.SIGCHLD), abs(code), how))


DOORS: Final[dict[str, Callable[..., Any]]] = {
    "wait": lambda: waitpid(-1, 0),
    "waitpid": waitpid,
    "wait3": lambda options: _with_usage(-1, options),
    "wait4": _with_usage,
    "waitid": waitid,
}


def install() -> None:
    for name, simulated in DOORS.items():
        redirect.inside(getattr(os, name), simulated)
