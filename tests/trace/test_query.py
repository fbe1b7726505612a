"""A trace answers questions, and a question that fails says what there was instead."""

import pytest

from simulator.errors import Misuse
from simulator.trace import Event, NotInTrace, Trace
from tests.support.traces import ingest_trace, recorded


def test_events_are_found_by_kind_family_host_and_field() -> None:
    trace = ingest_trace()

    assert [event.seq for event in trace.of("fs.*")] == [2, 3, 4]
    assert [event.seq for event in trace.of("*", host="s3")] == [5]
    assert [event.seq for event in trace.of("fs.*", path="/tmp/a")] == [3, 4]
    assert [event.seq for event in trace.of("fs.*", bytes=lambda size: size > 5)] == [3]
    assert trace.count("proc.start", argv=("ingest.py",)) == 1
    assert trace.hosts() == ("worker", "s3")
    assert trace.on("s3").kinds() == {"net.accept": 1}


def test_parts_of_a_trace_are_traces() -> None:
    trace = ingest_trace()

    assert [e.seq for e in trace.between(trace.first("fs.open"), trace.last("proc.exit"))] == [3, 4, 5]
    assert [e.seq for e in trace.during(1_000, 3_000)] == [2, 3]
    assert [e.seq for e in trace[-2:].of("net.*")] == [5]
    assert trace[0] == trace.first()


def test_the_causes_of_an_event_go_back_to_the_beginning_even_from_a_part() -> None:
    exits = ingest_trace().of("proc.exit")

    assert [event.seq for event in exits.causes(exits.first())] == [6, 4, 3, 2, 1]


def test_a_missing_event_is_answered_with_those_of_its_kind() -> None:
    with pytest.raises(NotInTrace) as caught:
        ingest_trace().first("fs.rename", to="/done/b")

    assert str(caught.value).startswith("no event fs.rename to=/done/b; of this kind there are:\n  <4 ")


def test_a_missing_kind_is_answered_with_its_family_or_with_all() -> None:
    with pytest.raises(NotInTrace, match=r"no event fs\.unlink; of this family there are: 1 fs\.open"):
        ingest_trace().last("fs.unlink")
    with pytest.raises(NotInTrace, match=r"no event dns\.query; there are: 1 fs\.open"):
        ingest_trace().first("dns.query")
    with pytest.raises(NotInTrace, match="the trace is empty"):
        Trace([]).first("fs.open")


def states(*names: str) -> Trace:
    return recorded([Event(0, 0, "", "stream.state", {"key": "lobby.mp4", "to": name}) for name in names]).trace()


def test_a_field_is_followed_through_its_values() -> None:
    trace = states("active", "pending", "completed")

    assert trace.matches("stream.state", to=["active", "pending", "completed"], key="lobby.mp4")
    assert not trace.matches("stream.state", to=["active", "completed"], key="lobby.mp4")
    assert not trace.matches("stream.state", to=["active", "pending", "completed"], key="other.mp4")
    assert trace.matches("stream.state", to=[], key="other.mp4")


def test_an_ellipsis_stands_for_any_values() -> None:
    trace = states("a", "b", "c", "b", "d")

    assert trace.matches("stream.state", to=["a", ..., "d"])
    assert trace.matches("stream.state", to=[..., "b", "d", ...])
    assert trace.matches("stream.state", to=["a", ..., "b", "c", "b", "d"])
    assert not trace.matches("stream.state", to=["a", ..., "c", "d"])
    assert not trace.matches("stream.state", to=[..., "x", ...])


def test_a_failing_match_prints_what_was_found() -> None:
    answer = states("active", "completed").matches("stream.state", to=["active", "pending"], key="lobby.mp4")

    assert repr(answer) == ("<stream.state key=lobby.mp4: to was active -> completed, expected active -> pending>")


def test_a_match_follows_exactly_one_field() -> None:
    with pytest.raises(Misuse, match="follows one field"):
        states("a").matches("stream.state", to=["a"], key=["b"])


def test_a_trace_prints_as_a_status_line() -> None:
    assert repr(ingest_trace()) == "<Trace of 6 events, 0s to 0.000005s, passed>"
    assert repr(Trace([])) == "<Trace of no events>"
