"""The register of tasks: asyncio's set of all tasks, per process and in the order in which they were made.

asyncio keeps the tasks of an interpreter in one weak set, whose order follows hashes. Simulated processes share the
interpreter but not the register: ten thousand hosts that each ask for their own tasks must not walk all of them.
"""

from asyncio import tasks
from collections.abc import Iterator
from typing import Any, Final
from weakref import WeakSet, ref

from simulator.kernel.state import here

_SWEEP_MIN: Final = 1_000  # References to the dead, before it is worth looking for them.


class _Tasks:
    """Some tasks in the order in which they were made. Most die soon: who is dead is swept out now and then."""

    __slots__ = ("_references", "_sweep_at")

    def __init__(self) -> None:
        self._references: list[ref[Any]] = []
        self._sweep_at = _SWEEP_MIN

    def add(self, task: Any) -> None:
        references = self._references
        references.append(ref(task))
        if len(references) > self._sweep_at:
            references[:] = [found for found in references if found() is not None]
            self._sweep_at = 2 * len(references) + _SWEEP_MIN

    def discard(self, task: Any) -> None:
        self._references[:] = [found for found in self._references if found() is not task]

    def clear(self) -> None:
        self._references.clear()

    def living(self) -> list[Any]:
        return [task for found in self._references if (task := found()) is not None]


class TaskRegister(WeakSet[Any]):
    """What asyncio's own set becomes: its class is exchanged, for C code holds on to the object."""

    _outside: _Tasks
    _inside: list[_Tasks]

    @staticmethod
    def take_over() -> None:
        """Turn asyncio's set into a register."""
        stock: WeakSet[Any] | None = getattr(tasks, "_scheduled_tasks", None)
        if stock is None:
            stock = tasks._all_tasks  # type: ignore[attr-defined]  # Its name in Python 3.11.
        before = list(stock)
        stock.__class__ = TaskRegister
        assert isinstance(stock, TaskRegister)
        stock._outside, stock._inside = _Tasks(), []
        for task in before:
            stock.add(task)
        global _register
        _register = stock

    def add(self, item: Any) -> None:
        process = here.process
        if process is None:
            self._outside.add(item)
            return
        found: _Tasks | None = process.shelf.get("tasks")
        if found is None:
            found = process.shelf["tasks"] = _Tasks()
            self._inside.append(found)
        found.add(item)

    def discard(self, item: Any) -> None:
        for seen in self._seen():
            seen.discard(item)

    def clear(self) -> None:
        for seen in self._seen():
            seen.clear()

    def __contains__(self, item: Any) -> bool:
        return any(task is item for task in self)

    def __iter__(self) -> Iterator[Any]:
        return iter([task for seen in self._seen() for task in seen.living()])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _seen(self) -> list[_Tasks]:
        """The process's own tasks; the kernel, and whoever looks from outside, sees all."""
        process = here.process
        if process is None:
            return [self._outside, *self._inside]
        found: _Tasks | None = process.shelf.get("tasks")
        return [found] if found is not None else []


_register: TaskRegister | None = None


def restart() -> None:
    """Begin a run: tasks of earlier runs are no longer looked for."""
    if _register is not None:
        _register._inside.clear()


def tasks_of(process: Any) -> list[Any]:
    """The tasks of a process that still exist."""
    found: _Tasks | None = process.shelf.get("tasks")
    return found.living() if found is not None else []
