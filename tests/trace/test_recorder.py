"""The recorder numbers, keeps, writes and hands on what happens, and never fails its caller."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import LimitReached, Misuse, SoundstageError
from simulator.trace import Event, Footer, Header, Level, Recorder, Trace, TraceWriter
from simulator.trace.recorder import BATCH_EVENTS, TEXT_CHARS_MAX


class Tape:
    """A sink that keeps what it is given, or fails."""

    def __init__(self, *, room: int = 1 << 30) -> None:
        self.lines = b""
        self.footer: Footer | None = None
        self.room = room

    def write(self, lines: bytes) -> None:
        if len(self.lines) + len(lines) > self.room:
            raise OSError(28, "No space left on device")
        self.lines += lines

    def finish(self, footer: Footer) -> None:
        self.footer = footer


def test_events_are_numbered_from_one_and_kept_in_order() -> None:
    recorder = Recorder()

    numbers = [recorder.emit(n, "worker", "net.send", {"bytes": n}) for n in range(3)]

    assert numbers == [1, 2, 3]
    assert [event.fields["bytes"] for event in recorder.events] == [0, 1, 2]


def test_a_cause_of_zero_means_none() -> None:
    recorder = Recorder()
    recorder.emit(0, "", "net.send", {}, 0)

    assert recorder.events[0].cause is None


def test_a_recorder_that_is_off_counts_and_keeps_nothing() -> None:
    recorder = Recorder(level=Level.OFF)
    recorder.emit(0, "", "proc.stdout", {"text": "x"})
    recorder.absorb("clock", b"1")

    assert recorder.emit(0, "", "net.send", {}) == 2
    assert recorder.events == []
    assert recorder.digest == ""
    assert recorder.finish("passed").events == 2


def test_subscribers_see_every_event_at_once_even_when_recording_is_off() -> None:
    for level in Level:
        recorder, seen = Recorder(level=level), list[Event]()
        stop = recorder.subscribe(seen.append)

        recorder.emit(0, "", "net.send", {})
        assert [event.seq for event in seen] == [1]

        stop()
        recorder.emit(0, "", "net.send", {})
        assert len(seen) == 1


def test_a_kind_of_detail_is_told_only_at_the_detail_level() -> None:
    plain, detailed = Recorder(), Recorder(level=Level.DETAIL)
    for recorder in (plain, detailed):
        recorder.emit(0, "", "fs.read", {"path": "/a"})
        recorder.emit(0, "", "fs.write", {"path": "/a"})

    assert [event.kind for event in plain.events] == ["fs.write"]
    assert [event.kind for event in detailed.events] == ["fs.read", "fs.write"]


def test_at_the_detail_level_each_absorbed_value_is_an_event() -> None:
    recorder = Recorder(level=Level.DETAIL)
    recorder.emit(5, "worker", "net.send", {})
    recorder.absorb("clock", b"12345678")

    last = recorder.events[-1]
    assert (last.kind, last.at_ns, last.fields["label"], last.fields["size"]) == ("absorbed", 5, "clock", 8)


def test_only_the_last_events_are_kept_when_asked() -> None:
    recorder, unbounded = Recorder(events_kept_max=3), Recorder()
    for n in range(3000):
        recorder.emit(n, "", "net.send", {})
        unbounded.emit(n, "", "net.send", {})

    assert [event.seq for event in recorder.events] == [2998, 2999, 3000]
    assert recorder.digest == unbounded.digest


def test_the_footer_counts_and_a_second_finish_changes_nothing() -> None:
    recorder = Recorder(sink=(sink := Tape()))
    recorder.emit(4, "", "net.send", {})
    recorder.emit(9, "", "net.eof", {})

    footer = recorder.finish("violated", message="lost", tape={"seed": 7})

    assert (footer.outcome, footer.events, footer.end_ns) == ("violated", 2, 9)
    assert footer.counts == {"net.eof": 1, "net.send": 1}
    assert recorder.finish("passed") is footer is sink.footer


def test_a_batch_reaches_the_sink_without_waiting_for_the_end() -> None:
    recorder = Recorder(sink=(sink := Tape()))
    for _ in range(BATCH_EVENTS):
        recorder.emit(0, "", "net.send", {})

    assert sink.lines.count(b"\n") == BATCH_EVENTS


def test_much_output_of_a_program_does_not_wait_in_memory() -> None:
    recorder = Recorder(sink=(sink := Tape()))
    for _ in range(40):
        recorder.emit(0, "", "proc.stdout", {"text": "x" * 60_000})

    assert len(sink.lines) > 1_000_000


def test_a_trace_that_grows_too_long_is_trouble_with_the_limits_name_and_does_not_raise() -> None:
    troubles: list[SoundstageError] = []
    recorder = Recorder(trace_bytes_max=200_000, on_trouble=troubles.append, sink=(sink := Tape()))
    for _ in range(20_000):
        recorder.emit(0, "", "net.send", {"conn": "a-b"})

    assert isinstance(recorder.trouble, LimitReached)
    assert recorder.trouble.limit == "trace_bytes_max"
    assert troubles == [recorder.trouble]
    assert len(sink.lines) < 400_000
    footer = recorder.finish("stuck")
    assert footer.cut
    assert footer.events == 20_000
    assert "trace_bytes_max" in footer.message


def test_a_full_disk_is_trouble_and_does_not_raise() -> None:
    recorder = Recorder(sink=Tape(room=100_000))
    for _ in range(5000):
        recorder.emit(0, "", "net.send", {})

    assert isinstance(recorder.trouble, Misuse)
    assert "No space left" in str(recorder.trouble)
    assert recorder.finish("passed").cut


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    recorder = Recorder()
    recorder.emit(0, "", "proc.stdout", {"text": "x" * 200_000})
    recorder.emit(0, "", "proc.stdout", {"text": "x" * 199_999 + "y"})

    first, second = (event.fields["text"] for event in recorder.events)
    assert len(first) < TEXT_CHARS_MAX + 100
    assert "[200,000 characters, checksum " in first
    assert first != second


def test_a_full_disk_at_the_very_end_is_trouble_too(tmp_path: Path) -> None:
    class Full(TraceWriter):
        def finish(self, footer: Footer) -> None:
            self.close()
            raise Misuse("the trace cannot be written: No space left on device")

    recorder = Recorder(sink=Full(tmp_path / "run.jsonl", Header()))
    recorder.emit(0, "", "net.send", {})

    assert recorder.finish("passed").outcome == "passed"
    assert isinstance(recorder.trouble, Misuse)


@pytest.mark.parametrize("interrupted", range(0, 400, 3))
def test_ctrl_c_at_any_point_leaves_a_readable_trace(tmp_path: Path, interrupted: int) -> None:
    with TraceWriter(tmp_path / "run.jsonl", Header()) as writer:
        recorder = Recorder(sink=writer)
        steps = 0

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == interrupted:
                raise KeyboardInterrupt
            return step

        before = sys.gettrace()
        try:
            sys.settrace(step)
            for n in range(5):
                recorder.emit(n, "", "proc.stdout", {"text": "x"})
                recorder.flush()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        recorder.emit(9, "", "net.send", {})
        recorder.finish("interrupted")

    trace = Trace.load(tmp_path / "run.jsonl")

    assert trace.footer is not None
    assert trace.footer.outcome == "interrupted"
    assert trace.complete or trace.footer.cut


class Grumpy:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"raw \xff", "raw \\xff"),
        ("file-\udcff", "file-\\udcff"),
        ({(1, 2): 3}, {"[1, 2]": 3}),
        ([1 << 20_000], [hex(1 << 20_000)]),
        (Grumpy(), "<unprintable Grumpy>"),
    ],
)
def test_what_is_not_json_becomes_the_nearest_that_is(value: object, kept: object) -> None:
    recorder = Recorder(sink=Tape())
    recorder.emit(0, "", "net.send", {"odd": value, "bad": "\udcff"})

    assert recorder.events[0].fields["odd"] == kept


@given(st.lists(st.binary(max_size=8), max_size=5))
def test_words_of_a_program_may_be_any_bytes(chunks: list[bytes]) -> None:
    recorder = Recorder(strict=True)
    for chunk in chunks:
        recorder.emit(0, "worker", "proc.stdout", {"text": chunk})

    assert all(isinstance(event.fields["text"], str) for event in recorder.events)


def test_a_run_that_was_killed_leaves_a_readable_trace_that_says_so(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "run.jsonl", Header(scenario="s", seed=1))
    recorder = Recorder(sink=writer)
    for n in range(BATCH_EVENTS + 5):
        recorder.emit(n, "", "net.send", {})

    trace = Trace.load(tmp_path / "run.jsonl")  # neither flushed nor finished
    writer.close()

    assert len(trace) == BATCH_EVENTS
    assert not trace.complete
    assert trace.ending == "there is no footer: the run was cut off after event 1,024"
    assert trace.header.seed == 1
