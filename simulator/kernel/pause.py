"""A sleep in one hop: the timer of `asyncio.sleep` resumes its task itself.

Stock asyncio takes two: the timer completes a future, and a turn later the future resumes the task. Here the
heap's entry is what the task awaits. It saves a quarter of the time of a timer-bound run, and the
price is told in docs/decisions: among timers due at the same nanosecond, a sleeper goes on in the turn
in which its timer fires. On a real machine no two timers are due at the same nanosecond.
"""

from asyncio import CancelledError, events, futures, tasks
from collections.abc import Callable, Iterator
from contextvars import Context
from heapq import heappush
from typing import Any

from simulator.kernel.entry import TimerHandle


class Pause(TimerHandle, eq=False, weakref=True):
    """A heap entry that a task can await, in the way in which C tasks await what is not a plain future."""

    error: BaseException | None = None
    _loop: Any = None
    _asyncio_future_blocking: bool = True

    def __await__(self) -> Iterator[Any]:
        return iter((self,))  # Yields itself to the task, once; a generator would cost twice as much.

    def add_done_callback(self, callback: Callable[..., object], *, context: Context | None = None) -> None:
        """What the task's step calls: from here on the timer runs."""
        engine = self.engine
        self.callback, self.args, self.context = callback, (self,), context
        engine.seq = seq = engine.seq + 1
        heappush(engine.heap, (self.when_ns, seq, self))

    def result(self) -> None:
        """What the task's wake-up asks: nothing, or that it was cancelled."""
        self.callback, self.args = None, ()  # The entry would keep itself alive.
        if self.error is not None:
            raise self.error

    def cancel(self, msg: object = None) -> bool:  # type: ignore[override]
        """What `task.cancel()` calls while the task sleeps."""
        callback = self.callback
        if callback is None:
            return False
        self.callback = None
        self.engine.cancelled += 1
        self.error = CancelledError() if msg is None else CancelledError(msg)
        self._loop.call_soon(callback, self, context=self.context)
        return True

    def done(self) -> bool:
        return self.callback is None

    def __repr__(self) -> str:
        return f"<Pause until {self.when_ns / 1e9:.9g} s>"


async def sleep(delay: float, result: Any = None) -> Any:
    """`asyncio.sleep`, with the one hop where the loop offers it. Only the code object of this function is used."""
    if delay <= 0:
        await __sleep0()  # type: ignore[name-defined]  # noqa: F821
        return result
    if delay != delay:
        raise ValueError("Invalid delay: NaN (not a number)")
    loop = events.get_running_loop()
    pause = getattr(loop, "pause", None)
    if pause is not None:
        await pause(delay)
        return result
    future = loop.create_future()
    timer = loop.call_later(delay, futures._set_result_unless_cancelled, future, result)  # type: ignore[attr-defined]
    try:
        return await future
    finally:
        timer.cancel()


def install() -> None:
    """Give `asyncio.sleep` the code above; whoever imported it early has the same function object."""
    assert {"events", "futures", "__sleep0"} <= vars(tasks).keys(), "asyncio.tasks is not as expected"
    tasks.sleep.__code__ = sleep.__code__


