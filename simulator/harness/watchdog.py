"""The watchdog: what the machine's own clock and keyboard may do to a run.

A step that computes for ever (`while True: pass`) never comes back to the engine, so a real timer looks in
from time to time; when nothing has moved for `spin_s` real seconds, the run is stuck, and the line is named.
Ctrl-C ends the run after the current step, with a readable trace; a second one ends this process at once.

Nothing here changes what a run does, only whether it goes on.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from simulator.errors import LimitReached
from simulator.kernel.callsite import is_ours, where
from simulator.kernel.engine import Engine
from simulator.kernel.state import here, outside

_TICK_MAX_S: Final = 0.25
_SOON_S: Final = 0.01
_TICKS_MIN: Final = 4  # In so many looks nothing has moved, before a step counts as endless.


class Watchdog:
    """Looks at one engine now and then, in real time."""

    def __init__(self, engine: Engine, look: Callable[[], object] | None = None) -> None:
        self.engine = engine
        self._also = look
        self.spin_s = engine.limits.spin_s
        self.tick_s = min(_TICK_MAX_S, self.spin_s / _TICKS_MIN)
        self.interrupted = False
        self._seen: tuple[int, ...] = ()
        self._still_s = 0.0

    def look(self, signum: int, frame: FrameType | None) -> None:
        """The timer's signal: has anything moved since the last one?"""
        engine = self.engine
        recorder = engine.recorder
        if self._also is not None:
            self._also()
        seen = (engine.turns, engine.now_ns, engine.seq, engine.choices.drawn, recorder.seq if recorder else 0)
        if engine.failure is not None:
            self._cut(frame)
        elif seen != self._seen:
            self._seen, self._still_s = seen, 0.0
        else:
            self._still_s += self.tick_s
            if self._still_s >= self.spin_s:
                self._end_the_step(frame)

    def _cut(self, frame: FrameType | None) -> None:
        """The run has failed, and a step will not end: leave it, unless code of ours is at work in it just now."""
        if here.thread is not None and frame is not None and not is_ours(frame.f_code.co_filename):
            self.engine.leave_for_ever()
        with outside():
            signal.setitimer(signal.ITIMER_REAL, _SOON_S, self.tick_s)

    def _end_the_step(self, frame: FrameType | None) -> None:
        engine, process = self.engine, here.process
        who = f"{process.name} on {process.host.name}" if process is not None else "the simulator"
        at = where(frame)
        error = LimitReached(
            "spin_s",
            self.spin_s,
            f"{who} computes without end at {at}",
            at_ns=engine.now_ns,
            hint="a step that takes so long stops the world; raise spin_s if it must be",
        )
        engine.fail(error)
        if here.thread is None:
            raise error
        engine.leave_for_ever()

    def interrupt(self, signum: int, frame: FrameType | None) -> None:
        """Ctrl-C: stop after this step; the second time, die of it as any program would."""
        if self.interrupted:
            with outside():
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.kill(os.getpid(), signal.SIGINT)
        self.interrupted = True
        self.engine.fail(KeyboardInterrupt())


@contextmanager
def watched(engine: Engine, look: Callable[[], object] | None = None) -> Iterator[None]:
    """Keep watch over a run; only the main thread gets signals, so elsewhere nobody watches."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    dog = Watchdog(engine, look)
    before: list[tuple[int, Any]] = [
        (signal.SIGINT, signal.signal(signal.SIGINT, dog.interrupt)),
        (signal.SIGALRM, signal.signal(signal.SIGALRM, dog.look)),
    ]
    timer = signal.setitimer(signal.ITIMER_REAL, dog.tick_s, dog.tick_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        for signum, handler in before:
            signal.signal(signum, handler)
