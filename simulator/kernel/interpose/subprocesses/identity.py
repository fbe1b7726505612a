"""Who a process is, and what it may do to others: pids, groups, sessions, users, `os.kill`."""

import os
import signal
from collections.abc import Callable
from errno import EINVAL, EPERM, ESRCH
from typing import Any, Final

from simulator.kernel.children import INIT, Family, family, find_process, members
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.signals import error, no_such_call
from simulator.kernel.process import Process
from simulator.kernel.state import running_thread

_ROOT: Final = 0  # Programs run as root, as the disks show it.
_KILLABLE: Final = frozenset({0, *(int(signum) for signum in signal.valid_signals())})


def _process() -> Process:
    return running_thread().process


def _family(pid: int) -> Family:
    """The family of a process by its pid; 0 is the one that asks."""
    process = _process() if pid == 0 else find_process(_process(), pid)
    if process is None:
        raise error(ESRCH)
    return family(process)


def getppid() -> int:
    parent = _process().parent
    return parent.pid if parent is not None and parent.alive else INIT


def setpgid(pid: int, group: int) -> None:
    target = _family(pid)
    if target.process.pid == target.session:
        raise error(EPERM)
    target.group = group or target.process.pid


def setsid() -> None:
    mine = _family(0)
    if mine.group == mine.process.pid:
        raise error(EPERM)
    mine.group = mine.session = mine.process.pid


def kill(pid: int, signum: int) -> None:
    """Send a signal to a process, to a group (negative) or to one's own group (0); signal 0 only asks."""
    me, number = _process(), int(signum)
    if number not in _KILLABLE:
        raise error(EINVAL)
    if pid > 0:
        target = find_process(me, pid)
        targets = [target] if target is not None else []
        if not targets and not _waits_for_burial(me, pid):
            raise error(ESRCH)
    elif pid == -1:
        targets = [other for other in me.engine.processes if other.alive and other.host is me.host and other is not me]
    else:
        targets = members(me, -pid or family(me).group)
    if pid <= 0 and not targets:
        raise error(ESRCH)
    if number:
        # Oneself comes last: it may be one's end.
        for target in sorted(targets, key=lambda target: target is me):
            target.signal(number)


def _waits_for_burial(me: Process, pid: int) -> bool:
    """Whether a pid is that of a process which has ended and whose parent has not looked yet."""
    relatives = (other.shelf.get("family") for other in me.engine.processes if other.alive and other.host is me.host)
    return any(found is not None and pid in found.ended for found in relatives)


def killpg(group: int, signum: int) -> None:
    if group < 0:
        raise error(EINVAL)
    kill(-group, signum)


def leave(code: int) -> None:
    """`os._exit`: the end, with no `finally`, no `atexit` and nothing flushed."""
    _process().cut(int(code) & 0xFF, "os._exit")


def abort() -> None:
    _process().cut(-signal.SIGABRT, "SIGABRT")


DOORS: Final[dict[str, Callable[..., Any]]] = {
    "getpid": lambda: _process().pid,
    "getppid": getppid,
    "getpgid": lambda pid: _family(pid).group,
    "getpgrp": lambda: _family(0).group,
    "setpgid": setpgid,
    "setpgrp": lambda: setpgid(0, 0),
    "getsid": lambda pid: _family(pid).session,
    "setsid": setsid,
    "kill": kill,
    "killpg": killpg,
    "_exit": leave,
    "abort": abort,
    "getuid": lambda: _ROOT,
    "geteuid": lambda: _ROOT,
    "getgid": lambda: _ROOT,
    "getegid": lambda: _ROOT,
    "getresuid": lambda: (_ROOT, _ROOT, _ROOT),
    "getresgid": lambda: (_ROOT, _ROOT, _ROOT),
    "getgroups": lambda: [_ROOT],
    "pidfd_open": no_such_call,
}


def install() -> None:
    for name, simulated in DOORS.items():
        builtin = getattr(os, name, None)
        if builtin is not None:
            redirect.inside(builtin, simulated)
