"""What `threading` and `concurrent.futures` keep once per interpreter, kept once per simulated process.

Names of threads are counted from one in every process, `threading.enumerate()` shows a process its own
threads, each has a main thread object, and the end of one does not close the thread pools of another.
Dictionaries, lists, counters and flags that stand in module globals are replaced by ones that look at
`here.process`; outside a simulation they hold what the originals held.
"""

import _thread
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import thread as pools
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, cast

from simulator.kernel.interpose.threads.handles import handle_of
from simulator.kernel.state import here, outside

if TYPE_CHECKING:
    from simulator.kernel.process import Process

_threading: Final = cast(Any, threading)
_real_main_thread: Final[threading.Thread] = _threading._main_thread


class OwnDict(dict[Any, Any]):
    """A dictionary of a module's that every process has for itself; as a dictionary it is the interpreter's own."""

    def __init__(self, name: str, real: dict[Any, Any], make: Callable[["Process"], dict[Any, Any]]) -> None:
        super().__init__(real)
        self._name, self._make = name, make

    def mine(self) -> dict[Any, Any]:
        process = here.process
        if process is None:
            return self
        found: dict[Any, Any] | None = process.shelf.get(self._name)
        if found is None:
            found = process.shelf[self._name] = self._make(process)
        return found

    def __getitem__(self, key: Any) -> Any:
        return dict.__getitem__(self.mine(), key)

    def __setitem__(self, key: Any, value: Any) -> None:
        dict.__setitem__(self.mine(), key, value)

    def __delitem__(self, key: Any) -> None:
        dict.__delitem__(self.mine(), key)

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self.mine(), key)

    def __iter__(self) -> Iterator[Any]:
        return dict.__iter__(self.mine())

    def __len__(self) -> int:
        return dict.__len__(self.mine())

    def values(self) -> Any:
        return dict.values(self.mine())

    def items(self) -> Any:
        return dict.items(self.mine())

    def get(self, key: Any, default: Any = None) -> Any:
        return dict.get(self.mine(), key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        return dict.pop(self.mine(), key, *default)


class OwnCalls(list[Any]):
    """`threading._threading_atexits`: what a process calls at its end before it awaits its threads."""

    def append(self, call: Any) -> None:
        process = here.process
        if process is None:
            super().append(call)
        else:
            process.shelf.setdefault("threading_atexits", []).append(call)


class OwnFlag:
    """A module's flag that is raised for one process at a time."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __bool__(self) -> bool:
        process = here.process
        return process is not None and self._name in process.shelf


def own_counter(name: str, first: int, real: Callable[[], int]) -> Callable[[], int]:
    """A counter that starts anew in every process."""

    def count() -> int:
        process = here.process
        if process is None:
            return real()
        number: int = process.shelf.get(name, first)
        process.shelf[name] = number + 1
        return number

    return count


def main_thread() -> threading.Thread:
    """`threading.main_thread()` of the current process."""
    process = here.process
    if process is None:
        return _real_main_thread
    active: OwnDict = _threading._active
    active.mine()
    main: threading.Thread = process.shelf["main_thread"]
    return main


def _make_active(process: "Process") -> dict[Any, Any]:
    """The threads of a process by their idents; at first its main thread."""
    sim = process.main_thread
    assert sim is not None, "a process has a main thread for as long as code of it runs"
    main: Any = threading._MainThread.__new__(threading._MainThread)  # type: ignore[attr-defined]
    process.shelf["main_thread"] = main
    vars(main).update(_fresh_main())
    main._stderr = sys.stderr
    main._ident, main._native_id = sim.ident, process.pid
    if hasattr(main, "_handle"):
        main._handle = handle_of(sim)
    else:
        main._tstate_lock = lock = _thread.allocate_lock()
        lock.acquire()
    return {sim.ident: main}


@cache
def _fresh_main() -> dict[str, Any]:
    """What is in a main thread object. All have the same `_started`, which is set for ever."""
    with outside():
        main: Any = threading._MainThread.__new__(threading._MainThread)  # type: ignore[attr-defined]
        threading.Thread.__init__(main, name="MainThread", daemon=False)
        main._started.set()
    return dict(vars(main))


def reroute(function: Callable[..., Any], replacement: Callable[..., Any]) -> None:
    """Make a Python function call another, for those as well who imported it early."""
    assert isinstance(function, FunctionType), f"{function!r} is not Python"
    assert not function.__code__.co_freevars, f"{function!r} is a closure"
    name = f"_simulated_{function.__name__}"
    function.__globals__[name] = replacement
    made: dict[str, Any] = {}
    exec(f"def {function.__name__}(*args, **kwargs): return {name}(*args, **kwargs)", made)
    function.__code__ = made[function.__name__].__code__


def install() -> None:
    """Replace the globals of `threading` and `concurrent.futures.thread`."""
    _threading._active = OwnDict("threading_active", _threading._active, _make_active)
    _threading._limbo = OwnDict("threading_limbo", _threading._limbo, lambda process: {})
    _threading._threading_atexits = OwnCalls(_threading._threading_atexits)
    _threading._SHUTTING_DOWN = OwnFlag("threads_end")
    _threading._counter = own_counter("threads_named", 1, _threading._counter)
    reroute(threading.main_thread, main_thread)
    cast(Any, pools)._shutdown = OwnFlag("pools_end")
    executor = cast(Any, ThreadPoolExecutor)
    executor._counter = staticmethod(own_counter("pools_named", 0, executor._counter))
