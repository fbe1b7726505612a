"""A weak set that remembers the order of insertion, so that iteration does not follow addresses."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from weakref import ref


class OrderedWeakSet:
    """The part of `weakref.WeakSet` that event loops use, in the order of arrival."""

    def __init__(self) -> None:
        self._refs: dict[int, ref[Any]] = {}

    def add(self, item: Any) -> None:
        key = id(item)
        self._refs[key] = ref(item, partial(self._forget, key))

    def _forget(self, key: int, dead: "ref[Any]") -> None:
        if self._refs.get(key) is dead:
            del self._refs[key]

    def discard(self, item: Any) -> None:
        if item in self:
            del self._refs[id(item)]

    def clear(self) -> None:
        self._refs.clear()

    def __contains__(self, item: Any) -> bool:
        found = self._refs.get(id(item))
        return found is not None and found() is item

    def __iter__(self) -> Iterator[Any]:
        return iter([item for entry in list(self._refs.values()) if (item := entry()) is not None])

    def __len__(self) -> int:
        return sum(entry() is not None for entry in self._refs.values())
