"""Event: one thing that happened in a run, and how it prints.

An event is a plain value. `cause` is the number of the event that led here, so that the chain behind any
event can be told; a cause is always earlier than its effect.

    >>> Event(7, 1_503_000_000, "worker", "fs.write", {"path": "/media/a.mp4", "bytes": 1024}, cause=4)
    <7 1.503s worker fs.write path=/media/a.mp4 bytes=1024 because of 4>
"""

from typing import Any

import msgspec

VALUE_CHARS_MAX = 60
"""A field longer than this is shortened in a status line; the trace keeps it whole."""

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS


class Event(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that happened: when (virtual nanoseconds), on which host, of which kind, and why."""

    seq: int
    at_ns: int
    host: str
    kind: str
    fields: dict[str, Any]
    cause: int | None = None

    def __repr__(self) -> str:
        because = "" if self.cause is None else f" because of {self.cause}"
        host = f" {self.host}" if self.host else ""
        return f"<{self.seq} {format_ns(self.at_ns)}{host} {self.kind}{self._described()}{because}>"

    def line(self) -> str:
        """Return the event as one line of a listing, in columns."""
        return f"{self.seq:>7} {format_ns(self.at_ns):>14}  {self.host:<12} {self.kind:<16}{self._described()}"

    def _described(self) -> str:
        return "".join(f" {name}={format_value(value)}" for name, value in self.fields.items())


def format_ns(duration_ns: int) -> str:
    """Say a virtual time in the shortest exact form: `0s`, `1.503s`, `2m03.500s`, `26h00m00s`.

    >>> [format_ns(n) for n in (0, 1, 1_503_000_000, 123_500_000_000, 26 * HOUR_NS)]
    ['0s', '0.000000001s', '1.503s', '2m03.500s', '26h00m00s']
    """
    if duration_ns < 0:
        return "-" + format_ns(-duration_ns)
    hours, rest_ns = divmod(duration_ns, HOUR_NS)
    minutes, rest_ns = divmod(rest_ns, MINUTE_NS)
    seconds, fraction_ns = divmod(rest_ns, SECOND_NS)
    digits = f"{fraction_ns:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    fraction = f".{digits}" if digits else ""
    if hours:
        return f"{hours}h{minutes:02}m{seconds:02}{fraction}s"
    if minutes:
        return f"{minutes}m{seconds:02}{fraction}s"
    return f"{seconds}{fraction}s"


def format_value(value: object) -> str:
    """Say one field's value in a few characters: bare words bare, all else as Python would write it."""
    bare = isinstance(value, str) and value and value.isprintable() and not any(char in value for char in " =\"'")
    text = str(value) if bare else repr(value)
    if len(text) <= VALUE_CHARS_MAX:
        return text
    return f"{text[: VALUE_CHARS_MAX - 1]}…"
