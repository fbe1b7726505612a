"""The register of tasks: asyncio's set of all tasks, per process and in the order in which they were made.

asyncio keeps the tasks of an interpreter in one weak set, whose order follows hashes. Simulated processes share the
interpreter but not the register: ten thousand hosts that each ask for their own tasks must not walk all of them.
"""

from asyncio import tasks
from collections.abc import Iterator
from functools import partial
from typing import Any
from weakref import WeakSet, ref

from simulator.kernel.hashes import address
from simulator.kernel.state import here

Register = dict[int, "ref[Any]"]


class TaskRegister(WeakSet[Any]):
    """What asyncio's own set becomes: its class is exchanged, for C code holds on to the object."""

    _outside: Register
    _inside: list[Register]

    @staticmethod
    def take_over() -> None:
        """Turn asyncio's set into a register."""
        stock: WeakSet[Any] | None = getattr(tasks, "_scheduled_tasks", None)
        if stock is None:
            stock = tasks._all_tasks  # type: ignore[attr-defined]  # Its name in Python 3.11.
        before = list(stock)
        stock.__class__ = TaskRegister
        assert isinstance(stock, TaskRegister)
        stock._outside, stock._inside = {}, []
        for task in before:
            stock.add(task)
        global _register
        _register = stock

    def add(self, item: Any) -> None:
        process = here.process
        if process is None:
            register = self._outside
        else:
            found: Register | None = process.shelf.get("tasks")
            if found is None:
                found = process.shelf["tasks"] = {}
                self._inside.append(found)
            register = found
        # The task's end calls `register.pop(key, reference)`, which takes the reference for a default.
        key = address(item)
        register[key] = ref(item, partial(register.pop, key))

    def discard(self, item: Any) -> None:
        key = address(item)
        for register in self._seen():
            found = register.get(key)
            if found is not None and found() is item:
                del register[key]

    def clear(self) -> None:
        for register in self._seen():
            register.clear()

    def __contains__(self, item: Any) -> bool:
        key = address(item)
        return any((found := register.get(key)) is not None and found() is item for register in self._seen())

    def __iter__(self) -> Iterator[Any]:
        return iter(
            [task for register in self._seen() for found in list(register.values()) if (task := found()) is not None]
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _seen(self) -> list[Register]:
        """The process's own tasks; the kernel, and whoever looks from outside, sees all."""
        process = here.process
        return [self._outside, *self._inside] if process is None else [process.shelf.get("tasks", {})]


_register: TaskRegister | None = None


def restart() -> None:
    """Begin a run: tasks of earlier runs are no longer looked for."""
    if _register is not None:
        _register._inside.clear()


def tasks_of(process: Any) -> list[Any]:
    """The tasks of a process that still exist."""
    register: Register = process.shelf.get("tasks", {})
    return [task for found in list(register.values()) if (task := found()) is not None]
