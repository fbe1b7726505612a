"""Traces for tests: a short story that was recorded, and hypothesis strategies for events."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from simulator.trace import Event, Header, Recorder, Trace, TraceWriter

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def stories(draw: st.DrawFn, *, events_max: int = 12) -> list[Event]:
    """Draw the events of a possible run."""
    events: list[Event] = []
    at_ns = 0
    for seq in range(1, draw(st.integers(0, events_max)) + 1):
        at_ns += draw(st.integers(0, 10**12))
        cause = draw(st.none() | st.integers(1, seq - 1)) if seq > 1 else None
        kind = draw(st.sampled_from(["net.send", "fs.write", "custom.kind"]))
        fields = draw(st.dictionaries(texts, values, max_size=4))
        events.append(Event(seq, at_ns, draw(texts), kind, fields, cause))
    return events


def recorded(events: list[Event], **options: Any) -> Recorder:
    """Return a recorder that was told a story and finished."""
    recorder = Recorder(**options)
    for event in events:
        recorder.emit(event.at_ns, event.host, event.kind, event.fields, event.cause)
    recorder.finish("passed")
    return recorder


INGEST = [
    Event(1, 0, "worker", "proc.start", {"argv": ["ingest.py"], "where": "main.py:3"}),
    Event(2, 1_000, "worker", "fs.open", {"path": "/in/a", "fd": 1000}, 1),
    Event(3, 2_000, "worker", "fs.write", {"path": "/tmp/a", "bytes": 10}, 2),
    Event(4, 3_000, "worker", "fs.rename", {"path": "/tmp/a", "to": "/done/a", "where": "ingest.py:40"}, 3),
    Event(5, 4_000, "s3", "net.accept", {"conn": "worker:40000-s3:9000", "src": "worker", "dst": "s3"}),
    Event(6, 5_000, "worker", "proc.exit", {"code": 0}, 4),
]


def ingest_trace() -> Trace:
    """Return the story of a file that was taken in."""
    return recorded(INGEST, header=Header(scenario="ingest", seed=7)).trace()


def ingest_file(path: Path) -> Path:
    """Write that story to a file."""
    header = Header(scenario="ingest", seed=7)
    recorded(INGEST, header=header, sink=TraceWriter(path, header))
    return path
