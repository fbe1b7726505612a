"""Deadline: one timer for a connection, moved only when it rings, so that a request costs none."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `passed` when the time that was last set has come."""

    __slots__ = ("_at_s", "_loop", "_passed", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, passed: Callable[[], object]) -> None:
        self._loop, self._passed = loop, passed
        self._at_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def after(self, seconds: float) -> None:
        self.at(self._loop.time() + seconds)

    def at(self, at_s: float) -> None:
        """Set it, in place of what was set before."""
        self._at_s = at_s
        timer = self._timer
        if timer is None:
            self._timer = self._loop.call_at(at_s, self._ring)
        elif timer.when() > at_s:
            timer.cancel()
            self._timer = self._loop.call_at(at_s, self._ring)

    def clear(self) -> None:
        """Nothing is awaited; the timer may still ring once, unheard."""
        self._at_s = None

    def close(self) -> None:
        self._at_s = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        if self._at_s is None:
            return
        if self._loop.time() < self._at_s:
            self._timer = self._loop.call_at(self._at_s, self._ring)
            return
        self._at_s = None
        self._passed()
