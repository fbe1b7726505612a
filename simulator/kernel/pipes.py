"""Pipes: bytes in order from one end to the other, with a limited room between them.

As Linux has them: a read waits for bytes or for the last writer to go; a write waits for room; a write of at
most PIPE_BUF bytes is never torn; writing where nobody reads is SIGPIPE, and EPIPE for those who ignore it.
A pipe takes no virtual time: what is written can be read in the same instant.
"""

import os
import stat
from errno import EAGAIN, EPIPE
from signal import SIGPIPE
from typing import Any, Final

from simulator.kernel.descriptors import Description, status
from simulator.kernel.state import here
from simulator.kernel.threads import WaitQueue

CAPACITY_BYTES: Final = 65_536
"""What a pipe of Linux holds unless it is told otherwise by F_SETPIPE_SZ."""

CAPACITY_MAX_BYTES: Final = 1 << 20  # /proc/sys/fs/pipe-max-size
PIPE_BUF: Final = 4096
_POLLIN, _POLLOUT, _POLLERR, _POLLHUP = 1, 4, 8, 16


class Pipe:
    """What lies between two ends."""

    def __init__(self, number: int) -> None:
        self.number = number  # Its inode, as `fstat` and listings show it.
        self.data = bytearray()
        self.capacity_bytes = CAPACITY_BYTES
        self.reader = ReadEnd(self)
        self.writer = WriteEnd(self)

    def __repr__(self) -> str:
        return f"<pipe {self.number}: {len(self.data)} bytes>"

    @property
    def room(self) -> int:
        return self.capacity_bytes - len(self.data)

    def moved(self) -> None:
        """Bytes or an end have come or gone: let everybody look again."""
        for end in (self.reader, self.writer):
            end.queue.wake_all()
            end.changed()

    def resize(self, size: int) -> int:
        """`F_SETPIPE_SZ`: a power of two of pages, never less than what it holds."""
        asked = max(size, len(self.data), PIPE_BUF)
        self.capacity_bytes = min(1 << (asked - 1).bit_length(), CAPACITY_MAX_BYTES)
        return self.capacity_bytes


class _End(Description):
    """What both ends of a pipe have in common."""

    kind = "pipe"

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        self.name = f"pipe:[{pipe.number}]"
        self.queue = WaitQueue()
        self.open = True

    def __repr__(self) -> str:
        return f"<{'read' if self.flags == os.O_RDONLY else 'write'} end of {self.pipe}>"

    def stat(self) -> os.stat_result:
        return status(stat.S_IFIFO | 0o600, self.pipe.number, 14)

    def close(self) -> None:
        self.open = False
        self.pipe.moved()


class ReadEnd(_End):
    """Where bytes come out."""

    flags = os.O_RDONLY

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        self.readers = self.queue

    def readable(self) -> bool:
        return bool(self.pipe.data) or self.hung_up()

    def writable(self) -> bool:
        return False

    def hung_up(self) -> bool:
        return not self.pipe.writer.open

    def events(self) -> int:
        return (_POLLIN if self.pipe.data else 0) | (_POLLHUP if self.hung_up() else 0)

    def read(self, size: int) -> bytes:
        pipe = self.pipe
        while size and not pipe.data and pipe.writer.open:
            if self.nonblocking:
                raise BlockingIOError(EAGAIN, os.strerror(EAGAIN))
            self.queue.wait(f"read of {self.name}")
        found = bytes(pipe.data[:size])
        if found:
            del pipe.data[: len(found)]
            pipe.moved()
        return found


class WriteEnd(_End):
    """Where bytes go in."""

    flags = os.O_WRONLY

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(pipe)
        self.writers = self.queue

    def readable(self) -> bool:
        return self.hung_up()  # An error wakes who waits to read, too: so asyncio learns that the reader is gone.

    def writable(self) -> bool:
        return self.pipe.room >= PIPE_BUF or self.hung_up()

    def hung_up(self) -> bool:
        return not self.pipe.reader.open

    def events(self) -> int:
        return (_POLLOUT if self.pipe.room >= PIPE_BUF else 0) | (_POLLERR if self.hung_up() else 0)

    def write(self, data: Any) -> int:
        body, taken = memoryview(data).cast("B"), 0
        while taken < len(body):
            if self.hung_up():
                if taken:
                    return taken
                self._broken()
            step = self._fits(len(body) - taken)
            if step:
                self.pipe.data += body[taken : taken + step]
                taken += step
                self.pipe.moved()
            elif not self.nonblocking:
                self.queue.wait(f"write to {self.name}")
            elif taken:
                return taken
            else:
                raise BlockingIOError(EAGAIN, os.strerror(EAGAIN))
        return taken

    def _fits(self, size: int) -> int:
        """How much of so many bytes may be written now."""
        room = self.pipe.room
        return (size if size <= room else 0) if size <= PIPE_BUF else min(size, room)

    def _broken(self) -> None:
        process = here.process
        if process is not None:
            process.signal(SIGPIPE)
        raise BrokenPipeError(EPIPE, os.strerror(EPIPE))
