"""Descriptors: the numbers of one process, and the open files, pipes and sockets that they stand for.

A number refers to a `Description` (what POSIX calls the open file description: offset, flags, the thing itself).
`dup` and inheritance make several numbers of one description; it is closed with the last of them.

Numbers begin at 1000, so that they are never those of real files which this interpreter has open: a door that meets a
number below passes it on, unless the process put a description there itself (`dup2(fd, 1)`).
"""

from collections.abc import Callable, Iterator
from errno import EBADF, EINVAL, EMFILE, ENOTDIR, ESPIPE
from heapq import heappop, heappush
from os import stat_result, strerror
from typing import TYPE_CHECKING, Any, Final

from simulator.kernel.limits import Limits

if TYPE_CHECKING:
    from simulator.kernel.file_locks import FileLocks
    from simulator.kernel.threads import WaitQueue

FIRST_NUMBER: Final = 1000


class Description:
    """What one or more descriptor numbers stand for; a kind of thing overrides what it can do.

    Whatever it cannot do fails as Linux lets it fail. Reads and writes that must wait park the current thread, or raise
    `BlockingIOError` when `nonblocking` is set.
    """

    kind = "nothing"
    name = ""
    """What a listing of descriptors shows: a path, or something like `pipe:[7]`."""
    flags = 0
    """The status flags that `fcntl(F_GETFL)` shows (O_RDONLY, O_APPEND, ...)."""
    refs = 0
    nonblocking = False
    copies = False
    """Whether `copy_to` works between two of them."""
    readers: "WaitQueue | None" = None
    """Where threads wait until it is readable; None for what always is."""
    writers: "WaitQueue | None" = None
    _watchers: dict[object, Callable[[], object]] | None = None

    def readable(self) -> bool:
        """Whether a read would return at once."""
        return True

    def writable(self) -> bool:
        """Whether a write would return at once."""
        return True

    def hung_up(self) -> bool:
        """Whether the other side is gone for good: POLLHUP of what is read, POLLERR of what is written."""
        return False

    def events(self) -> int:
        """What `poll` would say: POLLIN 1, POLLOUT 4, POLLHUP 16."""
        return self.readable() * 1 | self.writable() * 4 | self.hung_up() * 16

    def watch(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back from the kernel whenever the answers above may have changed; the result ends that."""
        if self._watchers is None:
            self._watchers = {}
        key = object()
        watchers = self._watchers
        watchers[key] = callback
        return lambda: watchers.pop(key, None) and None

    def changed(self) -> None:
        """To be called by the thing itself: tell who watches; threads are woken by `readers` and `writers`."""
        if self._watchers:
            for callback in list(self._watchers.values()):
                callback()

    def read(self, size: int) -> bytes:
        raise _error(EBADF)

    def write(self, data: Any) -> int:
        """Take bytes (anything with a buffer); return how many were taken."""
        raise _error(EBADF)

    def pread(self, size: int, offset: int) -> bytes:
        raise _error(ESPIPE)

    def pwrite(self, data: Any, offset: int) -> int:
        raise _error(ESPIPE)

    def seek(self, offset: int, whence: int) -> int:
        raise _error(ESPIPE)

    def truncate(self, size: int) -> None:
        raise _error(EINVAL)

    def allocate(self, offset: int, length: int) -> None:
        """Reserve room, as `posix_fallocate` does."""
        raise _error(ESPIPE)

    def copy_to(self, target: Any, length: int, at: int | None, to: int | None) -> int:
        """Copy to another of its kind without reading, where `copies` is set; None is the files' own offset."""
        raise _error(EINVAL)

    def sync(self, *, data_only: bool = False) -> None:
        raise _error(EINVAL)

    def stat(self) -> stat_result:
        raise _error(EBADF)

    def chmod(self, mode: int) -> None:
        raise _error(EINVAL)

    def chown(self, uid: int, gid: int) -> None:
        raise _error(EINVAL)

    def utime(self, times_ns: tuple[int, int] | None) -> None:
        raise _error(EINVAL)

    def locks(self, *, make: bool) -> "FileLocks | None":
        """The advisory locks of what it is, made if there are none yet; None of what can have none."""
        return None

    def where(self) -> str:
        """For a folder: its path from the host's root, as it is now."""
        raise _error(ENOTDIR)

    def listing(self) -> list[Any]:
        """The names in it and what they are; see `ports.Listed`."""
        raise _error(ENOTDIR)

    def close(self) -> None:
        """The last number is gone."""


class DescriptorTable:
    """The descriptor numbers of one process."""

    def __init__(self, *, descriptors_max: int = Limits.descriptors_max) -> None:
        self._open: dict[int, Description] = {}
        self._inheritable: set[int] = set()
        self._free: list[int] = []
        self._next = FIRST_NUMBER
        self._descriptors_max = descriptors_max

    def __contains__(self, number: object) -> bool:
        return number in self._open

    def __iter__(self) -> Iterator[tuple[int, Description]]:
        return iter(sorted(self._open.items()))

    def __len__(self) -> int:
        return len(self._open)

    def get(self, number: int) -> Description | None:
        return self._open.get(number)

    def __getitem__(self, number: int) -> Description:
        """The description behind a number; EBADF when there is none."""
        found = self._open.get(number)
        if found is None:
            raise _error(EBADF)
        return found

    def add(self, description: Description, *, inheritable: bool = False) -> int:
        """Give a description the lowest free number."""
        if len(self._open) >= self._descriptors_max:
            raise _error(EMFILE)
        if self._free:
            number = heappop(self._free)
        else:
            number = self._next
            self._next += 1
        self._put(number, description, inheritable=inheritable)
        return number

    def place(self, number: int, description: Description, *, inheritable: bool = True) -> None:
        """Give a description this very number, closing what had it, as `dup2` does."""
        if self._open.get(number) is description:
            return
        description.refs += 1  # So that closing the other name of the same thing cannot end it.
        if number in self._open:
            self.close(number)
        if number in self._free:
            self._free.remove(number)
            self._free.sort()
        while self._next <= number and number >= FIRST_NUMBER:
            if self._next != number:
                heappush(self._free, self._next)
            self._next += 1
        self._put(number, description, inheritable=inheritable)
        description.refs -= 1

    def _put(self, number: int, description: Description, *, inheritable: bool) -> None:
        assert number not in self._open
        self._open[number] = description
        description.refs += 1
        if inheritable:
            self._inheritable.add(number)

    def close(self, number: int) -> None:
        description = self[number]
        del self._open[number]
        self._inheritable.discard(number)
        if number >= FIRST_NUMBER:
            heappush(self._free, number)
        description.refs -= 1
        locks = description.locks(make=False)
        if locks is not None:
            locks.drop(self)  # POSIX: with any descriptor of a file go all locks that the process has on it.
        if description.refs == 0:
            description.close()

    def close_all(self) -> None:
        """The process is over: close everything, in the order of numbers, whatever fails at it."""
        for number in sorted(self._open):
            try:
                self.close(number)
            except OSError:
                pass

    def inheritable(self, number: int) -> bool:
        """Whether a child process gets the descriptor."""
        self[number]
        return number in self._inheritable

    def set_inheritable(self, number: int, inheritable: bool) -> None:
        self[number]
        (self._inheritable.add if inheritable else self._inheritable.discard)(number)


def _error(number: int) -> OSError:
    return OSError(number, strerror(number))


def status(mode: int, number: int, device: int) -> stat_result:
    """What `fstat` says of a thing without size and times: a pipe, a device, a program."""
    return stat_result((mode, number, device, 1, *[0] * 6, *[0.0] * 3, *[0] * 3, 4096, 0, 0))
