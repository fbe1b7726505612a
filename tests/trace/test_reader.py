"""What was written reads back; anything else is a TraceError with the line and what was expected there."""

import gzip
import json
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.errors import Misuse
from simulator.trace import Event, Header, Limits, Recorder, Trace, TraceError, TraceReader, TraceWriter
from simulator.trace.header import Footer, footer_line, header_line
from tests.support.traces import INGEST, ingest_file, recorded, stories, texts, values


class Memory(BytesIO):
    """A file in memory, as a sink."""

    def finish(self, footer: Footer) -> None:
        self.write(footer_line(footer))


def written(events: list[Event], header: Header | None = None) -> bytes:
    sink = Memory()
    sink.write(header_line(header or Header()))
    recorded(events, sink=sink)
    return sink.getvalue()


def read(data: bytes, **limits: int) -> Trace:
    reader = TraceReader(BytesIO(data), limits=Limits(**limits))
    events = list(reader)
    return Trace(events, header=reader.header, footer=reader.footer, ending=reader.ending)


@given(stories(), st.dictionaries(texts, values, max_size=3), st.integers() | texts, values)
def test_what_was_written_reads_back(
    events: list[Event], plan: dict[str, Any], seed: int | str, provenance: object
) -> None:
    header = Header(scenario="s", program=["a.py", "-v"], seed=seed, plan=plan, provenance={"x": provenance})

    reader = TraceReader(BytesIO(written(events, header)))

    assert list(reader) == events
    assert reader.header == header
    assert reader.footer is not None
    assert reader.footer.outcome == "passed"
    assert reader.ending == ""


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.gz"])
def test_a_file_reads_back_packed_or_not_and_is_the_same_each_time(tmp_path: Path, name: str) -> None:
    one, other = ingest_file(tmp_path / name), ingest_file(tmp_path / f"other-{name}")
    trace = Trace.load(one)

    assert list(trace) == INGEST
    assert trace.complete
    assert trace.digest == recorded(INGEST).digest
    assert one.read_bytes() == other.read_bytes()


def test_a_packed_file_that_was_cut_is_readable_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl.gz"
    with TraceWriter(path, Header()) as writer:
        recorder = Recorder(sink=writer)
        for n in range(5000):
            recorder.emit(n, "", "net.send", {"n": n * n})
        data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])

    trace = Trace.load(path)

    assert 1024 <= len(trace) < 5000
    assert "cut off" in trace.ending


# -- damage ------------------------------------------------------------------------------------------------------

GOOD = written(INGEST)


def edited(change: Callable[[list[bytes]], object]) -> bytes:
    lines = GOOD.splitlines(keepends=True)
    change(lines)
    return b"".join(lines)


def event_line(**parts: object) -> bytes:
    event = {"seq": 1, "at_ns": 0, "host": "", "kind": "note", "fields": {}} | parts
    return json.dumps(event).encode() + b"\n"


DAMAGE: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 1, "the file is empty; expected a soundstage-trace header"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", 1, "not a header"),
    "another program's lines": (b'{"level":"info"}\n', 1, "not a header"),
    "another format": (b'{"format":"har","version":1,"header":{}}\n', 1, "format 'har'"),
    "a newer version": (b'{"format":"soundstage-trace","version":2,"header":{}}\n', 1, "format version 2; expected"),
    "version zero": (b'{"format":"soundstage-trace","version":0,"header":{}}\n', 1, "format version 0; expected"),
    "an unknown header field": (b'{"format":"soundstage-trace","version":1,"header":{"x":1}}\n', 1, "damaged header"),
    "a header of wrong type": (b'{"format":"soundstage-trace","version":1,"header":[]}\n', 1, "damaged header"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, 1, "not a header"),
    "a missing line": (edited(lambda lines: lines.pop(3)), 4, "event 4; expected event 3"),
    "a doubled line": (edited(lambda lines: lines.insert(3, lines[3])), 5, "event 3; expected event 4"),
    "lines out of order": (edited(lambda lines: lines.insert(2, lines.pop(3))), 3, "event 3; expected event 2"),
    "a blank line": (edited(lambda lines: lines.insert(3, b"\n")), 4, "not an event"),
    "a second footer": (edited(lambda lines: lines.append(lines[-1])), 9, "something after the footer"),
    "an event after the footer": (edited(lambda lines: lines.append(lines[1])), 9, "something after the footer"),
    "a footer too early": (edited(lambda lines: lines.insert(2, lines[-1])), 3, "1 events; expected 6"),
    "a changed event": (GOOD.replace(b"/done/a", b"/lost/a"), 8, "as the footer says"),
    "a changed digest": (GOOD.replace(b'"digest":"', b'"digest":"0'), 8, "as the footer says"),
    "a damaged footer": (GOOD.replace(b'"outcome":"passed"', b'"outcome":5'), 8, "a damaged footer"),
    "half a line in the middle": (edited(lambda lines: lines.__setitem__(2, lines[2][:20] + b"\n")), 3, "not an event"),
    "NaN": (header_line(Header()) + b'{"seq":1,"at_ns":NaN}\n', 2, "not an event"),
    "text for a number": (header_line(Header()) + event_line(seq="1"), 2, "not an event"),
    "a negative time": (header_line(Header()) + event_line(at_ns=-1), 2, "not an event"),
    "an endless number": (header_line(Header()) + b'{"seq":' + b"9" * 100_000 + b"}\n", 2, "not an event"),
    "an unknown event field": (header_line(Header()) + event_line(extra=1), 2, "not an event"),
    "fields that are a list": (header_line(Header()) + event_line(fields=[]), 2, "not an event"),
    "its own cause": (header_line(Header()) + event_line(cause=1), 2, "event 1 is caused by event 1"),
    "deep nesting": (header_line(Header()) + b'{"seq":' + b"[" * 200_000 + b"\n", 2, "not an event"),
    "nesting that decodes": (
        header_line(Header()) + event_line(fields={"a": "@"}).replace(b'"@"', b"[" * 200 + b"]" * 200),
        2,
        "nested too deep; expected depth_max 64",
    ),
    "a deep header": (
        b'{"format":"soundstage-trace","version":1,"header":{"plan":' + b"[" * 200 + b"]" * 200 + b"}}\n",
        1,
        "header field plan is nested too deep",
    ),
    "bytes that are no text": (header_line(Header()) + b'{"seq":1,"kind":"\xff\xfe"}\n', 2, "not an event"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_at_its_line_and_says_what_was_expected(name: str) -> None:
    data, line, text = DAMAGE[name]

    with pytest.raises(TraceError) as caught:
        read(data)

    assert caught.value.line == line
    assert f"trace, line {line}: " in str(caught.value)
    assert text in str(caught.value)


def test_time_that_runs_backwards_is_damage() -> None:
    data = header_line(Header()) + event_line(at_ns=5) + event_line(seq=2, at_ns=4)

    with pytest.raises(TraceError, match="line 3: time runs backwards, to 4 ns; expected 5 ns or later"):
        read(data)


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"line_bytes_max": 300}, "line_bytes_max"),
        ({"trace_bytes_max": 600}, "trace_bytes_max"),
        ({"events_max": 3}, "events_max"),
    ],
)
def test_every_limit_is_named_when_it_is_reached(limits: dict[str, int], text: str) -> None:
    data = written([*INGEST, Event(7, 10**9, "", "net.send", {"conn": "x" * 400})])

    with pytest.raises(TraceError, match=text):
        read(data, **limits)


def test_a_bomb_of_zeros_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))

    with pytest.raises(TraceError, match="line_bytes_max"):
        Trace.load(path)


def test_a_packed_file_that_was_damaged_says_so(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl.gz"
    data = bytearray(gzip.compress(GOOD, mtime=0))
    data[30] ^= 0xFF
    path.write_bytes(data)

    with pytest.raises(TraceError):
        Trace.load(path)


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_torn_last_line_is_a_cut_and_not_damage(cut: int) -> None:
    trace = read(GOOD[:-cut])

    assert list(trace) == INGEST
    assert trace.complete == (cut == 1)  # without its line end the footer is still whole


def test_a_file_that_is_not_there_is_a_misuse_with_its_name(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(Misuse, match=path.name):
            Trace.load(path)


lines = st.lists(st.sampled_from(GOOD.splitlines(keepends=True)) | st.binary(max_size=50), max_size=12).map(b"".join)
flips = st.builds(
    lambda at, byte: GOOD[:at] + bytes([byte]) + GOOD[at + 1 :], st.integers(0, len(GOOD) - 1), st.integers(0, 255)
)
splices = st.builds(
    lambda start, stop, junk: GOOD[:start] + junk + GOOD[stop:],
    st.integers(0, len(GOOD)),
    st.integers(0, len(GOOD)),
    st.binary(max_size=20) | st.sampled_from([b"[" * 5000, b"9" * 5000, b"\n", b'"', b"1e999", b"\\ud800"]),
)


@given(lines | flips | splices | st.binary(max_size=200))
@example(b'{"footer":{}}')
def test_the_reader_raises_nothing_but_trace_errors(data: bytes) -> None:
    try:
        trace = read(data)
    except TraceError:
        return

    for event in trace:
        repr(event)


@given(st.binary(max_size=100), st.integers(0, 200), st.integers(1, 255))
def test_nor_does_it_for_damaged_packed_files(junk: bytes, at: int, flip: int) -> None:
    packed = bytearray(gzip.compress(GOOD, mtime=0) + junk)
    packed[at % len(packed)] ^= flip

    try:
        reader = TraceReader(gzip.GzipFile(fileobj=BytesIO(packed)))  # type: ignore[arg-type]
        list(reader)
    except TraceError:
        pass
    except zlib.error as error:  # pragma: no cover
        pytest.fail(f"leaked {error!r}")
