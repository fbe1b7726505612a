"""How sim threads wait for locks: what one process knows of a lock, and who stands in line for it.

The state of a lock inside a simulated process lies in the process (`Process.locks`), not in the lock:

- a module-level lock is one object for all the hosts of a world, but real processes share no locks;
- a lock that was held at a power cut is free in the program's next life, and after the run;
- a lock that was taken before the simulation (at import) is taken in every process until one there releases it.

Rules. A free lock goes to whoever asks first, even if another was woken for it already: real locks are like
that, and a thread that releases and takes again at once keeps it. So that nobody starves (which a real
machine's jitter prevents), the first in line is handed a lock that passed it by too often. Who waits keeps
the place in line until it has the lock or gives up.
"""

from collections import deque
from typing import TYPE_CHECKING, Final

from simulator.kernel.callsite import where
from simulator.kernel.state import running_engine, running_thread

if TYPE_CHECKING:
    from simulator.kernel.engine import Engine
    from simulator.kernel.process import Process
    from simulator.kernel.threads import SimThread

NEVER_S: Final = 1e9  # A timeout of thirty years (`threading.TIMEOUT_MAX` is ten times that) is none.
_PASSED_BY_MAX: Final = 10  # How often the first in line may lose a lock to a thread that did not wait.
_TRIES_CHECKED: Final = 500  # After so many attempts in vain it is asked whether they were all made in one step.
_TRIES_COST_NS: Final = 100_000  # What they cost then: a busy wait on a machine would make about as many.


class Hold:
    """A lock as one process sees it: how often it is held, by whom, and who waits for it."""

    __slots__ = ("count", "heir", "lock", "owner", "passed_by", "waiters")

    def __init__(self, lock: object, owner: "SimThread | None", count: int = 1) -> None:
        self.lock = lock  # Kept, so that its id stays its own.
        self.owner = owner  # Only where the kind of lock has one.
        self.count = count  # How often it was taken; zero is free.
        self.heir: SimThread | None = None  # Whom it was handed to, until that thread runs.
        self.passed_by = 0
        self.waiters: deque[SimThread] | None = None

    def take(self, owner: "SimThread | None") -> None:
        """Take the free lock without waiting; the first in line may have been woken for it in vain."""
        assert self.count == 0, "a held lock cannot be taken"
        self.owner, self.count = owner, 1
        if self.waiters:
            self.passed_by += 1

    def release(self, engine: "Engine") -> None:
        """Make it free and wake the first in line, who owns it at once if it was passed by too often."""
        self.owner, self.count = None, 0
        if not self.waiters:
            return
        first = self.waiters[0]
        if self.passed_by >= _PASSED_BY_MAX:
            self.passed_by, self.count, self.heir = 0, 1, first
        engine.wake(first)

    def wait(self, owner: "SimThread | None", timeout_ns: int | None) -> bool:
        """Stand in line until the lock is the current thread's; False when the time is over first."""
        engine, thread = running_engine(), running_thread()
        started_ns = engine.now_ns
        waiters = self.waiters = deque() if self.waiters is None else self.waiters
        waiters.append(thread)
        try:
            while True:
                left_ns = None if timeout_ns is None else started_ns + timeout_ns - engine.now_ns
                if left_ns is not None and left_ns <= 0:
                    return False
                engine.park("waits for a lock", timeout_ns=left_ns)
                if self.heir is thread or self.count == 0:
                    self.owner, self.count, self.heir, self.passed_by = owner, 1, None, 0
                    return True
        finally:
            self._leave(waiters, thread, engine)
            tell_blocked("lock.acquire", started_ns)

    def _leave(self, waiters: "deque[SimThread]", thread: "SimThread", engine: "Engine") -> None:
        """Step out of the line; what a thread that gives up was handed or woken for goes to the next."""
        waiters.remove(thread)
        if self.heir is thread:
            self.heir = None
            self.release(engine)
        elif self.count == 0 and waiters:
            engine.wake(waiters[0])


def tell_blocked(call: str, started_ns: int) -> None:
    """Record that a call held up the event loop of the current thread, if there is one and time went by."""
    engine, thread = running_engine(), running_thread()
    if engine.now_ns > started_ns and thread.loop is not None and not thread.process.gone:
        engine.emit("loop.blocked", duration_ns=engine.now_ns - started_ns, call=call, where=where())


def charge_try(process: "Process") -> None:
    """Count an attempt in vain: a step that does nothing else is a busy wait, and time must pass for it."""
    shelf = process.shelf
    shelf["tries"] = tries = shelf.get("tries", 0) + 1
    if tries % _TRIES_CHECKED == 0:
        _charge(process)


def _charge(process: "Process") -> None:
    engine, shelf = process.engine, process.shelf
    step = (engine.turns, engine.now_ns)
    if shelf.get("tries_step") == step:
        engine.park("busy wait on a lock or a queue", timeout_ns=_TRIES_COST_NS)
    shelf["tries_step"] = (engine.turns, engine.now_ns)
