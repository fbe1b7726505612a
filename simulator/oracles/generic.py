"""Properties that any program should have, whatever it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.oracles.fold import Oracle
from simulator.trace.event import Event

_NEVER_AWAITED: Final = "was never awaited"


@dataclass
class _NoUnhandledErrors:
    name: str = "no unhandled errors"

    def see(self, event: Event) -> str | None:
        if event.kind == "loop.exception" and not event.fields.get("handled"):
            return f"{event.host}: {event.fields.get('error', 'trouble')}: {event.fields.get('message')}"
        return None

    def finish(self) -> str | None:
        return None


def no_unhandled_errors() -> Oracle:
    """No callback or task of any loop ends with an error that nobody took."""
    return _NoUnhandledErrors()


@dataclass
class _NobodyCrashes:
    name: str = "nobody crashes"

    def see(self, event: Event) -> str | None:
        if event.kind == "proc.exit" and event.fields.get("how") == "exit" and event.fields.get("code"):
            return f"{event.fields.get('name')} on {event.host} ended with status {event.fields.get('code')}"
        return None

    def finish(self) -> str | None:
        return None


def nobody_crashes() -> Oracle:
    """No program ends with a status other than zero by its own doing (being cut or killed is not its doing)."""
    return _NobodyCrashes()


@dataclass
class _NothingLeaks:
    name: str = "nothing leaks"
    first: str = ""

    def see(self, event: Event) -> str | None:
        if not self.first and event.kind == "loop.warning":
            category, message = event.fields.get("category"), str(event.fields.get("message"))
            if category == "ResourceWarning" or (category == "RuntimeWarning" and _NEVER_AWAITED in message):
                self.first = f"{event.host}: {message}"
        return None

    def finish(self) -> str | None:
        return self.first or None


def nothing_leaks() -> Oracle:
    """Every coroutine is awaited, every socket, file and session closed; told at the end, for an error says more."""
    return _NothingLeaks()


@dataclass
class _AtMostOne:
    name: str
    begins: Callable[[Event], Any]
    ends: Callable[[Event], Any]
    holders: dict[Any, Event] = field(default_factory=dict)

    def see(self, event: Event) -> str | None:
        ended = self.ends(event)
        if ended is not None:
            self.holders.pop(ended, None)
        holder = self.begins(event)
        if holder is None:
            return None
        others = [other for other in self.holders if other != holder]
        self.holders[holder] = event
        if others:
            since = self.holders[others[0]]
            return f"{holder} while {others[0]} (since event {since.seq}, {since.at_ns / 1e9:.9g} s)"
        return None

    def finish(self) -> str | None:
        return None


def at_most_one(name: str, *, begins: Callable[[Event], Any], ends: Callable[[Event], Any]) -> Callable[[], Oracle]:
    """At any time at most one holder: `begins` and `ends` say of an event who begins or ends, else None."""
    return lambda: _AtMostOne(name, begins, ends)


def said(event: Event, message: str, **fields: object) -> bool:
    """Whether an event is a log record or a note of that message with these fields."""
    told = event.fields.get({"log": "message", "note": "text"}.get(event.kind, ""))
    given = {**event.fields, **_mapping(event.fields.get("data"))}  # Where a note keeps its fields.
    return told == message and all(given.get(key) == value for key, value in fields.items())


def _mapping(data: object) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
