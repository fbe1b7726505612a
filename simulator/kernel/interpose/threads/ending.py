"""The end of a process, as far as threads and `atexit` go: in the interpreter's order, but per process.

1. What `threading._register_atexit` was given, last first; thread pools let their idle workers go.
2. Threads that are not daemons are awaited. Daemons are abandoned where they are.
3. `atexit` (run by the process), which ends with the finalizers of `weakref.finalize`.
"""

import atexit
import weakref
from collections.abc import Callable
from concurrent.futures import thread as pools
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from simulator.kernel.interpose import redirect
from simulator.kernel.state import here, running_thread
from simulator.kernel.threads import WaitQueue

if TYPE_CHECKING:
    from simulator.kernel.process import Process
    from simulator.kernel.threads import SimThread


def expect_end(process: "Process") -> None:
    """Let the process end in this order; called by whatever makes a difference then."""
    process.shelf.setdefault("join_threads", partial(join_threads, process))


def join_threads(process: "Process") -> None:
    """What `threading._shutdown` does in the main thread."""
    shelf = process.shelf
    shelf["threads_end"] = True
    for call in reversed(shelf.get("threading_atexits", ())):
        call()
    _end_pools(process)
    _main_is_over(process)
    while waited := [thread for thread in process.threads if not thread.daemon and thread is not here.thread]:
        for thread in waited:
            _wait_for(thread)


def _end_pools(process: "Process") -> None:
    """`concurrent.futures.thread._python_exit`, for the workers of this process."""
    process.shelf["pools_end"] = True
    mine = process.shelf.get("threading_active", {})
    queues: Any = cast(Any, pools)._threads_queues
    workers = [(worker, queue) for worker, queue in list(queues.items()) if mine.get(worker.ident) is worker]
    for _, queue in workers:
        queue.put(None)
    for worker, _ in workers:
        worker.join()


def _main_is_over(process: "Process") -> None:
    """Whoever joins the main thread may go on: it will not run the program any more."""
    main = process.shelf.get("main_thread")
    if main is None:
        return
    if hasattr(main, "_handle"):
        main._handle._set_done()
    elif main._tstate_lock is not None:
        main._tstate_lock.release()
        main._stop()


def _wait_for(thread: "SimThread") -> None:
    over = WaitQueue()
    thread.on_exit.append(over.wake_all)
    while thread.state not in ("done", "gone"):
        over.wait(f"the process ends and waits for thread {thread.name}")


# --- atexit ---------------------------------------------------------------------------------------------


def register(function: Any, /, *args: Any, **kwargs: Any) -> Any:
    """`atexit.register`."""
    if not callable(function):
        raise TypeError("the first argument must be callable")
    process = running_thread().process
    expect_end(process)
    process.atexit.append((function, args, kwargs))
    return function


def unregister(function: Any, /) -> None:
    calls = running_thread().process.atexit
    calls[:] = [call for call in calls if call[0] != function]


def clear() -> None:
    running_thread().process.atexit.clear()


def run() -> None:
    running_thread().process._run_atexit()


def registered() -> int:
    return len(running_thread().process.atexit)


DOORS: Final[dict[str, Callable[..., Any]]] = {
    "register": register,
    "unregister": unregister,
    "_clear": clear,
    "_run_exitfuncs": run,
    "_ncallbacks": registered,
}


def _own_finalizers() -> None:
    """`weakref.finalize` runs what is left of its objects at exit: each process those that it made itself."""
    owner = cast(Any, weakref.finalize)
    if not owner._registered_with_atexit:
        atexit.register(owner._exitfunc)
        owner._registered_with_atexit = True
    real = owner.__init__

    def __init__(self: Any, obj: Any, func: Any, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        real(self, obj, func, *args, **kwargs)
        process = here.process
        if process is not None:
            if "finalizers" not in process.shelf:
                process.shelf["finalizers"] = []
                process.atexit.append((_finalize, (process,), {}))
            process.shelf["finalizers"].append(self)

    owner.__init__ = __init__


def _finalize(process: "Process") -> None:
    """Run the finalizers of a process that ends, the youngest first; they may make more."""
    made: list[Any] = process.shelf["finalizers"]
    while made:
        finalizer = made.pop()
        if finalizer.alive and finalizer.atexit:
            finalizer()


def install() -> None:
    """Redirect `atexit`."""
    for name, simulated in DOORS.items():
        redirect.inside(getattr(atexit, name), simulated)
    _own_finalizers()
