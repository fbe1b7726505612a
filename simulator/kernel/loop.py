"""The event loop of simulated programs: asyncio's own contract over virtual time.

Ready callbacks run first in, first out, a turn at a time: what a turn makes ready waits for the next,
as asyncio documents and programs rely on. Timers never fire early. There is no selector: the world
appends what has happened to the loop's queue and wakes its thread.

`_turns` is the hot path of the whole simulator; it is kept in one function on purpose.
"""

import asyncio
import sys
from asyncio import base_events, events, format_helpers, tasks
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from functools import partial
from heapq import heappop, heappush
from typing import Any, TypeVarTuple

from greenlet import GreenletExit

from simulator.errors import Misuse
from simulator.kernel import importing
from simulator.kernel.callsite import raised_at
from simulator.kernel.engine import Engine
from simulator.kernel.entry import Entry, Handle, TimerHandle, TracedHandle, TracedTimerHandle, source_of
from simulator.kernel.loop_io import LoopIO
from simulator.kernel.loop_system import LoopSystem
from simulator.kernel.ordered import OrderedWeakSet
from simulator.kernel.pause import Pause
from simulator.kernel.state import here
from simulator.kernel.threads import SimThread

Ts = TypeVarTuple("Ts")
_NS = 1_000_000_000
_TOLD_MAX = 500  # Characters of an error in an event.
_SWEEP_MIN = 200  # Cancelled timers before it is worth asking the engine to sweep them.
_NEVER_NS = 1 << 70  # Where infinite delays lie; any run ends before.


class SimLoop(LoopSystem, LoopIO, asyncio.BaseEventLoop):
    """asyncio's event loop, driven by an `Engine`."""

    stands_for: type = asyncio.SelectorEventLoop

    def __init__(self) -> None:
        engine, process = here.engine, here.process
        if engine is None or process is None:
            raise Misuse("a simulated event loop can only be made inside a simulated process")
        self.engine: Engine = engine
        self.process = process
        self.thread: SimThread | None = None
        self._thread_id: int | None = None
        self.idle = False  # Whether the thread is parked in wait of something ready.
        super().__init__()
        self._clock_resolution = 1e-9
        self._asyncgens = OrderedWeakSet()
        self.create_future = partial(asyncio.Future, loop=self)
        process.loops.append(self)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        # To `isinstance` and in a `repr` it is what programs have asked for.
        return self.stands_for

    # --- time -------------------------------------------------------------------------------------

    def time(self) -> float:
        return self.engine.now_ns / _NS

    # --- scheduling ---------------------------------------------------------------------------------

    def call_soon(self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> Any:
        if self._closed or self._debug:
            self._verify(callback, "call_soon")
            if self._debug:
                return self._traced(callback, args, context)
        handle = Handle(callback, args, copy_context() if context is None else context, self, self.engine.cause)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> Any:
        self._check_closed()
        if self._debug:
            self._check_callback(callback, "call_soon_threadsafe")
            return self._traced(callback, args, context)
        return self.post(callback, *args, context=context)

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> Any:
        if delay is None:
            raise TypeError("delay must not be None")
        if self._closed or self._debug:
            self._verify(callback, "call_later")
        try:
            when_ns = self.engine.now_ns + round(delay * _NS)
        except (OverflowError, ValueError):
            when_ns = _absurd_ns(delay)
        return self._timer(when_ns, callback, args, context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> Any:
        if when is None:
            raise TypeError("when cannot be None")
        if self._closed or self._debug:
            self._verify(callback, "call_at")
        try:
            when_ns = round(when * _NS)
        except (OverflowError, ValueError):
            when_ns = _absurd_ns(when)
        if when_ns / _NS < when:  # A timer is never early, not even by the rounding of a float.
            when_ns += 1
        return self._timer(when_ns, callback, args, context)

    def _timer(
        self, when_ns: int, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> TimerHandle:
        engine = self.engine
        engine.seq = seq = engine.seq + 1
        kind = TracedTimerHandle if self._debug else TimerHandle
        within = copy_context() if context is None else context
        handle = kind(callback, args, within, self, engine.cause, engine, when_ns)
        if self._debug:
            handle._source_traceback = format_helpers.extract_stack(sys._getframe(2))  # type: ignore[attr-defined]
        heappush(engine.heap, (when_ns, seq, handle))
        if engine.cancelled > _SWEEP_MIN:
            engine.compact()
        return handle

    def pause(self, delay: float) -> Pause:
        """What `asyncio.sleep` awaits here."""
        engine = self.engine
        try:
            when_ns = engine.now_ns + round(delay * _NS)
        except OverflowError:
            when_ns = _NEVER_NS
        except ValueError:
            raise ValueError("Invalid delay: NaN (not a number)") from None
        return Pause(None, (), None, self, engine.cause, engine, when_ns)

    def _verify(self, callback: object, method: str) -> None:
        """The checks of asyncio's debug mode, and that the loop is not closed."""
        self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, method)

    def _traced(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None) -> TracedHandle:
        """Queue a callback in debug mode: with the place where it was made."""
        handle = TracedHandle(callback, args, copy_context() if context is None else context, self, self.engine.cause)
        handle._source_traceback = format_helpers.extract_stack(sys._getframe(2))
        self.enqueue(handle)
        return handle

    # --- what the world and other threads call ------------------------------------------------------

    def post(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Handle:
        """Run a callback on this loop's next turn, from wherever this is called."""
        handle = Handle(callback, args, copy_context() if context is None else context, self, self.engine.cause)
        self._ready.append(handle)
        if self.idle:
            self._wake()
        return handle

    def post_at(
        self, when_ns: int, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        """Run a callback on this loop at a virtual time."""
        return self._timer(when_ns, callback, args, context)

    def receive(self, entry: Entry) -> None:
        """Take a due timer from the engine."""
        self._ready.append(entry)
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
        self._check_running()
        old_hooks, old_loop, imports = sys.get_asyncgen_hooks(), thread.loop, importing.act()
        self._set_coroutine_origin_tracking(self._debug)
        self._thread_id = thread.ident
        self.thread = thread
        thread.loop = self
        sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)
        events._set_running_loop(self)
        try:
            self._turns()
        finally:
            importing.end(imports)
            self._stopping = False
            self._thread_id = None
            self.thread, thread.loop, self.idle = None, old_loop, False
            events._set_running_loop(None)
            self._set_coroutine_origin_tracking(False)
            sys.set_asyncgen_hooks(*old_hooks)

    def _turns(self) -> None:
        """Run turn after turn until stopped."""
        engine, thread, process = self.engine, self.thread, self.process
        ready, runnable, heap, popleft = self._ready, engine.runnable, engine.heap, self._ready.popleft
        handle: Any
        assert thread is not None
        while True:
            engine.turns = turns = engine.turns + 1
            if ready and heap and heap[0][0] <= engine.now_ns:
                before = len(ready)
                engine.fire_due(engine.now_ns)  # What is due by now joins this turn, behind what is ready.
                self._order_ties(before)
            if turns > engine.turns_until or process.pending_signals or engine.reorder is not None:
                self._heed(engine, thread)
            if ready:
                if self._debug:
                    for _ in range(len(ready)):
                        self._run_watched(popleft())
                else:
                    for _ in range(len(ready)):
                        handle = popleft()
                        callback = handle.callback
                        if callback is not None:
                            engine.cause = handle.cause
                            try:
                                if handle.__class__ is Pause:
                                    handle.context.run(callback, handle)
                                elif not (args := handle.args):
                                    handle.context.run(callback)
                                elif len(args) == 1:
                                    handle.context.run(callback, args[0])
                                else:
                                    handle.context.run(callback, *args)
                            except (SystemExit, KeyboardInterrupt, GreenletExit):
                                raise
                            except BaseException as error:
                                self._blame(handle, error)
            # What was called may end now, not when the next turn comes; an error's traceback holds this frame.
            handle = callback = args = None
            if self._stopping:
                return
            if ready:
                if runnable:
                    engine.give_way()
            elif heap and not runnable and heap[0][2].owner is self and not engine.stopping and not process.paused:
                # The next thing to happen in the whole world is a timer of ours: take it without leaving.
                when_ns, _, handle = heappop(heap)
                callback = handle.callback
                if callback is None:
                    engine.cancelled -= 1
                    continue
                if when_ns > engine.now_ns:
                    if when_ns > engine.time_max_ns:
                        engine.out_of_time()
                    engine.now_ns = when_ns
                    engine.instant_turn = turns
                if heap and heap[0][0] <= when_ns:
                    ready.append(handle)
                    engine.fire_due(when_ns)
                    self._order_ties()
                elif handle.__class__ is Pause and not self._debug:
                    # A lone sleeper: its task's wake-up never raises, and nobody else is in this turn.
                    engine.cause = handle.cause
                    handle.context.run(callback, handle)
                    if self._stopping:
                        return  # type: ignore[unreachable]  # Its task may have stopped the loop.
                else:
                    ready.append(handle)
            else:
                self._wait(engine, thread)

    def _heed(self, engine: Engine, thread: SimThread) -> None:
        """What is seldom the case at the start of a turn: limits, signals, an adversarial order."""
        ready: Any = self._ready
        if engine.turns > engine.turns_until:
            engine.turns_are_up(self, ready[0].callback if ready else None)
        if self.process.pending_signals and thread.is_main:
            self.process.deliver_signals()
        if engine.reorder is not None:
            engine.reorder(ready)

    def _wait(self, engine: Engine, thread: SimThread) -> None:
        """Nothing is ready and the next event is not ours alone: let the world go on until something is ready."""
        ready, process = self._ready, self.process
        while not ready and not self._stopping and not process.pending_signals:
            self.idle = True
            engine.wait_for_work(thread)
            self.idle = False
        self._order_ties()

    def _order_ties(self, before: int = 0) -> None:
        """Sleepers go on a turn after what is due with them, as on stock asyncio; those there `before` have done so."""
        ready = self._ready
        if len(ready) < 2 or (before == 0 and len({entry.__class__ for entry in ready}) == 1):
            return
        due, again = list(ready), ready.append
        ready.clear()
        for index, entry in enumerate(due):
            hops = index >= before and entry.__class__ is Pause and entry.callback is not None
            ready.append(Handle(again, (entry,), entry.context, self, entry.cause) if hops else entry)

    def _run_watched(self, handle: Any) -> None:
        """Run a callback in debug mode: known as the current one, and reported when it blocks the loop."""
        callback, began_ns = handle.callback, self.engine.now_ns
        if callback is None:
            return
        self.engine.cause = handle.cause
        self._current_handle = handle
        try:
            handle.context.run(callback, *((handle,) if handle.__class__ is Pause else handle.args))
        except (SystemExit, KeyboardInterrupt, GreenletExit):
            raise
        except BaseException as error:
            self._blame(handle, error)
        finally:
            self._current_handle = None
        took_s = (self.engine.now_ns - began_ns) / _NS
        if took_s >= self.slow_callback_duration:
            owner = getattr(callback, "__self__", None)
            shown = repr(owner) if isinstance(owner, tasks.Task) else str(handle)
            base_events.logger.warning(  # type: ignore[attr-defined]
                "Executing %s took %.3f seconds", shown, took_s
            )
        handle = callback = None  # An error's traceback holds this frame.

    def _blame(self, handle: Handle, error: BaseException) -> None:
        """What asyncio does with an exception of a callback."""
        told = {"message": f"Exception in callback {source_of(handle)}", "exception": error, "handle": handle}
        made = getattr(handle, "_source_traceback", None)
        if made:
            told["source_traceback"] = made
        self.call_exception_handler(told)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tell the trace, then whoever the program has named for it."""
        if self.process.gone:
            return  # A task that a module still holds: what it complains of at its end is not heard any more.
        message = str(context.get("message", "")).partition(" at /")[0]
        error = context.get("exception")
        told = {} if error is None else {"error": repr(error)[:_TOLD_MAX]}
        if error is not None and (where := raised_at(error)):
            told["where"] = where
        self.engine.emit("loop.exception", message=message[:_TOLD_MAX], handled=bool(self._exception_handler), **told)
        super().call_exception_handler(context)

    def _run_once(self) -> None:
        raise AssertionError("the simulated loop has turns of its own")

    def _timer_handle_cancelled(self, handle: object) -> None:
        """Asyncio's bookkeeping of cancelled timers; ours is in the engine."""

    # --- tasks ----------------------------------------------------------------------------------------

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, Any], *, name: object = None, context: Context | None = None, **kwargs: Any
    ) -> Any:
        if self._closed:
            self._check_closed()
        if name is None:
            self.process.tasks_made += 1
            name = f"Task-{self.process.tasks_made}"
        if self._task_factory is None and not kwargs:
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


def _absurd_ns(seconds: float) -> int:
    """Infinite delays become a time that never comes."""
    if seconds != seconds:
        raise ValueError("a delay must not be NaN")
    return _NEVER_NS if seconds > 0 else 0
