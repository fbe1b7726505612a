"""Readers and writers of the simulated loop: `add_reader` and `add_writer` on descriptors of its process.

They are level-triggered, as with a selector: once a turn, for as long as the descriptor is ready and the callback is
still registered.
"""

import os
from collections.abc import Callable
from contextvars import copy_context
from errno import EBADF, EPERM
from typing import Any

from simulator.kernel.descriptors import Description
from simulator.kernel.entry import Handle


class Watch:
    """One descriptor that a loop watches: who reads, who writes, and whether they are about to be called."""

    def __init__(self, loop: "Any", number: int, file: Description) -> None:
        self.loop, self.number, self.file = loop, number, file
        self.reader: Handle | None = None
        self.writer: Handle | None = None
        self._again = Handle(self._look, (), copy_context(), loop, None)
        self._queued = False
        self._stop = file.watch(self.look)

    def look(self) -> None:
        """Something may have changed: call who waits for it, in the loop's next turn."""
        loop = self.loop
        if self._queued or loop.is_closed():
            return
        due = []
        if self.reader is not None and self.reader.callback is not None and self.file.readable():
            due.append(self.reader)
        if self.writer is not None and self.writer.callback is not None and self.file.writable():
            due.append(self.writer)
        if due:
            self._queued = True
            for handle in (*due, self._again):
                handle.cause = loop.engine.cause
                loop.enqueue(handle)

    def _look(self) -> None:
        self._queued = False
        self.look()

    def drop(self) -> None:
        self._stop()
        for handle in (self.reader, self.writer):
            if handle is not None:
                handle.cancel()
        self.reader = self.writer = None


class Selected:
    """What remains of a selector: asyncio's datagram transport asks it for its `repr`."""

    def get_map(self) -> dict[int, Any]:
        return {}

    def get_key(self, fileobj: Any) -> Any:
        raise KeyError(fileobj)


class LoopReady:
    """The private hooks through which asyncio's selector loop registers callbacks, over simulated descriptors."""

    process: Any
    engine: Any
    idle: bool
    _ready: Any
    _wake: Callable[[], None]
    _watches: dict[int, Watch]
    _check_closed: Callable[[], None]
    is_closed: Callable[[], bool]

    def enqueue(self, handle: Handle) -> None:
        """Run a handle in the next turn, from wherever this is called."""
        self._ready.append(handle)
        if self.idle:
            self._wake()

    def _watch(self, fd: Any) -> Watch:
        number = file_number(fd)
        file = self.process.fds.get(number)
        watch = self._watches.get(number)
        if watch is not None and watch.file is not file:
            watch.drop()  # The number was closed and is another file's now.
            watch = None
        if watch is None:
            if file is None:
                raise OSError(EBADF, os.strerror(EBADF))
            if file.kind == "file":
                raise PermissionError(EPERM, os.strerror(EPERM))  # What epoll says of regular files.
            watch = self._watches[number] = Watch(self, number, file)
        return watch

    def _add_reader(self, fd: Any, callback: Callable[..., object], *args: Any) -> Handle:
        self._check_closed()
        watch = self._watch(fd)
        handle = Handle(callback, args, copy_context(), self, self.engine.cause)
        if watch.reader is not None:
            watch.reader.cancel()
        watch.reader = handle
        watch.look()
        return handle

    def _add_writer(self, fd: Any, callback: Callable[..., object], *args: Any) -> Handle:
        self._check_closed()
        watch = self._watch(fd)
        handle = Handle(callback, args, copy_context(), self, self.engine.cause)
        if watch.writer is not None:
            watch.writer.cancel()
        watch.writer = handle
        watch.look()
        return handle

    def _remove_reader(self, fd: Any) -> bool:
        watch = None if self.is_closed() else self._watches.get(file_number(fd))
        if watch is None or watch.reader is None:
            return False
        watch.reader.cancel()
        watch.reader = None
        self._forget(watch)
        return True

    def _remove_writer(self, fd: Any) -> bool:
        watch = None if self.is_closed() else self._watches.get(file_number(fd))
        if watch is None or watch.writer is None:
            return False
        watch.writer.cancel()
        watch.writer = None
        self._forget(watch)
        return True

    def _forget(self, watch: Watch) -> None:
        if watch.reader is None and watch.writer is None:
            watch.drop()
            del self._watches[watch.number]


def file_number(fd: Any) -> int:
    """The descriptor number of a number or of something with a `fileno`, with a selector's words for neither."""
    if isinstance(fd, int):
        number = fd
    else:
        try:
            number = int(fd.fileno())
        except (AttributeError, TypeError, ValueError):
            raise ValueError(f"Invalid file object: {fd!r}") from None
    if number < 0:
        raise ValueError(f"Invalid file descriptor: {number}")
    return number
