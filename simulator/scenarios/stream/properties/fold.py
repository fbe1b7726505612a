"""Fold: the streams as Redis has them, rebuilt from the trace; each property looks at one step of one stream."""

from dataclasses import dataclass, field
from typing import Any, Final

from simulator.scenarios.stream.kept import KEPT, Stream
from simulator.trace.event import Event

TERMINAL: Final = frozenset({"completed", "failed"})


@dataclass(frozen=True)
class Step:
    """A change of what Redis keeps of one stream."""

    name: str
    before: Stream
    now: Stream
    told: dict[str, Any]
    at_ns: int
    now_ms: int
    """Redis' clock."""

    @property
    def rollback(self) -> bool:
        """Whether Redis has come back with something else than it had."""
        return bool(self.told.get("rollback"))

    def turned(self, name: str, value: str) -> bool:
        """Whether a field got this value just now."""
        return self.now.meta.get(name) == value != self.before.meta.get(name)


@dataclass
class Fold:
    """A property over steps (`step`), other events (`other`) and the end (`finish`)."""

    name: str = ""
    streams: dict[str, Stream] = field(default_factory=dict)
    queue: list[str] = field(default_factory=list)

    def see(self, event: Event) -> str | None:
        if event.kind != "note" or event.fields.get("text") != KEPT:
            return self.other(event)
        data = event.fields["data"]
        if "queue" in data:
            self.queue = list(data["queue"])
        if "stream" not in data:
            return None
        name = str(data["stream"])
        before = self.streams.get(name, Stream())
        now = _after(before, data)
        self.streams[name] = now
        words = self.step(Step(name, before, now, data, event.at_ns, int(data.get("now_ms", 0))))
        return f"{name}: {words}" if words else None

    def step(self, step: Step) -> str | None:
        """What is wrong with a step, in words."""
        return None

    def other(self, event: Event) -> str | None:
        return None

    def finish(self) -> str | None:
        return None


def _after(before: Stream, data: dict[str, Any]) -> Stream:
    meta, parts = dict(before.meta), dict(before.parts)
    for field_name, value in data.get("changed", {}).items():
        if value is None:
            meta.pop(field_name, None)
        else:
            meta[field_name] = str(value)
    for number, part in data.get("parts", {}).items():
        if part is None:
            parts.pop(int(number), None)
        else:
            parts[int(number)] = (part[0], part[1], part[2])
    return Stream(meta, parts, tuple(data.get("sets", before.sets)))


def number(meta: dict[str, str], name: str) -> int:
    """A field that is a number; 0 if it is not there."""
    return int(meta.get(name) or 0)


def answered(event: Event, operation: str) -> bool:
    """Whether S3 did what it was asked."""
    if event.kind != "s3.response" or event.fields.get("operation") != operation:
        return False
    return 200 <= int(event.fields.get("status", 0)) < 300 and not event.fields.get("code")
