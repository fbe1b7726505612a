r"""Diff: the first difference between two traces, down to the byte or the header, on one screen.

Two runs of one tape must tell the same story. Where they do not, the first differing event is nearly always
the cause and the rest its consequence, so only the first is shown, with what led up to it.

    >>> from simulator.trace.event import Event
    >>> left = Trace([Event(1, 5, "a", "net.send", {"conn": "a-b", "head": "GET / HTTP/1.1\r\nDate: Mon\r\n"})])
    >>> right = Trace([Event(1, 5, "a", "net.send", {"conn": "a-b", "head": "GET / HTTP/1.1\r\nDate: Tue\r\n"})])
    >>> difference = diff(left, right)
    >>> difference.field, difference.place
    ('fields.head', 'header Date (byte 22)')
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from simulator.trace.digest import canonical
from simulator.trace.event import Event
from simulator.trace.query import Trace
from simulator.trace.reader import Limits

CONTEXT_EVENTS: Final = 5
EXCERPT_CHARS: Final = 32
"""How much of a long value is shown on each side of its first difference."""
HEADERS_SHOWN_MAX: Final = 8
LINE_CHARS_MAX: Final = 240
_ABSENT: Final = "(absent)"


@dataclass(frozen=True)
class HeaderDifference:
    """One thing in which the two runs were set up differently."""

    name: str
    left: str
    right: str


@dataclass(frozen=True)
class Difference:
    """Where two traces part. It is true when they tell different stories; the headers alone do not count."""

    kind: str = ""
    """`event`, `length`, `absorbed`, `outcome`, or empty when the stories are equal."""
    seq: int = 0
    field: str = ""
    """Which part of the event: `at_ns`, `kind`, `fields.path` ..."""
    place: str = ""
    """Where in that part: a byte, or an HTTP header."""
    left: Event | None = None
    right: Event | None = None
    left_value: str = ""
    right_value: str = ""
    where: str = ""
    """The call site, when an event or a cause of it knows one."""
    before: tuple[Event, ...] = ()
    headers: tuple[HeaderDifference, ...] = ()
    events: int = 0
    """How many events are equal."""

    def __bool__(self) -> bool:
        return bool(self.kind)

    def text(self, *, left: str = "left", right: str = "right") -> str:
        """Tell the difference on one screen."""
        lines = (
            line if len(line) <= LINE_CHARS_MAX else f"{line[: LINE_CHARS_MAX - 1]}…"
            for line in _told(self, left, right)
        )
        return "\n".join(lines)


def diff(left: Trace, right: Trace, *, context: int = CONTEXT_EVENTS) -> Difference:
    """Return the first difference between two traces."""
    headers = tuple(_header_differences(left, right))
    for index, (one, other) in enumerate(zip_longest(left.events, right.events)):
        if _differ(one, other):
            return _event_difference(left, right, index, headers, context)
    events = len(left.events)
    before = left.events[-context:] if context else ()
    ends = left.footer, right.footer
    if ends[0] is not None and ends[1] is not None:
        if ends[0].absorbed_digest != ends[1].absorbed_digest:
            values = ends[0].absorbed_digest, ends[1].absorbed_digest
            return Difference("absorbed", events, "absorbed_digest", "", None, None, *values, "", (), headers, events)
        if ends[0].outcome != ends[1].outcome:
            values = ends[0].outcome, ends[1].outcome
            return Difference("outcome", events, "outcome", "", None, None, *values, "", before, headers, events)
    return Difference(headers=headers, events=events)


def diff_files(left: str, right: str, *, context: int = CONTEXT_EVENTS, limits: Limits | None = None) -> Difference:
    """Return the first difference between two traces in files."""
    return diff(Trace.load(left, limits=limits), Trace.load(right, limits=limits), context=context)


def _differ(one: object, other: object) -> bool:
    """Compare as a trace would hold them: a tuple is a list, but True is not 1."""
    return canonical.encode(one) != canonical.encode(other)


# -- one event ---------------------------------------------------------------------------------------------------


def _event_difference(
    left: Trace, right: Trace, index: int, headers: tuple[HeaderDifference, ...], context: int
) -> Difference:
    one = left.events[index] if index < len(left.events) else None
    other = right.events[index] if index < len(right.events) else None
    before = left.events[max(0, index - context) : index]
    seq = (one or other or left.events[-1]).seq
    where = _where(left, one) or _where(right, other)
    if one is None or other is None:
        ends = tuple(repr(event) if event else _end(trace) for event, trace in ((one, left), (other, right)))
        return Difference("length", seq, "", "", one, other, ends[0], ends[1], where, before, headers, index)
    path, mine, theirs = _first_part(one, other)
    place, shown_mine, shown_theirs = _pinpoint(mine, theirs)
    return Difference("event", seq, path, place, one, other, shown_mine, shown_theirs, where, before, headers, index)


def _end(trace: Trace) -> str:
    return f"(ends: {trace.ending})" if trace.ending else "(ends)"


def _where(trace: Trace, event: Event | None) -> str:
    """Return the call site that the event or the nearest of its causes knows."""
    if event is None:
        return ""
    sites = (cause.fields.get("where") for cause in trace.causes(event))
    return next((str(site) for site in sites if site), "")


def _first_part(one: Event, other: Event) -> tuple[str, Any, Any]:
    """Return the first part in which two events differ; what they are comes before when they are."""
    for name in ("kind", "host", "fields", "at_ns", "cause"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if _differ(mine, theirs):
            return _descend(name, mine, theirs)
    return "seq", one.seq, other.seq


def _descend(path: str, mine: Any, theirs: Any) -> tuple[str, Any, Any]:
    """Follow two JSON values down to the innermost part in which they differ."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for name in dict.fromkeys([*mine, *theirs]):
            ours, others = mine.get(name, _ABSENT), theirs.get(name, _ABSENT)
            if _differ(ours, others):
                return _descend(f"{path}.{name}", ours, others)
    if isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
        for place, (ours, others) in enumerate(zip_longest(mine, theirs, fillvalue=_ABSENT)):
            if _differ(ours, others):
                return _descend(f"{path}{_item(place, ours, others)}", ours, others)
    return path, mine, theirs


def _item(place: int, ours: Any, others: Any) -> str:
    """Name an item of a list: a header pair by its header, others by their place."""
    pairs = all(isinstance(item, list | tuple) and len(item) == 2 for item in (ours, others))
    if pairs and ours[0] == others[0] and isinstance(ours[0], str):
        return f".{ours[0]}"
    return f"[{place}]"


# -- one value ---------------------------------------------------------------------------------------------------


def _pinpoint(mine: Any, theirs: Any) -> tuple[str, str, str]:
    """Return where two values begin to differ, and what each has there."""
    if not (isinstance(mine, str) and isinstance(theirs, str)) or _ABSENT in (mine, theirs):
        return "", _shown(mine), _shown(theirs)
    length = min(len(mine), len(theirs))
    start = next((place for place in range(length) if mine[place] != theirs[place]), length)
    place = f"byte {len(mine[:start].encode('utf-8', 'backslashreplace'))}"
    header = _http_header(mine, start)
    if header:
        place = f"header {header} ({place})"
    elif len(mine) <= 2 * EXCERPT_CHARS and len(theirs) <= 2 * EXCERPT_CHARS:
        return place, repr(mine), repr(theirs)
    return place, _excerpt(mine, start), _excerpt(theirs, start)


def _shown(value: Any) -> str:
    text = value if value == _ABSENT else repr(value)
    return text if len(text) <= 4 * EXCERPT_CHARS else f"{text[: 4 * EXCERPT_CHARS]}…"


def _excerpt(text: str, start: int) -> str:
    low, high = max(0, start - EXCERPT_CHARS), start + EXCERPT_CHARS
    return f"{'…' if low else ''}{text[low:high]!r}{'…' if high < len(text) else ''}"


def _http_header(text: str, start: int) -> str:
    """Return the name of the HTTP header that the place lies in, when the text is the head of a message."""
    request = text.partition("\n")[0]
    if "HTTP/" not in request:
        return ""
    head = text.find("\r\n\r\n")
    if head != -1 and start >= head + 4:
        return ""
    line_start = text.rfind("\n", 0, start) + 1
    if line_start == 0:
        return "(first line)"
    line_end = text.find("\n", line_start)
    name, colon, _ = text[line_start : line_end if line_end != -1 else len(text)].partition(":")
    return name if colon else ""


# -- headers -----------------------------------------------------------------------------------------------------


def _header_differences(left: Trace, right: Trace) -> Iterator[HeaderDifference]:
    for name in left.header.__struct_fields__:
        mine, theirs = getattr(left.header, name), getattr(right.header, name)
        if mine == theirs:
            continue
        if isinstance(mine, dict) and isinstance(theirs, dict):
            for path, ours, others in _leaves(name, mine, theirs):
                yield HeaderDifference(path, _shown(ours), _shown(others))
        else:
            yield HeaderDifference(name, _shown(mine), _shown(theirs))


def _leaves(path: str, mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in dict.fromkeys([*mine, *theirs]):
        ours, others = mine.get(name, _ABSENT), theirs.get(name, _ABSENT)
        if isinstance(ours, dict) and isinstance(others, dict):
            yield from _leaves(f"{path}.{name}", ours, others)
        elif _differ(ours, others):
            yield f"{path}.{name}", ours, others


# -- telling -----------------------------------------------------------------------------------------------------


def _told(found: Difference, left: str, right: str) -> Iterator[str]:
    if not found:
        yield f"the stories are equal: {found.events:,} events"
    elif found.kind == "event":
        part = found.field.removeprefix("fields.") + (f", {found.place}" if found.place else "")
        yield f"event {found.seq:,} differs in {part}"
    elif found.kind == "length":
        yield f"the stories are equal for {found.events:,} events, then one of them ends"
    elif found.kind == "absorbed":
        yield f"all {found.events:,} events are equal, but clock values, entropy or payloads between them are not"
        yield "hint: record both runs at the detail level to see which"
    else:
        yield f"all {found.events:,} events are equal, the outcome is not"
    width = max(len(left), len(right))
    if found:
        yield from (f"  {event!r}" for event in found.before)
        yield f"  {left:<{width}}  {found.left_value}"
        yield f"  {right:<{width}}  {found.right_value}"
    if found.kind == "event":
        yield f"  {left:<{width}}  {found.left!r}"
        yield f"  {right:<{width}}  {found.right!r}"
    if found.where:
        yield f"  at {found.where}"
    if found.headers:
        yield "the runs were set up differently:"
        for header in found.headers[:HEADERS_SHOWN_MAX]:
            yield f"  {header.name}: {header.left} / {header.right}"
        if len(found.headers) > HEADERS_SHOWN_MAX:
            yield f"  and {len(found.headers) - HEADERS_SHOWN_MAX} more"
