"""`_thread.RLock`, which is `threading.RLock`: owned by a sim thread and counted, in the process that holds it.

The C type knows its owner by the OS thread, of which there is one for all sim threads, so inside a
simulated process the real object is never touched.
"""

import _thread
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from simulator.kernel.hashes import address
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.threads.locks import replace_methods, timeout_ns
from simulator.kernel.interpose.threads.waiting import Hold, charge_try
from simulator.kernel.state import here

if TYPE_CHECKING:
    from simulator.kernel.process import Process

_entries: Final = redirect.type_dict(_thread.RLock)
_real: Final[dict[str, Callable[..., Any]]] = {
    name: _entries[name]
    for name in ("acquire", "release", "_is_owned", "_acquire_restore", "_release_save", "_recursion_count")
    if name in _entries  # The last is newer than Python 3.11.2, which Debian 12 has.
}
_real_reinit: Final[Callable[..., None]] = _entries["_at_fork_reinit"]
_real_acquire, _real_release = _real["acquire"], _real["release"]


def acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
    """Take the lock once more, or for the first time after waiting for it if need be."""
    process = here.process
    if process is None:
        taken: bool = _real_acquire(self, blocking, timeout)
        return taken
    if timeout == -1:
        hold = process.locks.get(address(self))
        if hold is None:
            process.locks[address(self)] = Hold(self, here.thread)
            return True
        if hold.owner is here.thread:
            hold.count += 1
            return True
    return _contend(process, self, blocking, timeout)


def enter(self: Any) -> bool:
    return acquire(self)


def release(self: Any) -> None:
    process = here.process
    if process is None:
        _real_release(self)
        return
    hold = process.locks.get(address(self))
    if hold is None or hold.owner is not here.thread:
        raise RuntimeError("cannot release un-acquired lock")
    if hold.count > 1:
        hold.count -= 1
    elif hold.waiters:
        hold.release(process.engine)
    else:
        del process.locks[address(self)]


def leave(self: Any, kind: object = None, error: object = None, traceback: object = None) -> None:
    release(self)


def is_owned(self: Any) -> bool:
    process = here.process
    if process is None:
        owned: bool = _real["_is_owned"](self)
        return owned
    hold = process.locks.get(address(self))
    return hold is not None and hold.owner is here.thread


def recursion_count(self: Any) -> int:
    process = here.process
    if process is None:
        count: int = _real["_recursion_count"](self)
        return count
    return process.locks[address(self)].count if is_owned(self) else 0


def release_save(self: Any) -> Any:
    """Release it however often it was taken; for `Condition.wait`."""
    process, thread = here.process, here.thread
    if process is None or thread is None:
        return _real["_release_save"](self)
    count = recursion_count(self)
    if count:
        process.locks[address(self)].count = 1
    release(self)
    return count, thread.ident


def acquire_restore(self: Any, state: Any) -> None:
    process = here.process
    if process is None:
        _real["_acquire_restore"](self, state)
        return
    acquire(self)
    process.locks[address(self)].count = state[0]


def at_fork_reinit(self: Any) -> None:
    process = here.process
    if process is None:
        _real_reinit(self)
    else:
        process.locks.pop(address(self), None)


def _contend(process: "Process", lock: Any, blocking: bool, timeout: float) -> bool:
    """Take a lock that another thread holds or waits for, or that is asked for with a timeout."""
    wait_ns, thread = timeout_ns(blocking, timeout), here.thread
    hold = process.locks.get(address(lock))
    if hold is None:
        process.locks[address(lock)] = Hold(lock, thread)
    elif hold.owner is thread and thread is not None:
        hold.count += 1
    elif hold.count == 0:
        hold.take(thread)
    elif wait_ns is not None and wait_ns <= 0:
        charge_try(process)
        return False
    else:
        try:
            return bool(hold.wait(thread, wait_ns))
        finally:
            if hold.count == 0 and not hold.waiters:
                process.locks.pop(address(lock), None)
    return True


REPLACEMENTS: Final[dict[str, Callable[..., Any]]] = {
    "acquire": acquire,
    "release": release,
    "__enter__": enter,
    "__exit__": leave,
    "_is_owned": is_owned,
    "_recursion_count": recursion_count,
    "_release_save": release_save,
    "_acquire_restore": acquire_restore,
    "_at_fork_reinit": at_fork_reinit,
}


def install() -> None:
    """Replace the methods of the type, and those that were bound to locks before."""
    replace_methods(_thread.RLock, REPLACEMENTS)
