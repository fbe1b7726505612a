"""Entries: what waits to be called, by the engine at a time or by a loop in its turn.

To programs an entry of a loop is the handle that `call_soon` and `call_later` return. It is a msgspec
structure because millions are made: a third of the cost of a Python object with the same fields. The
heap holds `(when_ns, seq, entry)`, so that comparing never looks inside.
"""

import sys
from asyncio import format_helpers
from collections.abc import Callable
from contextvars import Context
from typing import Any, Final

from msgspec import Struct

_HIDES_ARGUMENTS: Final = sys.version_info >= (3, 13)


class Entry(Struct, eq=False, weakref=True):
    """A call to be made; a cancelled one has no callback."""

    callback: Callable[..., object] | None
    args: tuple[Any, ...]
    context: Any  # None for entries of the world, which run in no context.
    owner: Any  # The loop in whose turn it runs; None for the world's own.
    cause: int | None  # The event that led here.
    engine: Any = None  # Where a timer is counted when it is cancelled.
    when_ns: int = 0

    def cancel(self) -> None:
        """Keep the callback from being called."""
        if self.callback is not None:
            self.callback = None
            self.args = ()
            if self.engine is not None:
                self.engine.cancelled += 1

    def cancelled(self) -> bool:
        return self.callback is None


class Handle(Entry, eq=False, weakref=True):
    """What `call_soon` returns."""

    def get_context(self) -> Context:
        context: Context = self.context
        return context

    @property
    def _cancelled(self) -> bool:
        return self.callback is None

    @property
    def _callback(self) -> Any:
        return self.callback

    @property
    def _args(self) -> Any:
        return self.args

    @property
    def _loop(self) -> Any:
        return self.owner

    def __repr__(self) -> str:
        if self.callback is None:
            return f"<{type(self).__name__} cancelled>"
        return f"<{type(self).__name__} {source_of(self)}>"


class TimerHandle(Handle, eq=False, weakref=True):
    """What `call_later` and `call_at` return."""

    def when(self) -> float:
        return self.when_ns / 1e9


class TracedHandle(Handle, eq=False, weakref=True):
    """A handle in debug mode: it knows where it was made."""

    _source_traceback: Any = None

    def __repr__(self) -> str:
        return _with_origin(super().__repr__(), self._source_traceback)


class TracedTimerHandle(TimerHandle, eq=False, weakref=True):
    """A timer in debug mode."""

    _source_traceback: Any = None

    def __repr__(self) -> str:
        return _with_origin(super().__repr__(), self._source_traceback)


def _with_origin(told: str, stack: Any) -> str:
    """What is told of a handle, and where it was made."""
    name, _, rest = told[1:-1].partition(" ")
    shown = name.removeprefix("Traced")
    return f"<{shown} {rest} created at {stack[-1].filename}:{stack[-1].lineno}>" if stack else f"<{shown} {rest}>"


def source_of(entry: Entry) -> str:
    """The callback in words, as asyncio says it."""
    # From Python 3.13 on arguments are shown in debug mode alone.
    options = {"debug": entry.owner.get_debug()} if _HIDES_ARGUMENTS else {}
    return str(format_helpers._format_callback_source(entry.callback, entry.args, **options))
