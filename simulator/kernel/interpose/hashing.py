"""Hashing: objects are numbered by `hashes` instead of hashing by their address.

The entry `__hash__` in the dictionary of `object` becomes `hash_of`. Every class made from then on finds it there and
gets the slot that calls it; classes made earlier are told to look again. Class dictionaries stay untouched, so
`dataclass`, `attrs` and `cls.__hash__ is object.__hash__` see what they always saw.

What lives at installation may lie in dictionaries already, and keeps its address for a hash.
"""

import asyncio
import gc
from types import AsyncGeneratorType, CoroutineType, FunctionType, GeneratorType, MethodType
from typing import Final

from simulator.kernel.hashes import BY_ADDRESS, hash_of, hash_of_address, hash_of_method, tie
from simulator.kernel.interpose import redirect
from simulator.kernel.task_register import TaskRegister

_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_IMMUTABLE_TYPE: Final = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE
_FIXED: Final[tuple[type, ...]] = (
    FunctionType, CoroutineType, GeneratorType, AsyncGeneratorType, asyncio.Future, asyncio.Task,
)  # fmt: skip
"""Types of C that programs do put into sets."""


def install() -> None:
    """Change how objects hash."""
    changeable = _changeable_types()
    _pin(changeable)
    plain = [kind for kind in changeable if _special(kind) is hash_of_address]
    others = [kind for kind in plain if issubclass(kind, BY_ADDRESS)]
    redirect.method(object, "__hash__", hash_of)
    for kind in plain:
        _look_again(kind)
    for kind in others:  # What a class finds, its subclasses find, whatever else they are.
        redirect.copy_hash(object, kind)
    for fixed in _FIXED:
        if not _is_changeable(fixed):
            redirect.slot(fixed, "__hash__", hash_of)
    redirect.slot(MethodType, "__hash__", hash_of_method)
    TaskRegister.take_over()


def _special(kind: type) -> object:
    return kind.__hash__


def _is_changeable(kind: type) -> bool:
    return kind.__flags__ & (_HEAP_TYPE | _IMMUTABLE_TYPE) == _HEAP_TYPE


def _changeable_types() -> set[type]:
    """Every class there is that Python code may change."""
    found: set[type] = set()
    ahead: list[type] = [object]
    kind: type
    while ahead:
        for kind in type.__subclasses__(ahead.pop()):
            if kind not in found:
                found.add(kind)
                ahead.append(kind)
    return {kind for kind in found if _is_changeable(kind)}


def _pin(kinds: set[type]) -> None:
    """Let what lives now keep its address for a hash."""
    kind: type
    for held in gc.get_objects():
        kind = type(held)
        if (kind in kinds or kind in _FIXED) and kind.__weakrefoffset__ and not issubclass(kind, BY_ADDRESS):
            tie(held, hash_of_address(held))


def _look_again(kind: type) -> None:
    """Let a class find its `__hash__` anew: setting and deleting one makes it fill its slot, and leaves no trace."""
    type.__setattr__(kind, "__hash__", hash_of)
    type.__delattr__(kind, "__hash__")
