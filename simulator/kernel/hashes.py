"""Hashes: sets of objects iterate in an order that the run decides, not the addresses of the heap.

Most objects hash by their address, which no two interpreters agree on: the order of a set of queues, of tasks
or of callbacks is then the heap's. Here such an object hashes by a number instead: how many-th of its class it was,
in this run, to be hashed for the first time, spread by a factor that each run draws. An object keeps its number for
life; numbers begin anew with `restart()`.

Kept as they were, by address: what cannot be weakly referenced (nothing would tell when its address is free again),
modules, classes, and event loops (every step of a task hashes its loop). `interpose/hashing.py` puts `hash_of` where
Python looks for it.
"""

import asyncio
import ctypes
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, Final, cast
from weakref import ref
from zlib import crc32

from simulator.kernel import importing
from simulator.kernel.state import is_stranger

_METH_NOARGS: Final = 0x0004
_MASK: Final = (1 << 61) - 1

BY_ADDRESS: Final = (type, ModuleType, asyncio.AbstractEventLoop, ref)
"""Kinds whose hashes are asked for too often to pass through Python."""

hash_of_address: Final = object.__hash__
"""What `object.__hash__` was before anybody changed it; the world's own classes take it where only dicts hold them."""


class _MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_ADDRESS_DEF: Final = _MethodDef(
    b"address", ctypes.cast(ctypes.pythonapi.PyLong_FromVoidPtr, ctypes.c_void_p).value, _METH_NOARGS, None
)
"""A method whose C function makes a number of its `self`."""
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_ADDRESS_DEF))  # It must outlive the method, which does not own it.


def _make_address() -> Callable[[object], int]:
    """`id` without its audit event, which costs six times as much as the answer."""
    make = ctypes.pythonapi.PyDescr_NewMethod
    make.restype, make.argtypes = ctypes.py_object, (ctypes.py_object, ctypes.c_void_p)
    return cast("Callable[[object], int]", make(object, ctypes.addressof(_ADDRESS_DEF)))


address: Final = _make_address()
"""Where an object lies."""


class _Tie(ref[Any]):
    """An object's hash, until the object is no more."""

    __slots__ = ("key", "value")

    key: int
    value: int


class _Count:
    """How many objects of a class were numbered in this run."""

    __slots__ = ("base", "by_address", "last")

    def __init__(self, kind: type) -> None:
        # By name, so that classes do not all begin with the same numbers.
        self.base = _number_of_name(f"{kind.__module__}.{kind.__qualname__}")
        self.last = 0
        self.by_address = not kind.__weakrefoffset__ or issubclass(kind, BY_ADDRESS)


_ties: Final[dict[int, _Tie]] = {}
_counts: Final[dict[type, _Count]] = {}
_counts_of_imports: Final[dict[type, _Count]] = {}
"""What modules keep is not made again in later runs, and must not be missed among the numbers of one."""
_factor = 1


def restart(salt: int = 0) -> None:
    """Begin a run: number the objects of each class from one again, and spread the numbers by `salt`."""
    global _factor
    _counts.clear()
    _factor = salt | 1  # Odd, so that no two numbers fall together.


def hash_of(held: Any) -> int:
    """What `object.__hash__` is: the number of an object, given when it is first asked for."""
    found = _ties.get(address(held))
    return found.value if found is not None else _first(held)


def _first(held: Any) -> int:
    kind = type(held)
    if is_stranger():
        return _by_address_for_life(held)
    counts = _counts if not importing.depth else _counts_of_imports
    count = counts.get(kind)
    if count is None:
        count = counts[kind] = _Count(kind)
    if count.by_address:
        return hash_of_address(held)
    if kind is FunctionType and "<locals>" not in held.__qualname__:
        # A module's own function outlives the run, and so must not be one of its rows.
        return tie(held, _number_of_name(f"{held.__module__}.{held.__qualname__}"))
    count.last = number = count.last + 1
    if importing.depth:
        return tie(held, (count.base - number) & _MASK)
    return tie(held, (count.base + number * _factor) & _MASK)


def _by_address_for_life(held: Any) -> int:
    """For objects of other OS threads, which are none of a run's and must not be missed among its numbers."""
    value = hash_of_address(held)
    by_address = not type(held).__weakrefoffset__ or isinstance(held, BY_ADDRESS)
    return value if by_address else tie(held, value)


def _number_of_name(name: str) -> int:
    return crc32(name.encode("utf-8", "replace"))


def tie(held: Any, value: int) -> int:
    """Give an object its hash for life."""
    made = _Tie(held, _untie)
    made.key, made.value = address(held), value
    _ties[made.key] = made
    return value


def _untie(dead: _Tie, ties: dict[int, _Tie] = _ties) -> None:
    if ties.get(dead.key) is dead:
        del ties[dead.key]


def hash_of_method(method: Any) -> int:
    """Methods are made anew at every look; equal ones have the same object and function, so both decide."""
    held: Any = method.__self__
    special: object = type(held).__hash__
    own = hash_of(held) if special is hash_of else hash_of_address(held)
    return own ^ hash(method.__func__)
