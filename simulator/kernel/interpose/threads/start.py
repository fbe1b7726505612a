"""Starting threads: whatever starts a thread in a simulated process starts a sim thread of that process.

`threading.Thread` starts through `_thread.start_new_thread` up to Python 3.12 and through
`_thread.start_joinable_thread` from 3.13. A new thread is runnable at once and runs when its turn comes;
`Thread.start` waits until it does, so the new thread goes first, up to where it blocks.
"""

import _thread
import signal
import threading
from collections.abc import Callable
from typing import Any, Final, cast

from greenlet import GreenletExit

from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.threads.ending import expect_end
from simulator.kernel.interpose.threads.handles import Handle, handle_of
from simulator.kernel.interpose.threads.uncaught import tell_unraisable
from simulator.kernel.state import here, know_threads_by, running_engine, running_thread
from simulator.kernel.threads import SimThread, refuse_if_gone

_STACK_MIN: Final = 32_768  # What CPython refuses to go below.


def start_new_thread(function: Any, args: Any, kwargs: Any = None, /) -> int:
    """`_thread.start_new_thread`: returns the ident."""
    if not callable(function):
        raise TypeError("first arg must be callable")
    if not isinstance(args, tuple):
        raise TypeError("2nd arg must be a tuple")
    if kwargs is not None and not isinstance(kwargs, dict):
        raise TypeError("optional 3rd arg must be a dictionary")
    thread = _start(function, args, kwargs or {}, awaited=not _is_daemon(function))
    return thread.ident


def start_joinable_thread(function: Any, handle: Any = None, daemon: bool = True) -> Handle:
    """`_thread.start_joinable_thread` of 3.13; returns the handle."""
    if not callable(function):
        raise TypeError("thread function must be callable")
    ours = handle if isinstance(handle, Handle) else Handle()
    owner = getattr(function, "__self__", None)
    if ours is not handle and isinstance(owner, threading.Thread):
        cast(Any, owner)._handle = ours  # Made before the simulation, with a handle for a real thread.
    _start(function, (), {}, awaited=not daemon, handle=ours)
    return ours


def _is_daemon(function: Any) -> bool:
    """Threads that are not started by `threading.Thread` are awaited by nobody."""
    owner = getattr(function, "__self__", None)
    return owner.daemon if isinstance(owner, threading.Thread) else True


def _start(
    function: Callable[..., object],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    awaited: bool,
    handle: Handle | None = None,
) -> SimThread:
    refuse_if_gone()
    process, engine = running_thread().process, running_engine()
    owner = getattr(function, "__self__", None)
    of_threading = isinstance(owner, threading.Thread)
    target = getattr(owner, "_target", None) or owner if of_threading else function
    name = owner.name if isinstance(owner, threading.Thread) else f"thread {len(process.threads)}"
    thread = process.thread(lambda: _run(function, args, kwargs), name=name)
    thread.daemon = not awaited
    if handle is not None:
        handle.bind(thread)
    expect_end(process)
    engine.emit("thread.start", name=name, target=_described(target))
    thread.on_exit.append(lambda: _tell_exit(thread))
    engine.start(thread)
    return thread


def _described(target: object) -> str:
    return getattr(target, "__qualname__", None) or type(target).__qualname__


def _tell_exit(thread: SimThread) -> None:
    running_engine().emit("thread.exit", name=thread.name)


def _run(function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """What the thread does; errors end here, as they do in C. `threading.Thread` has told its own before."""
    try:
        function(*args, **kwargs)
    except (SystemExit, GreenletExit):
        return
    except BaseException as error:
        tell_unraisable(function, error)


def set_sentinel() -> Any:
    """`_thread._set_sentinel`, up to 3.12: a lock that is released at the end of the current thread."""
    lock = _thread.allocate_lock()

    def release() -> None:
        if lock.locked():
            lock.release()

    running_thread().on_exit.append(release)
    return lock


def make_handle(ident: int) -> Handle:
    """`_thread._make_thread_handle` of 3.13, for threads that were not started by `threading`."""
    for thread in running_thread().process.threads:
        if thread.ident == ident:
            return handle_of(thread)
    raise RuntimeError(f"no thread has the ident {ident}")


def new_handle(*args: Any) -> Any:
    """`_thread._ThreadHandle()` for `threading` of 3.13."""
    return Handle() if here.process is not None else cast(Any, _thread)._ThreadHandle(*args)


# --- who am I -------------------------------------------------------------------------------------------


def main_ident() -> int:
    main = running_thread().process.main_thread
    assert main is not None, "a process has a main thread for as long as code of it runs"
    return main.ident


def native_id() -> int:
    thread = running_thread()
    return thread.process.pid if thread.is_main else thread.ident


def count() -> int:
    """`_thread._count`: threads besides the main one."""
    return sum(not thread.is_main for thread in running_thread().process.threads)


def interrupt_main(signum: int = signal.SIGINT, /) -> None:
    """Let the main thread handle a signal that nobody sent."""
    process = running_thread().process
    if not 1 <= signum < signal.NSIG:
        raise ValueError("signal number out of range")
    if callable(process.signal_handlers.get(signum, signal.SIG_DFL)):
        process.signal(signum)


def stack_size(size: int = 0, /) -> int:
    """Sim threads all have the stack they need; the number is kept for who asks."""
    if size < 0:
        raise ValueError("size must be 0 or a positive value")
    if 0 < size < _STACK_MIN:
        raise ValueError(f"size not valid: {size} bytes")
    shelf = running_thread().process.shelf
    before: int = shelf.get("stack_size", 0)
    shelf["stack_size"] = size
    return before


DOORS: Final[dict[str, Callable[..., Any]]] = {
    "start_new_thread": start_new_thread,
    "start_new": start_new_thread,
    "start_joinable_thread": start_joinable_thread,
    "_set_sentinel": set_sentinel,
    "_make_thread_handle": make_handle,
    "_get_main_thread_ident": main_ident,
    "get_native_id": native_id,
    "interrupt_main": interrupt_main,
    "stack_size": stack_size,
    "_count": count,
}


def _get_ident(real: Callable[[], int]) -> Callable[[], int]:
    """Kept short: `threading` asks for the ident all the time."""
    know_threads_by(real)

    def get_ident() -> int:
        thread = here.thread
        return real() if thread is None else thread.ident

    return get_ident


def install() -> None:
    """Redirect what `threading` is made of, and what it took from `_thread` as a name of its own."""
    for name, simulated in DOORS.items():
        builtin = getattr(_thread, name, None)
        if builtin is not None:
            redirect.inside(builtin, simulated)
    redirect.door(_thread.get_ident, _get_ident)
    if hasattr(threading, "_ThreadHandle"):
        cast(Any, threading)._ThreadHandle = new_handle
