"""Processes and processors: what Python would start or count beside threads on a real machine.

Copying the running interpreter (`os.fork`, and `multiprocessing` and `ProcessPoolExecutor` with it) is
refused by name. A simulated machine has as many processors as is said here, wherever it is simulated:
thread pools are sized by them.
"""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Final, cast

from simulator.errors import Unsupported
from simulator.kernel.interpose import redirect
from simulator.kernel.state import here

PROCESSORS: Final = 4
_WHY: Final = "a simulated process cannot be copied; start a program of the host's, or use threads"
_FORKS: Final = ("fork", "fork1", "forkpty")
_CLASSES: Final = {
    "multiprocessing.process": ("BaseProcess", "start", "multiprocessing.Process"),
    "multiprocessing.synchronize": ("SemLock", "__init__", "multiprocessing.synchronize"),
    "concurrent.futures.process": ("ProcessPoolExecutor", "__init__", "concurrent.futures.ProcessPoolExecutor"),
}
"""The classes that lead to processes: where they are defined, the method that is refused, and the name told."""


def refusal(door: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """The real function, refused in a simulated process."""

    def refused(*args: Any, **kwargs: Any) -> Any:
        engine = here.engine
        if here.process is None or engine is None:
            return real(*args, **kwargs)
        engine.emit("guard.refused", door=door)
        raise Unsupported(door, _WHY)

    return refused


def _refuse_in(module: ModuleType) -> None:
    owner, method, door = _CLASSES[module.__name__]
    kind = getattr(module, owner)
    setattr(kind, method, refusal(door, getattr(kind, method)))


class _Finder(PathFinder):
    """Finds the modules above when a program imports them, and refuses their classes from the start."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _CLASSES:
            return None
        spec = super().find_spec(fullname, path, target)
        loader: Any = spec.loader if spec is not None else None
        if loader is not None:
            run = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                run(module)
                _refuse_in(module)

            loader.exec_module = exec_module
        return spec


def install() -> None:
    """Refuse copies of the process, now and in modules that are yet to be imported."""
    for name in _FORKS:
        builtin = getattr(os, name, None)
        if builtin is not None and redirect.original(builtin) is builtin:
            redirect.door(builtin, partial(refusal, f"os.{name}"))
    for name in _CLASSES:
        if name in sys.modules:
            _refuse_in(importlib.import_module(name))
    sys.meta_path.insert(0, cast(Any, _Finder))
    redirect.inside(os.cpu_count, lambda: PROCESSORS)
    redirect.inside(os.sched_getaffinity, lambda pid: set(range(PROCESSORS)))
