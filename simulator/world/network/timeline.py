"""Timeline: what the network needs to know of the engine.

The engine is one; a test's few lines are another.
"""

from collections.abc import Callable
from typing import Any, Protocol


class Draws(Protocol):
    """Where chance comes from: zero is the tamest answer."""

    def draw(self, bound: int, /, *, stream: str, site: str, label: str) -> int: ...


class Timeline(Protocol):
    """Virtual time, chance, and a place for events."""

    @property
    def now_ns(self) -> int: ...

    @property
    def choices(self) -> Draws: ...

    @property
    def recorder(self) -> Any:
        """Who keeps the events; None when nobody does, and then none are made."""
        ...

    def call_at(self, when_ns: int, callback: Callable[..., object], /, *args: object) -> Any: ...

    def emit(self, kind: str, /, *, host: str | None = None, **fields: object) -> int: ...
