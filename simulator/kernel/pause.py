"""A sleep in one hop: the timer of `asyncio.sleep` resumes its task itself.

Stock asyncio takes two: the timer completes a future, and a turn later the future resumes the task. Here the heap's
entry is what the task awaits, which saves a third of the time of a timer-bound run. The order stays that of stock
asyncio: sleepers that fall due together go on in the order of their timers either way, and where callbacks fall due
at the same nanosecond as well, the loop lets the sleepers take their second hop (`SimLoop._order_ties`).
"""

from asyncio import CancelledError, events, futures, tasks
from collections.abc import Callable, Iterator
from contextvars import Context
from heapq import heappush
from typing import Any, NoReturn

from simulator.kernel.entry import Entry
from simulator.kernel.state import here


class Pause(Entry, eq=False, weakref=True):
    """A heap entry that a task can await, in the way in which C tasks await what is not a plain future."""

    _asyncio_future_blocking: bool = True
    result: Callable[[], object] = tuple  # Asked by the task's wake-up; a C callable, to spare it a Python frame.
    _loop = vars(Entry)["owner"]  # What the task's step looks for; the same field under another name.

    def __await__(self) -> Iterator[Any]:
        return iter((self,))  # Yields itself to the task, once; a generator would cost twice as much.

    def add_done_callback(self, callback: Callable[..., object], *, context: Context | None = None) -> None:
        """What the task's step calls: from here on the timer runs."""
        engine = self.engine
        self.callback = callback
        self.context = context
        engine.seq = seq = engine.seq + 1
        heappush(engine.heap, (self.when_ns, seq, self))

    def cancel(self, msg: object = None) -> bool:  # type: ignore[override]
        """What `task.cancel()` calls while the task sleeps; once the timer is due it is too late, as for a future."""
        callback = self.callback
        if callback is None or self.when_ns <= self.engine.now_ns:
            return False
        self.callback = None
        self.engine.cancelled += 1
        error = CancelledError() if msg is None else CancelledError(msg)

        def raised() -> NoReturn:
            raise error

        self.result = raised
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
    thread = soundstage_here.thread  # type: ignore[name-defined]  # noqa: F821
    if thread is not None:
        loop = thread.loop
        if loop is not None:
            await loop.pause(delay)
            return result
    if delay != delay:
        raise ValueError("Invalid delay: NaN (not a number)")
    loop = events.get_running_loop()
    future = loop.create_future()
    timer = loop.call_later(delay, futures._set_result_unless_cancelled, future, result)  # type: ignore[attr-defined]
    try:
        return await future
    finally:
        timer.cancel()


def install() -> None:
    """Give `asyncio.sleep` the code above; whoever imported it early has the same function object."""
    assert {"events", "futures", "__sleep0"} <= vars(tasks).keys(), "asyncio.tasks is not as expected"
    vars(tasks)["soundstage_here"] = here
    tasks.sleep.__code__ = sleep.__code__
