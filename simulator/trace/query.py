"""Query: what tests assert with. A trace is a sequence of events that can be asked about them.

Filters are a kind (`"fs.rename"`, or a family: `"fs.*"`) and fields. A field's filter is a value, or a function
of the value; `host=` asks for the event's host. A question that finds nothing says what there was instead.

    >>> trace = Trace([
    ...     Event(1, 0, "worker", "proc.start", {"argv": ["ingest.py"]}),
    ...     Event(2, 5, "worker", "fs.open", {"path": "/in/a"}, cause=1),
    ...     Event(3, 9, "worker", "fs.rename", {"path": "/in/a", "to": "/done/a"}, cause=2),
    ... ])
    >>> trace.of("fs.*").count()
    2
    >>> trace.first("fs.rename", to=lambda path: path.startswith("/done"))
    <3 0.000000009s worker fs.rename path=/in/a to=/done/a because of 2>
    >>> [event.kind for event in trace.causes(trace.last())]
    ['fs.rename', 'fs.open', 'proc.start']
    >>> bool(trace.matches("fs.*", path=["/in/a", "/in/a"]))
    True
    >>> trace.first("fs.unlink")
    Traceback (most recent call last):
      ...
    simulator.trace.query.NotInTrace: no event fs.unlink; of this family there are: 1 fs.open, 1 fs.rename
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, overload

from simulator.errors import Misuse
from simulator.trace.event import Event, format_ns, format_value
from simulator.trace.header import Footer, Header
from simulator.trace.reader import Limits, open_trace
from simulator.trace.writer import write_trace

NEAR_MAX: Final = 8
"""How many events near a failed question are shown; a failure report fits one screen."""


class NotInTrace(AssertionError):
    """A question found no event where there should be one."""


class Trace(Sequence[Event]):
    """The events of a run, with the header and footer when it came from a file; parts of it are traces too."""

    def __init__(
        self,
        events: Iterable[Event],
        *,
        header: Header | None = None,
        footer: Footer | None = None,
        ending: str = "",
        whole: "Trace | None" = None,
    ) -> None:
        self.events = tuple(events)
        self.header = header or Header()
        self.footer = footer
        self.ending = ending
        """Empty, or one sentence on how a file was cut off."""
        self._whole = whole or self

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, limits: Limits | None = None) -> Self:
        """Read a trace from a file."""
        with open_trace(path, limits=limits) as reader:
            events = tuple(reader)
            return cls(events, header=reader.header, footer=reader.footer, ending=reader.ending)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the whole trace to a file, replacing it."""
        if self._whole is not self:
            raise Misuse("only a whole trace can be saved, this is a part of one")
        write_trace(path, self.header, self.events, self.footer)

    # -- as a sequence ---------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.events)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> "Trace": ...
    def __getitem__(self, index: int | slice) -> "Event | Trace":
        return self._part(self.events[index]) if isinstance(index, slice) else self.events[index]

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __bool__(self) -> bool:
        return bool(self.events)

    def __repr__(self) -> str:
        if not self.events:
            return "<Trace of no events>"
        first, last = self.events[0], self.events[-1]
        outcome = f", {self.footer.outcome}" if self.footer is not None and self._whole is self else ""
        return f"<Trace of {len(self):,} events, {format_ns(first.at_ns)} to {format_ns(last.at_ns)}{outcome}>"

    @property
    def complete(self) -> bool:
        """Return whether the whole story is here: there is a footer and nothing was cut."""
        return self.footer is not None and not self.ending

    @property
    def digest(self) -> str:
        """Return the digest that the footer states, or nothing."""
        return self.footer.digest if self.footer is not None else ""

    @property
    def tape(self) -> Any:
        """Return the tape as JSON: the one that was drawn, or else the one that was given."""
        drawn = self.footer.tape if self.footer is not None else None
        return drawn if drawn is not None else self.header.tape

    # -- parts -----------------------------------------------------------------------------------------------

    def _part(self, events: Iterable[Event]) -> "Trace":
        return Trace(events, header=self.header, footer=self.footer, whole=self._whole)

    def of(self, kind: str, /, **fields: Any) -> "Trace":
        """Return the events of a kind or family (`"fs.*"`, or `"*"`) whose fields are as given."""
        return self._part(event for event in self.events if _is(event, kind, fields))

    def between(self, first: Event, last: Event) -> "Trace":
        """Return the events after the first and before the last of two events."""
        return self._part(event for event in self.events if first.seq < event.seq < last.seq)

    def during(self, start_ns: int, end_ns: int) -> "Trace":
        """Return the events from a time on, and before another."""
        return self._part(event for event in self.events if start_ns <= event.at_ns < end_ns)

    def on(self, host: str) -> "Trace":
        """Return the events of one host."""
        return self._part(event for event in self.events if event.host == host)

    # -- questions -------------------------------------------------------------------------------------------

    def count(self, kind: object = "*", /, **fields: Any) -> int:
        """Return how many events there are of a kind."""
        return sum(_is(event, str(kind), fields) for event in self.events)

    def first(self, kind: str = "*", /, **fields: Any) -> Event:
        """Return the first event of a kind, or fail and say what there was instead."""
        for event in self.events:
            if _is(event, kind, fields):
                return event
        raise NotInTrace(self._missing(kind, fields))

    def last(self, kind: str = "*", /, **fields: Any) -> Event:
        """Return the last event of a kind, or fail and say what there was instead."""
        for event in reversed(self.events):
            if _is(event, kind, fields):
                return event
        raise NotInTrace(self._missing(kind, fields))

    def matches(self, kind: str, /, **fields: Any) -> "Matched":
        """Tell whether one field takes these values in this order: `matches("stream.state", to=["a", "b"], key="x")`.

        The field with a list is the one that is followed; the others filter. All of the events count, unless
        the list has `...`, which stands for any number of them.
        """
        followed = [name for name, value in fields.items() if isinstance(value, list)]
        if len(followed) != 1:
            raise Misuse(f"matches() follows one field, given as a list; here are {len(followed)}")
        (name,) = followed
        filters = {other: value for other, value in fields.items() if other != name}
        events = [event for event in self.events if _is(event, kind, filters) and _has(event, name)]
        found = tuple(_value(event, name) for event in events)
        asked = _described(kind, filters)
        return Matched(_follows(found, tuple(fields[name])), asked, name, tuple(fields[name]), found)

    def causes(self, event: Event) -> tuple[Event, ...]:
        """Return the chain of causes behind an event, from itself back to where it began."""
        known = {other.seq: other for other in self._whole.events}
        chain = [event]
        while (cause := chain[-1].cause) is not None and cause < chain[-1].seq and cause in known:
            chain.append(known[cause])
        return tuple(chain)

    def hosts(self) -> tuple[str, ...]:
        """Return the hosts, in the order in which they first appear."""
        return tuple(dict.fromkeys(event.host for event in self.events if event.host))

    def kinds(self) -> dict[str, int]:
        """Return how many events there are of each kind."""
        return dict(sorted(Counter(event.kind for event in self.events).items()))

    # -- what a failing question says ------------------------------------------------------------------------

    def _missing(self, kind: str, fields: dict[str, Any]) -> str:
        text = f"no event {_described(kind, fields)}"
        near = self.of(kind) if fields else self._part(())
        if near:
            shown = "".join(f"\n  {event!r}" for event in near.events[:NEAR_MAX])
            more = f"\n  and {len(near) - NEAR_MAX:,} more" if len(near) > NEAR_MAX else ""
            return f"{text}; of this kind there are:{shown}{more}"
        family = self.of(f"{kind.partition('.')[0]}.*").kinds()
        if family:
            return f"{text}; of this family there are: {_counted(family)}"
        return f"{text}; there are: {_counted(self.kinds())}" if self.events else f"{text}; the trace is empty"


@dataclass(frozen=True)
class Matched:
    """The answer of `Trace.matches`: true or false, and what was found."""

    matched: bool
    asked: str
    field: str
    expected: tuple[Any, ...]
    found: tuple[Any, ...]

    def __bool__(self) -> bool:
        return self.matched

    def __repr__(self) -> str:
        verdict = "as expected" if self.matched else f"expected {_row(self.expected)}"
        return f"<{self.asked}: {self.field} was {_row(self.found)}, {verdict}>"


def _row(values: Sequence[Any]) -> str:
    shown = ["..." if value is ... else format_value(value) for value in values[: 2 * NEAR_MAX]]
    more = [f"and {len(values) - 2 * NEAR_MAX:,} more"] if len(values) > 2 * NEAR_MAX else []
    return " -> ".join(shown + more) or "never set"


def _follows(found: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    """Tell whether the values are the expected ones; `...` stands for any number of values."""
    places = {0}
    for wanted in expected:
        if wanted is ...:
            places = set(range(min(places), len(found) + 1)) if places else places
        else:
            places = {place + 1 for place in places if place < len(found) and _same(found[place], wanted)}
    return len(found) in places


def _is(event: Event, kind: str, fields: dict[str, Any]) -> bool:
    if kind != event.kind and kind != "*" and not (kind.endswith(".*") and event.kind.startswith(kind[:-1])):
        return False
    return all(_has(event, name) and _same(_value(event, name), wanted) for name, wanted in fields.items())


def _has(event: Event, name: str) -> bool:
    return name in event.fields or name in ("host", "kind", "seq", "at_ns", "cause")


def _value(event: Event, name: str) -> Any:
    return event.fields[name] if name in event.fields else getattr(event, name)


def _same(value: Any, wanted: Any) -> bool:
    if callable(wanted):
        return bool(wanted(value))
    # A trace from a file has lists where the live one may have tuples.
    if isinstance(value, tuple | list) and isinstance(wanted, tuple | list):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    return bool(value == wanted)


def _described(kind: str, fields: dict[str, Any]) -> str:
    named = (f" {name}={getattr(value, '__name__', None) or format_value(value)}" for name, value in fields.items())
    return kind + "".join(named)


def _counted(kinds: dict[str, int]) -> str:
    shown = [f"{count:,} {kind}" for kind, count in kinds.items()]
    return ", ".join(shown[:NEAR_MAX]) + (", ..." if len(shown) > NEAR_MAX else "")
