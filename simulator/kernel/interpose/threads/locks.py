"""`_thread.lock`, which is `threading.Lock` and the ground of conditions, events, semaphores and queues.

The methods of the C type are replaced, so locks of every origin and age are simulated. Methods that were
bound before that (`Condition` keeps `lock.acquire`) are C functions of their own and are redirected one by
one. What is not contended is a dictionary entry and no more: `Process.locks[address(lock)]` is the lock itself.
"""

import _thread
import gc
from collections.abc import Callable
from types import BuiltinMethodType
from typing import TYPE_CHECKING, Any, Final

from simulator.kernel.hashes import address
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.threads.waiting import NEVER_S, Hold, charge_try
from simulator.kernel.state import here, is_crowded

if TYPE_CHECKING:
    from simulator.kernel.process import Process

_NS: Final = 1_000_000_000
_STRANGER_S: Final = 0.05  # Real time, and long for holding such a lock.
_entries: Final = redirect.type_dict(_thread.LockType)
_acquire: Final[Callable[..., bool]] = _entries["acquire"]
_release: Final[Callable[..., None]] = _entries["release"]
_locked: Final[Callable[..., bool]] = _entries["locked"]
_reinit: Final[Callable[..., None]] = _entries["_at_fork_reinit"]
_probe: Final = _thread.allocate_lock()
"""Always free; attempted with a program's arguments, it raises what the real lock would."""


def acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
    """Take the lock, if need be after waiting for it."""
    process = here.process
    if process is None:
        return _acquire(self, blocking, timeout)
    locks, key = process.locks, address(self)
    if timeout == -1 and key not in locks and not _locked(self):
        locks[key] = self
        return True
    if not blocking and timeout == -1 and locks.get(key) is self:  # How conditions ask whether they own it.
        charge_try(process)
        return False
    return _contend(process, self, blocking, timeout)


def enter(self: Any) -> bool:
    process = here.process
    if process is None:
        return _acquire(self)
    locks, key = process.locks, address(self)
    if key not in locks and not _locked(self):
        locks[key] = self
        return True
    return _contend(process, self, True, -1)


def release(self: Any) -> None:
    process = here.process
    if process is None:
        _release_anywhere(self)
    else:
        locks, key = process.locks, address(self)
        if locks.get(key) is self:
            del locks[key]
        else:
            _release_contended(process, self)


def leave(self: Any, kind: object = None, error: object = None, traceback: object = None) -> None:
    release(self)


def locked(self: Any) -> bool:
    process = here.process
    if process is None:
        return _locked(self)
    hold = process.locks.get(address(self))
    return _locked(self) if hold is None else hold is self or hold.count > 0


def at_fork_reinit(self: Any) -> None:
    process = here.process
    if process is None:
        _reinit(self)
    elif locked(self):
        release(self)


def timeout_ns(blocking: bool, timeout: float) -> int | None:
    """The arguments of `acquire` as nanoseconds, None for ever; wrong ones raise what the real lock raises."""
    if timeout != -1:
        _acquire(_probe, blocking, timeout)
        _release(_probe)
    if not blocking:
        return 0
    return None if timeout == -1 or timeout >= NEVER_S else round(timeout * _NS)


def _contend(process: "Process", lock: Any, blocking: bool, timeout: float) -> bool:
    """Take a lock that is held, or waited for, or was taken at import, or is asked for with a timeout."""
    wait_ns = timeout_ns(blocking, timeout)
    locks, key = process.locks, address(lock)
    hold = locks.get(key)
    if hold is None and (not _locked(lock) or _stranger_lets_go(lock)):
        locks[key] = lock
        return True
    if type(hold) is Hold and hold.count == 0:
        hold.take(None)
        return True
    if wait_ns is not None and wait_ns <= 0:
        charge_try(process)
        return False
    if type(hold) is not Hold:
        hold = locks[key] = Hold(lock, None)
    try:
        return hold.wait(None, wait_ns)
    finally:
        _settle(process, hold)


def _stranger_lets_go(lock: Any) -> bool:
    """Wait a moment for an OS thread that is no part of the run: one may hold a lock of `threading` or `logging`."""
    if not is_crowded() or not _acquire(lock, True, _STRANGER_S):
        return False
    _release(lock)
    return True


def _release_contended(process: "Process", lock: Any) -> None:
    hold = process.locks.get(address(lock))
    if hold is None and _locked(lock):  # Taken at import: from now on free in this process.
        process.locks[address(lock)] = Hold(lock, None, 0)
    elif type(hold) is Hold and hold.count > 0:
        hold.release(process.engine)
        _settle(process, hold)
    else:
        _release_anywhere(lock)


def _release_anywhere(lock: Any) -> None:
    """Release a lock that nobody holds here: another process does, or it is the program's mistake."""
    engine = here.engine
    if engine is not None:
        for process in engine.processes:
            hold = process.locks.get(address(lock))
            if hold is lock:
                del process.locks[address(lock)]
                return
            if type(hold) is Hold and hold.lock is lock and hold.count > 0:
                hold.release(engine)
                _settle(process, hold)
                return
    _release(_probe if here.process is not None else lock)


def _settle(process: "Process", hold: Hold) -> None:
    """Go back to the plain entry, or to none, when nobody waits any more; what import took stays told apart."""
    if not hold.waiters and not _locked(hold.lock):
        if hold.count:
            process.locks[address(hold.lock)] = hold.lock
        else:
            process.locks.pop(address(hold.lock), None)


REPLACEMENTS: Final[dict[str, Callable[..., Any]]] = {
    "acquire": acquire,
    "acquire_lock": acquire,
    "release": release,
    "release_lock": release,
    "locked": locked,
    "locked_lock": locked,
    "__enter__": enter,
    "__exit__": leave,
    "_at_fork_reinit": at_fork_reinit,
}


def install() -> None:
    """Replace the methods of the type, and those that were bound to locks before."""
    replace_methods(_thread.LockType, REPLACEMENTS)


def replace_methods(owner: type, replacements: dict[str, Callable[..., Any]]) -> None:
    """Put replacements into a C type and in the place of the methods that are bound to its instances already."""
    methods: list[Any] = [held for held in gc.get_objects() if isinstance(held, BuiltinMethodType)]
    for held in methods:
        replacement = replacements.get(held.__name__)
        if type(held.__self__) is owner and replacement is not None:
            redirect.redirect(held, replacement.__get__(held.__self__))
    for name, replacement in replacements.items():
        if name in redirect.type_dict(owner):
            redirect.method(owner, name, replacement)
