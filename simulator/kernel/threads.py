"""Sim threads: greenlets that stand for the threads of simulated programs, and how they wait.

All of them share one OS thread. Exactly one runs at a time, and only a blocking call (or the end of a
loop's turn) hands over to another, so what a program may observe depends on nothing but its own acts
and the engine's order.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from greenlet import greenlet

from simulator.kernel.hashes import hash_of_address
from simulator.kernel.locals import NOTHING, Saved
from simulator.kernel.state import here, running_engine, running_thread

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from simulator.kernel.engine import Engine
    from simulator.kernel.entry import Entry
    from simulator.kernel.process import Process


class SimThread:
    """One thread of one process: a greenlet, what it waits for, and its thread-local data."""

    __slots__ = (
        "asyncgen_hooks",
        "cause",
        "daemon",
        "greenlet",
        "ident",
        "is_main",
        "locals",
        "loop",
        "name",
        "on_exit",
        "process",
        "queued",
        "running_loop",
        "state",
        "timer",
        "why",
    )

    __hash__ = hash_of_address

    def __init__(self, engine: "Engine", process: "Process", target: Callable[[], object], *, name: str) -> None:
        self.process = process
        self.name = name
        self.ident = engine.next_ident()
        self.greenlet: Any = greenlet(lambda: engine.body(self, target), parent=engine.hub)
        self.daemon = False
        self.is_main = False
        self.queued = False  # Whether it stands in the engine's queue of runnable threads.
        self.state = "new"  # new, running, parked, done, gone (its process was cut)
        self.why = "not started"
        self.cause: int | None = None  # The event that made it runnable.
        self.timer: Entry | None = None
        self.locals: Saved = NOTHING
        self.loop: AbstractEventLoop | None = None  # The loop whose run_forever this thread is in.
        self.running_loop: AbstractEventLoop | None = None  # What get_running_loop answers here.
        self.asyncgen_hooks: tuple[Any, Any] = (None, None)
        self.on_exit: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<thread {self.name} of {self.process.name} {self.state}: {self.why}>"


class WaitQueue:
    """Threads that wait for one condition, woken in the order in which they came."""

    __slots__ = ("_threads",)

    def __init__(self) -> None:
        self._threads: deque[SimThread] = deque()

    def __len__(self) -> int:
        return len(self._threads)

    def wait(self, why: str, timeout_ns: int | None = None) -> bool:
        """Park the current thread until it is woken; False when the time is over first."""
        engine, thread = running_engine(), running_thread()
        if timeout_ns is not None and timeout_ns <= 0:
            engine.give_way()
            return False
        until_ns = None if timeout_ns is None else engine.now_ns + timeout_ns
        self._threads.append(thread)
        try:
            while thread in self._threads:
                # Woken by a signal, it goes on waiting, as system calls do that are begun again (PEP 475).
                left_ns = None if until_ns is None else until_ns - engine.now_ns
                if left_ns is not None and left_ns <= 0:
                    return False
                engine.park(why, timeout_ns=left_ns)
            return True
        finally:
            if thread in self._threads:
                self._threads.remove(thread)

    def wake_one(self) -> bool:
        """Wake who came first; False when nobody waits."""
        engine = here.engine
        while self._threads and engine is not None:
            thread = self._threads.popleft()
            if thread.state != "gone":  # It may be running a signal handler, and finds itself woken afterwards.
                engine.wake(thread)
                return True
        return False

    def wake_all(self) -> None:
        while self.wake_one():
            pass


def refuse_if_gone() -> None:
    """Stop code of a process that was cut: whatever still runs of it may reach nothing."""
    process = here.process
    if process is not None and process.gone:
        process.engine.bar()
