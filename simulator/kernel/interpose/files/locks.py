"""`fcntl`: advisory locks and the flags of descriptors."""

import fcntl
import os
from errno import EBADF, EINVAL
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.descriptors import Description
from simulator.kernel.file_locks import END, FileLocks, Range
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.files.view import description, failure, real, table
from simulator.kernel.pipes import Pipe

_STATUS_FLAGS: Final = os.O_APPEND | os.O_NONBLOCK
"""What F_SETFL may change."""


def simulated_flock(fd: Any, operation: int, /) -> None:
    opened, locks = _locked(fd, "fcntl.flock")
    wait = not operation & fcntl.LOCK_NB
    kind = operation & ~fcntl.LOCK_NB
    if kind == fcntl.LOCK_UN:
        locks.unlock(opened)
    elif kind in {fcntl.LOCK_SH, fcntl.LOCK_EX}:
        locks.lock(opened, exclusive=kind == fcntl.LOCK_EX, wait=wait)
    else:
        raise failure(EINVAL)


def simulated_lockf(fd: Any, cmd: int, len: int = 0, start: int = 0, whence: int = 0, /) -> None:  # noqa: A002
    opened, locks = _locked(fd, "fcntl.lockf")
    if whence == os.SEEK_CUR:
        start += opened.seek(0, os.SEEK_CUR)
    elif whence == os.SEEK_END:
        start += opened.stat().st_size
    kind = cmd & ~fcntl.LOCK_NB
    if kind not in {fcntl.LOCK_SH, fcntl.LOCK_EX, fcntl.LOCK_UN}:
        raise ValueError("unrecognized lockf argument")
    wanted = Range(table(), start, start + len if len else END, kind == fcntl.LOCK_EX)
    if wanted.start < 0 or wanted.stop <= wanted.start:
        raise failure(EINVAL)
    access = opened.flags & os.O_ACCMODE
    if (kind == fcntl.LOCK_EX and access == os.O_RDONLY) or (kind == fcntl.LOCK_SH and access == os.O_WRONLY):
        raise failure(EBADF)
    if kind == fcntl.LOCK_UN:
        locks.unlock_range(wanted)
    else:
        locks.lock_range(wanted, wait=not cmd & fcntl.LOCK_NB)


def simulated_fcntl(fd: Any, cmd: int, arg: Any = 0, /) -> Any:
    number = _number(fd)
    opened = description(number)
    if opened is None:
        return real(fcntl.fcntl)(fd, cmd, arg)
    if cmd == fcntl.F_GETFD:
        return 0 if table().inheritable(number) else fcntl.FD_CLOEXEC
    if cmd == fcntl.F_SETFD:
        table().set_inheritable(number, not arg & fcntl.FD_CLOEXEC)
        return 0
    if cmd == fcntl.F_GETFL:
        return opened.flags & ~os.O_NONBLOCK & ~os.O_CLOEXEC | (os.O_NONBLOCK if opened.nonblocking else 0)
    if cmd == fcntl.F_SETFL:
        opened.nonblocking = bool(arg & os.O_NONBLOCK)
        opened.flags = opened.flags & ~_STATUS_FLAGS | arg & _STATUS_FLAGS
        return 0
    if cmd in {fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC}:
        return _dup_from(opened, arg, inheritable=cmd == fcntl.F_DUPFD)
    if cmd in _PIPE_SIZES:
        return _pipe_size(opened, cmd, arg)
    raise Unsupported(f"fcntl.fcntl({cmd})", "this command is not simulated")


_PIPE_SIZES: Final = {getattr(fcntl, "F_GETPIPE_SZ", 1032), getattr(fcntl, "F_SETPIPE_SZ", 1031)}


def _pipe_size(opened: Description, cmd: int, arg: int) -> int:
    pipe = getattr(opened, "pipe", None)
    if not isinstance(pipe, Pipe):
        raise failure(EBADF)
    return pipe.resize(arg) if cmd == getattr(fcntl, "F_SETPIPE_SZ", 1031) else pipe.capacity_bytes


def _dup_from(opened: Description, lowest: int, *, inheritable: bool) -> int:
    """The lowest free number from one on; below 1000 they are the machine's."""
    if lowest not in table() and lowest >= 1000:
        table().place(lowest, opened, inheritable=inheritable)
        return lowest
    return table().add(opened, inheritable=inheritable)


def _locked(fd: Any, door: str) -> tuple[Description, FileLocks]:
    opened = description(_number(fd))
    if opened is None:
        raise failure(EBADF)
    locks = opened.locks(make=True)
    if locks is None:
        raise Unsupported(door, f"{opened.name or opened.kind} has no locks; files and folders of a mount have")
    return opened, locks


def _number(fd: Any) -> int:
    number = fd if isinstance(fd, int) else fd.fileno()
    if number < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({number})")
    return int(number)


def install() -> None:
    """Redirect what `fcntl` offers for files."""
    redirect.inside(fcntl.flock, simulated_flock)
    redirect.inside(fcntl.lockf, simulated_lockf)
    redirect.inside(fcntl.fcntl, simulated_fcntl)
