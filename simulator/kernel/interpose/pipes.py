"""Making pipes: `os.pipe` and `os.pipe2`; reading, writing and closing are those of every descriptor."""

import os
from errno import EINVAL
from typing import Final

from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.signals import error
from simulator.kernel.pipes import Pipe
from simulator.kernel.state import running_thread

_FLAGS: Final = os.O_CLOEXEC | os.O_NONBLOCK
_NUMBERS_PER_PROCESS: Final = 100_000
"""Room for the inode numbers of one process's pipes, so that no two pipes of a host share one."""


def pipe() -> tuple[int, int]:
    return _pipe(os.O_CLOEXEC)


def pipe2(flags: int, /) -> tuple[int, int]:
    if flags & ~_FLAGS:
        raise error(EINVAL)
    return _pipe(flags)


def _pipe(flags: int) -> tuple[int, int]:
    process = running_thread().process
    process.shelf["pipes_made"] = made = process.shelf.get("pipes_made", 0) + 1
    new = Pipe(process.pid * _NUMBERS_PER_PROCESS + made)
    new.reader.nonblocking = new.writer.nonblocking = bool(flags & os.O_NONBLOCK)
    reading = process.fds.add(new.reader, inheritable=not flags & os.O_CLOEXEC)
    try:
        writing = process.fds.add(new.writer, inheritable=not flags & os.O_CLOEXEC)
    except OSError:
        process.fds.close(reading)
        raise
    return reading, writing


def install() -> None:
    redirect.inside(os.pipe, pipe)
    redirect.inside(os.pipe2, pipe2)
