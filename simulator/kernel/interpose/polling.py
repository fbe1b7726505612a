"""Waiting for several descriptors at once: `select.select`, `select.poll`, `select.epoll`, and so `selectors`.

All three ask each description what `poll` would say and, when none says anything yet, park the thread until one
of them has changed. Descriptors come in the order in which they were registered.
"""

import ctypes
import math
import select
from collections.abc import Callable, Iterable
from errno import EBADF, EEXIST, EINVAL, ENOENT, EPERM
from stat import S_ISDIR, S_ISREG
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.descriptors import Description, DescriptorTable
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.signals import error
from simulator.kernel.state import here, running_engine, running_thread
from simulator.kernel.threads import WaitQueue

_NS: Final = 1_000_000_000
_FD_SETSIZE: Final = 1024
_TP_NEW: Final = 65  # Py_tp_new, a number of CPython's stable interface.
_READ: Final = select.POLLIN | select.POLLHUP | select.POLLERR
_WRITE: Final = select.POLLOUT | select.POLLERR
_ALWAYS: Final = select.POLLERR | select.POLLHUP | select.POLLNVAL

Found = list[tuple[int, int]]


def _table() -> DescriptorTable:
    return running_thread().process.fds


def await_events(look: Callable[[], Found], numbers: Iterable[int], timeout_ns: int | None, why: str) -> Found:
    """What `look` finds, waiting for changes of the descriptors until it finds something or the time is over."""
    engine, table = running_engine(), _table()
    until_ns = None if timeout_ns is None else engine.now_ns + timeout_ns
    while True:
        found = look()
        left_ns = None if until_ns is None else until_ns - engine.now_ns
        if found:
            return found
        queue = WaitQueue()
        watched = [description for number in numbers if (description := table.get(number)) is not None]
        ends = [description.watch(queue.wake_all) for description in watched]
        try:
            in_time = queue.wait(why, left_ns)
        finally:
            for end in ends:
                end()
        if not in_time:
            return look()


def _number(thing: Any) -> int:
    """A descriptor number, or that of a file object."""
    if isinstance(thing, int):
        number = thing
    else:
        fileno = getattr(thing, "fileno", None)
        if fileno is None:
            raise TypeError("argument must be an int, or have a fileno() method.")
        number = fileno()
        if not isinstance(number, int):
            raise TypeError("fileno() returned a non-integer")
    if number < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({number})")
    return number


def _nanoseconds(seconds: float | None) -> int | None:
    """A time-out as the wait takes it; None waits for ever."""
    return None if seconds is None else math.ceil(seconds * _NS)


# --- select -----------------------------------------------------------------------------------------------


def simulated_select(
    rlist: Iterable[Any], wlist: Iterable[Any], xlist: Iterable[Any], timeout: float | None = None, /
) -> tuple[list[Any], list[Any], list[Any]]:
    """`select.select`: which of the things can be read, written, or have out-of-band data."""
    wanted = [(_number(thing), thing, _READ) for thing in rlist]
    write_from = len(wanted)
    wanted += [(_number(thing), thing, _WRITE) for thing in wlist]
    urgent_from = len(wanted)
    wanted += [(_number(thing), thing, select.POLLPRI) for thing in xlist]
    if timeout is not None and timeout < 0:
        raise ValueError("timeout must be non-negative")
    table = _table()

    def look() -> Found:
        return [(index, 0) for index, (number, _, mask) in enumerate(wanted) if table[number].events() & mask]

    numbers = [number for number, _, _ in wanted]
    ready = [index for index, _ in await_events(look, numbers, _nanoseconds(timeout), "select.select")]
    return (
        [wanted[index][1] for index in ready if index < write_from],
        [wanted[index][1] for index in ready if write_from <= index < urgent_from],
        [wanted[index][1] for index in ready if index >= urgent_from],
    )


# --- poll -------------------------------------------------------------------------------------------------


class Poll:
    """What `select.poll()` gives."""

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}

    def register(self, fd: Any, eventmask: int = select.POLLIN | select.POLLPRI | select.POLLOUT, /) -> None:
        self._masks[_number(fd)] = eventmask

    def modify(self, fd: Any, eventmask: int, /) -> None:
        if _number(fd) not in self._masks:
            raise error(ENOENT)
        self._masks[_number(fd)] = eventmask

    def unregister(self, fd: Any, /) -> None:
        del self._masks[_number(fd)]

    def poll(self, timeout: float | None = None, /) -> Found:
        """The descriptors that have something to say; the time-out is in milliseconds, negative or None for ever."""
        timeout_ns = None if timeout is None or timeout < 0 else math.ceil(timeout) * 1_000_000
        return await_events(self._look, list(self._masks), timeout_ns, "poll")

    def _look(self) -> Found:
        table = _table()
        return [(number, said) for number, mask in self._masks.items() if (said := _says(table, number, mask))]


def _says(table: DescriptorTable, number: int, mask: int) -> int:
    description = table.get(number)
    return select.POLLNVAL if description is None else description.events() & (mask | _ALWAYS)


# --- epoll ------------------------------------------------------------------------------------------------


class _EventPoll(Description):
    """The description behind an epoll object: readable when one of its descriptors has something to say."""

    kind = "epoll"
    name = "anon_inode:[eventpoll]"

    def __init__(self) -> None:
        self.interest: dict[int, tuple[Description, int]] = {}

    def look(self, most: int) -> Found:
        found: Found = []
        for number, (description, mask) in list(self.interest.items()):
            said = description.events() & (mask | _ALWAYS) & ~select.EPOLLONESHOT
            if description.refs == 0:
                del self.interest[number]  # A closed descriptor leaves the set by itself.
            elif said and mask & ~_ALWAYS & ~select.EPOLLONESHOT and len(found) < most:
                found.append((number, said))
                if mask & select.EPOLLONESHOT:
                    self.interest[number] = (description, 0)
        return found

    def readable(self) -> bool:
        return any(description.events() & (mask | _ALWAYS) for description, mask in self.interest.values())


class Epoll:
    """What `select.epoll()` gives: level-triggered, as `selectors` uses it."""

    def __init__(self, sizehint: int = -1, flags: int = 0) -> None:
        self._events: _EventPoll | None = _EventPoll()
        self._fd = _table().add(self._events)

    def _open(self) -> _EventPoll:
        if self._events is None:
            raise ValueError("I/O operation on closed epoll object")
        return self._events

    @property
    def closed(self) -> bool:
        return self._events is None

    def fileno(self) -> int:
        self._open()
        return self._fd

    def close(self) -> None:
        if self._events is not None:
            self._events = None
            if here.process is not None and self._fd in _table():
                _table().close(self._fd)

    def __enter__(self) -> "Epoll":
        self._open()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def register(self, fd: Any, eventmask: int = select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT) -> None:
        events, number = self._open(), _number(fd)
        if number in events.interest:
            raise error(EEXIST)
        self._set(events, number, eventmask)

    def modify(self, fd: Any, eventmask: int) -> None:
        events, number = self._open(), _number(fd)
        if number not in events.interest:
            raise error(ENOENT)
        self._set(events, number, eventmask)

    def _set(self, events: _EventPoll, number: int, eventmask: int) -> None:
        description = _table()[number]
        if eventmask & select.EPOLLET:
            raise Unsupported("select.EPOLLET", "only level-triggered epoll is simulated")
        if description is events:
            raise error(EINVAL)
        if description.kind != "pipe" and _is_file(description):
            raise error(EPERM)
        events.interest[number] = (description, eventmask)

    def unregister(self, fd: Any) -> None:
        events, number = self._open(), _number(fd)
        if number not in events.interest:
            raise error(EBADF if number not in _table() else ENOENT)
        del events.interest[number]

    def poll(self, timeout: float | None = None, maxevents: int = -1) -> Found:
        events = self._open()
        if maxevents == -1:
            maxevents = _FD_SETSIZE - 1
        if maxevents <= 0:
            raise ValueError(f"maxevents must be greater than 0, got {maxevents}")
        timeout_ns = None if timeout is None or timeout < 0 else _nanoseconds(timeout)
        return await_events(lambda: events.look(maxevents), list(events.interest), timeout_ns, "epoll")


def _is_file(description: Description) -> bool:
    """Regular files and folders are always ready, and epoll refuses them."""
    try:
        mode = description.stat().st_mode
    except OSError:
        return False
    return S_ISREG(mode) or S_ISDIR(mode)


def install() -> None:
    redirect.inside(select.select, simulated_select)
    redirect.inside(select.poll, Poll)
    stock = select.epoll
    # Not `stock.__new__`: once that is replaced, CPython's wrapper of it refuses every call as unsafe.
    slot_of = ctypes.pythonapi.PyType_GetSlot
    slot_of.restype, slot_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_int)
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.py_object)
    real = make(slot_of(stock, _TP_NEW))

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        return real(cls, args, kwargs) if here.process is None else Epoll(*args, **kwargs)

    redirect.slot(stock, "__new__", staticmethod(new))
