"""Thread-local data: what C code keeps per OS thread, exchanged when another sim thread gets its turn.

`threading.local`, the C type, finds a thread's data by what the interpreter's state of the OS thread holds:
a dictionary, and from Python 3.13 two objects of its own besides, the key of the data and a sentinel whose
death ends them. All sim threads share one OS thread, so each takes these along when it leaves and finds them
in place when it returns.
"""

import ctypes
import sys
import threading
from typing import Any, Final

_thread_dict = ctypes.pythonapi.PyThreadState_GetDict
_thread_dict.restype = ctypes.py_object
_here: Final[dict[Any, Any]] = _thread_dict()
"""The dictionary of the OS thread; its content is exchanged."""
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_here))  # What CPython lends, ctypes takes for its own.

_HAS_KEY: Final = sys.version_info >= (3, 13)
_LOOP: Final = "__asyncio_running_event_loop__"  # Whoever puts a thread's data in place sets its running loop as well.
_KEY_AFTER_DICT: Final = 20  # Words from `dict` to `threading_local_key` in PyThreadState; the sentinel follows.


class _Key:
    """The two objects by which `threading.local` knows one thread; whoever drops this ends the thread's data."""

    __slots__ = ("key", "sentinel")

    def __init__(self, key: int, sentinel: int | None) -> None:
        self.key, self.sentinel = key, sentinel

    def __del__(self) -> None:
        for address in (self.sentinel, self.key):
            if address:
                _forget(address)


_forget = ctypes.pythonapi.Py_DecRef
_forget.argtypes, _forget.restype = (ctypes.c_void_p,), None

Saved = tuple[dict[Any, Any], _Key | None]
NOTHING: Final[Saved] = ({}, None)


def _find_words() -> Any:
    """The words of the thread state from its key on; the layout is fixed for a minor version of Python."""
    state = ctypes.pythonapi.PyThreadState_Get
    state.restype = ctypes.c_void_p
    words = (ctypes.c_void_p * 64).from_address(state())
    at = next(index for index, word in enumerate(words) if word == id(_here)) + _KEY_AFTER_DICT
    threading.local().known = True  # From now on this thread has a key.
    found = (ctypes.c_void_p * 2).from_address(ctypes.addressof(words) + at * ctypes.sizeof(ctypes.c_void_p))
    for address in found:
        assert address, "PyThreadState of this Python is not laid out as expected"
        assert type(ctypes.cast(address, ctypes.py_object).value).__name__ == "_localdummy"
    return found


_words: Final = _find_words() if _HAS_KEY else None


def _is_bare() -> bool:
    """Whether nobody has kept anything, but asyncio its running loop."""
    return (not _here or (len(_here) == 1 and _LOOP in _here)) and (_words is None or _words[0] is None)


def take() -> Saved:
    """Put away the data of the current thread; until `put`, the OS thread has none but what asyncio keeps there."""
    if _is_bare():
        return NOTHING
    saved = dict(_here)
    _here.clear()
    if _words is None or _words[0] is None:
        return saved, None
    key = _Key(_words[0], _words[1])
    _words[0] = _words[1] = None
    return saved, key


def put(saved: Saved) -> None:
    """Give a thread its data back."""
    if saved is NOTHING and _is_bare():
        return
    data, key = saved
    if _here or (_words is not None and _words[0] is not None):
        take()  # Left by code of the world, which is of no thread.
    if data:
        _here.update(data)
    if key is not None and _words is not None:
        _words[0], _words[1] = key.key, key.sentinel
        key.key, key.sentinel = 0, None


def drop() -> None:
    """End the data of the current thread, as its end does."""
    take()
