"""`_queue.SimpleQueue`, which is `queue.SimpleQueue` and what thread pools hand out work by.

Items stay in the real queue, which is never empty when it is asked; only the wait for an item is
simulated. `queue.Queue` is Python over locks and needs nothing.
"""

import _queue
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from simulator.kernel.hashes import address
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.threads.locks import replace_methods
from simulator.kernel.interpose.threads.waiting import NEVER_S, charge_try, tell_blocked
from simulator.kernel.state import here, running_engine, running_thread
from simulator.kernel.threads import SimThread

_NS: Final = 1_000_000_000
_entries: Final = redirect.type_dict(_queue.SimpleQueue)
_put: Final[Callable[..., None]] = _entries["put"]
_get: Final[Callable[..., Any]] = _entries["get"]
_size: Final[Callable[..., int]] = _entries["qsize"]
_probe: Final[Any] = _queue.SimpleQueue()
"""Given an item and asked for it with a program's arguments, it raises what a real queue would."""

_waiting: Final[dict[int, deque[SimThread]]] = {}
"""Who waits for an item, by the id of a queue that the waiting calls keep alive."""


def put(self: Any, item: object, block: bool = True, timeout: float | None = None) -> None:
    """Add an item, which never blocks, and wake who waited longest."""
    _put(self, item)
    if _waiting:
        _wake(self)


def put_nowait(self: Any, item: object) -> None:
    put(self, item)


def get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
    """Take the oldest item, if need be after waiting for one."""
    process = here.process
    if process is None:
        return _get(self, block, timeout)
    if _size(self):
        return _get(self, block, timeout)
    wait_ns = _timeout_ns(block, timeout)
    if wait_ns is not None and wait_ns <= 0:
        charge_try(process)
        return _get(self, False)
    return _wait(self, wait_ns)


def get_nowait(self: Any) -> Any:
    return get(self, False)


def _timeout_ns(block: bool, timeout: float | None) -> int | None:
    """The arguments of `get` as nanoseconds, None for ever; wrong ones raise what the real queue raises."""
    if not block:
        return 0
    if timeout is None:
        return None
    _put(_probe, None)
    try:
        _get(_probe, True, timeout)
    except BaseException:
        _get(_probe)
        raise
    return None if timeout >= NEVER_S else round(timeout * _NS)


def _wait(queue: Any, timeout_ns: int | None) -> Any:
    """Stand in line for an item; who gives up wakes the next, whom the item may have been for."""
    engine, thread, started_ns = running_engine(), running_thread(), running_engine().now_ns
    waiters = _waiting.setdefault(address(queue), deque())
    waiters.append(thread)
    try:
        while not _size(queue):
            left_ns = None if timeout_ns is None else started_ns + timeout_ns - engine.now_ns
            if left_ns is not None and left_ns <= 0:
                break
            engine.park("waits for an item of a queue", timeout_ns=left_ns)
        return _get(queue, False)
    finally:
        if thread in waiters:  # A process that is gone is dropped from the line by whoever wakes.
            waiters.remove(thread)
        if not waiters:
            _waiting.pop(address(queue), None)
        elif _size(queue):
            _wake(queue)
        tell_blocked("queue.get", started_ns)


def _wake(queue: Any) -> None:
    engine, waiters = here.engine, _waiting.get(address(queue))
    if engine is None or waiters is None:
        return
    while waiters and waiters[0].state == "gone":
        waiters.popleft()
    if waiters:
        engine.wake(waiters[0])


REPLACEMENTS: Final[dict[str, Callable[..., Any]]] = {
    "put": put,
    "put_nowait": put_nowait,
    "get": get,
    "get_nowait": get_nowait,
}


def install() -> None:
    """Replace the methods of the type, and those that were bound to queues before."""
    replace_methods(_queue.SimpleQueue, REPLACEMENTS)
