"""The event loop of simulated programs: asyncio's own contract over virtual time.

Ready callbacks run first in, first out, a turn at a time: what a turn makes ready waits for the next,
as asyncio documents and programs rely on. Timers never fire early. There is no selector: the world
appends what has happened to the loop's queue and wakes its thread.

`_turns` is the hot path of the whole simulator; it is kept in one function on purpose.
"""

import asyncio
import sys
from asyncio import events, tasks
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from heapq import heappop, heappush
from typing import Any

from greenlet import GreenletExit

from simulator.errors import Misuse
from simulator.kernel.engine import ARGS, CALLBACK, CAUSE, CONTEXT, OWNER, WHEN, Engine, Entry
from simulator.kernel.loop_io import LoopIO
from simulator.kernel.loop_system import LoopSystem
from simulator.kernel.ordered import OrderedWeakSet
from simulator.kernel.state import here
from simulator.kernel.threads import SimThread

_NS = 1_000_000_000
_NEVER_NS = 1 << 70  # Where infinite delays lie; any run ends before.


class SimHandle(Entry):
    """What `call_soon` gives: an entry of a loop's ready queue, and an asyncio handle to its user."""

    __slots__ = ()

    def cancel(self) -> None:
        if self[CALLBACK] is not None:
            self[CALLBACK] = None
            self[ARGS] = ()

    def get_context(self) -> Context:
        context: Context = self[CONTEXT]
        return context

    @property
    def _cancelled(self) -> bool:
        return self[CALLBACK] is None

    @property
    def _callback(self) -> Any:
        return self[CALLBACK]

    @property
    def _args(self) -> Any:
        return self[ARGS]

    def __repr__(self) -> str:
        name = type(self).__name__.replace("Sim", "")
        callback = self[CALLBACK]
        told = "cancelled" if callback is None else events._format_callback(callback, self[ARGS], {})  # type: ignore[attr-defined]
        return f"<{name} {told}>"

    # Handles are compared by identity, as asyncio's are; the heap compares entries before they are handed out.
    __hash__ = object.__hash__  # type: ignore[assignment]


class SimTimerHandle(SimHandle):
    """What `call_later` and `call_at` give."""

    __slots__ = ()

    def cancel(self) -> None:
        if self[CALLBACK] is not None:
            self[CALLBACK] = None
            self[ARGS] = ()
            self[OWNER].engine.cancelled += 1

    def when(self) -> float:
        when_ns: int = self[WHEN]
        return when_ns / _NS


class SimLoop(LoopSystem, LoopIO, asyncio.BaseEventLoop):
    """asyncio's event loop, driven by an `Engine`."""

    def __init__(self) -> None:
        engine, process = here.engine, here.process
        if engine is None or process is None:
            raise Misuse("a simulated event loop can only be made inside a simulated process")
        self.engine: Engine = engine
        self.process = process
        self.thread: SimThread | None = None
        self.idle = False  # Whether the thread is parked in wait of something ready.
        super().__init__()
        self._clock_resolution = 1e-9
        self._asyncgens = OrderedWeakSet()
        process.loops.append(self)

    # --- time -------------------------------------------------------------------------------------

    def time(self) -> float:
        return self.engine.now_ns / _NS

    # --- scheduling ---------------------------------------------------------------------------------

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        if self._closed:
            self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, "call_soon")
        handle = SimHandle(
            (0, 0, callback, args, copy_context() if context is None else context, self, self.engine.cause)
        )
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        self._check_closed()
        if self._debug:
            self._check_callback(callback, "call_soon_threadsafe")
        return self.post(callback, *args, context=context)

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Any:
        if delay is None:
            raise TypeError("delay must not be None")
        if self._closed:
            self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, "call_later")
        engine = self.engine
        return self._timer(engine, engine.now_ns + _nanoseconds(delay), callback, args, context)

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        if when is None:
            raise TypeError("when cannot be None")
        if self._closed:
            self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, "call_at")
        when_ns = _nanoseconds(when)
        if when_ns / _NS < when:  # A timer is never early, not even by the rounding of a float.
            when_ns += 1
        return self._timer(self.engine, when_ns, callback, args, context)

    def _timer(
        self,
        engine: Engine,
        when_ns: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> SimTimerHandle:
        engine.seq = seq = engine.seq + 1
        handle = SimTimerHandle(
            (when_ns, seq, callback, args, copy_context() if context is None else context, self, engine.cause)
        )
        heappush(engine.heap, handle)
        if engine.cancelled > 200:
            engine.compact()
        return handle

    # --- what the world and other threads call ------------------------------------------------------

    def post(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> SimHandle:
        """Run a callback on this loop's next turn, from wherever this is called."""
        handle = SimHandle(
            (0, 0, callback, args, copy_context() if context is None else context, self, self.engine.cause)
        )
        self._ready.append(handle)
        if self.idle:
            self._wake()
        return handle

    def post_at(
        self, when_ns: int, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> SimTimerHandle:
        """Run a callback on this loop at a virtual time."""
        return self._timer(self.engine, when_ns, callback, args, context)

    def receive(self, entry: Entry) -> None:
        """Take a due timer from the engine."""
        self._ready.append(entry)  # type: ignore[arg-type]
        if self.idle:
            self._wake()

    def _wake(self) -> None:
        assert self.thread is not None
        self.idle = False
        self.engine.wake(self.thread)

    def _write_to_self(self) -> None:
        if self.idle:
            self._wake()

    # --- running ------------------------------------------------------------------------------------

    def run_forever(self) -> None:
        thread = here.thread
        if self.process.gone or thread is None or here.process is not self.process:
            raise GreenletExit
        self._check_closed()
        self._check_running()  # type: ignore[attr-defined]
        old_hooks, old_loop = sys.get_asyncgen_hooks(), thread.loop
        self._set_coroutine_origin_tracking(self._debug)  # type: ignore[attr-defined]
        self._thread_id = thread.ident
        self.thread = thread
        thread.loop = self
        sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)  # type: ignore[attr-defined]
        events._set_running_loop(self)
        try:
            self._turns()
        finally:
            self._stopping = False
            self._thread_id = None
            self.thread, thread.loop, self.idle = None, old_loop, False
            events._set_running_loop(None)
            self._set_coroutine_origin_tracking(False)  # type: ignore[attr-defined]
            sys.set_asyncgen_hooks(*old_hooks)

    def _turns(self) -> None:
        """Run turn after turn until stopped."""
        engine, thread, process = self.engine, self.thread, self.process
        ready, runnable = self._ready, engine.runnable
        popleft = ready.popleft
        assert thread is not None
        while True:
            engine.turns += 1
            engine.turns_now = turns_now = engine.turns_now + 1
            if turns_now > engine.turns_now_max:
                engine.fail(engine.over_turn_limit(self, ready[0][CALLBACK] if ready else None))
                engine.leave_for_ever()
            if process.pending_signals and thread.is_main:
                process.deliver_signals()
            for _ in range(len(ready)):
                handle = popleft()
                callback = handle[CALLBACK]
                if callback is not None:
                    engine.cause = handle[CAUSE]
                    try:
                        handle[CONTEXT].run(callback, *handle[ARGS])
                    except (SystemExit, KeyboardInterrupt, GreenletExit):
                        raise
                    except BaseException as error:
                        self._blame(handle, error)
            if self._stopping:
                return
            if ready:
                if runnable:
                    engine.give_way()
            else:
                self._wait(engine, thread)

    def _wait(self, engine: Engine, thread: SimThread) -> None:
        """Nothing is ready: move the clock if nobody else can run, else let them."""
        ready, runnable, heap, process = self._ready, engine.runnable, engine.heap, self.process
        while not ready and not self._stopping:
            if runnable or engine.stopping or process.paused or not heap or heap[0][OWNER] is not self:
                self.idle = True
                engine.wait_for_work(thread)
                self.idle = False
                continue
            # The next thing to happen in the whole world is a timer of ours: take it without leaving.
            entry = heappop(heap)
            callback = entry[CALLBACK]
            if callback is None:
                engine.cancelled -= 1
                continue
            when = entry[WHEN]
            if when > engine.now_ns:
                if when > engine.time_max_ns:
                    engine.fail(engine.out_of_time())
                    engine.leave_for_ever()
                engine.now_ns = when
                engine.turns_now = 0
            ready.append(entry)  # type: ignore[arg-type]
            while heap and heap[0][WHEN] <= when:
                entry = heappop(heap)
                callback = entry[CALLBACK]
                if callback is None:
                    engine.cancelled -= 1
                elif entry[OWNER] is self:
                    ready.append(entry)  # type: ignore[arg-type]
                else:
                    engine.fire(entry)

    def _blame(self, handle: SimHandle, error: BaseException) -> None:
        """What asyncio does with an exception of a callback."""
        callback = events._format_callback_source(handle[CALLBACK], handle[ARGS])  # type: ignore[attr-defined]
        self.engine.emit("loop.exception", error=repr(error)[:500], callback=callback.partition(" at /")[0])
        message = f"Exception in callback {callback}"
        self.call_exception_handler({"message": message, "exception": error, "handle": handle})

    def _run_once(self) -> None:
        raise AssertionError("the simulated loop has turns of its own")

    def _timer_handle_cancelled(self, handle: object) -> None:
        """asyncio's bookkeeping of cancelled timers; ours is in the engine."""

    # --- tasks ----------------------------------------------------------------------------------------

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, Any], *, name: object = None, context: Context | None = None, **kwargs: Any
    ) -> Any:
        self._check_closed()
        if name is None:
            process = self.process
            process.tasks_made = number = process.tasks_made + 1
            name = f"Task-{number}"
        if self._task_factory is None and not kwargs:
            if context is None:
                task = tasks.Task(coro, loop=self, name=str(name))
            else:
                task = tasks.Task(coro, loop=self, name=str(name), context=context)
            if self._debug and task._source_traceback:  # type: ignore[attr-defined]
                del task._source_traceback[-1]  # type: ignore[attr-defined]
            return task
        return super().create_task(coro, name=name, context=context, **kwargs)

    def close(self) -> None:
        if self.is_running():
            raise RuntimeError("Cannot close a running event loop")
        if not self._closed:
            self.close_io()
            self.remove_signal_handlers()
            if self in self.process.loops:
                self.process.loops.remove(self)
        super().close()


def _nanoseconds(seconds: float) -> int:
    """Whole nanoseconds, nearest; infinite or absurd delays become a time that never comes."""
    try:
        return round(seconds * _NS)
    except (OverflowError, ValueError):
        if seconds != seconds:
            raise ValueError("a delay must not be NaN") from None
        return _NEVER_NS if seconds > 0 else 0


