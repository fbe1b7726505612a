"""Thread handles: what `threading.Thread.join` waits on from Python 3.13, for sim threads.

The life of one: not started, running, done.
"""

from typing import Final

from simulator.kernel.interpose.threads.waiting import NEVER_S, tell_blocked
from simulator.kernel.state import here
from simulator.kernel.threads import SimThread, WaitQueue

_NS: Final = 1_000_000_000


class Handle:
    """The life of one sim thread, as `_thread._ThreadHandle` shows that of a real one."""

    def __init__(self) -> None:
        self._thread: SimThread | None = None
        self._done = False
        self._joiners = WaitQueue()

    @property
    def ident(self) -> int:
        return self._thread.ident if self._thread is not None else 0

    def __repr__(self) -> str:
        return f"<_ThreadHandle object: ident={self.ident}>"

    def bind(self, thread: SimThread) -> None:
        """Follow the life of a thread."""
        if self._thread is not None:
            raise RuntimeError("thread already started")
        self._thread = thread
        thread.on_exit.append(self._set_done)

    def is_done(self) -> bool:
        return self._done

    def _set_done(self) -> None:
        if self._thread is None:
            raise RuntimeError("thread not started")
        self._done = True
        self._joiners.wake_all()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread; a negative timeout is none."""
        if self._thread is None:
            raise RuntimeError("thread not started")
        if self._thread is here.thread:
            raise RuntimeError("Cannot join current thread")
        engine = here.engine
        if engine is None:  # The interpreter ends, long after the run and all its threads.
            return
        started_ns = engine.now_ns
        endless = timeout is None or timeout < 0 or timeout >= NEVER_S
        until_ns = None if timeout is None or endless else started_ns + round(timeout * _NS)
        try:
            while not self._done:
                left_ns = None if until_ns is None else until_ns - engine.now_ns
                if left_ns is not None and left_ns <= 0:
                    return
                self._joiners.wait("joins a thread", left_ns)
        finally:
            tell_blocked("thread.join", started_ns)


def handle_of(thread: SimThread) -> Handle:
    """A handle of a thread that runs already."""
    handle = Handle()
    handle.bind(thread)
    return handle
