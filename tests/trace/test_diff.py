"""Two traces that differ are told apart at the first event, field, byte or header, on one screen."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.trace import Event, Header, Recorder, Trace
from simulator.trace.diff import diff, diff_files
from tests.support.traces import INGEST, ingest_file, ingest_trace, recorded, stories

HEAD = "PUT /bucket/a HTTP/1.1\r\nHost: s3\r\nX-Amz-Date: 20260101T00000{}Z\r\n\r\nX-Amz-Date: body"


def changed(seq: int, **parts: Any) -> Trace:
    events = list(INGEST)
    old = events[seq - 1]
    events[seq - 1] = Event(**({name: getattr(old, name) for name in old.__struct_fields__} | parts))
    return recorded(events).trace()


def send(**fields: object) -> Trace:
    return recorded([Event(1, 0, "worker", "net.send", fields)]).trace()


def test_equal_stories_are_equal_and_say_how_long_they_are() -> None:
    difference = diff(ingest_trace(), ingest_trace())

    assert not difference
    assert difference.text() == "the stories are equal: 6 events"


@pytest.mark.parametrize(
    ("parts", "field", "place"),
    [
        ({"at_ns": 2_500}, "at_ns", ""),
        ({"host": "other"}, "host", "byte 0"),
        ({"kind": "fs.read!"}, "kind", "byte 3"),
        ({"cause": 1}, "cause", ""),
        ({"fields": {"path": "/tmp/b", "bytes": 10}}, "fields.path", "byte 5"),
        ({"fields": {"path": "/tmp/a", "bytes": 11}}, "fields.bytes", ""),
        ({"fields": {"path": "/tmp/a"}}, "fields.bytes", ""),
        ({"fields": {"path": "/tmp/a", "bytes": True}}, "fields.bytes", ""),
    ],
)
def test_the_first_differing_part_is_named(parts: dict[str, Any], field: str, place: str) -> None:
    difference = diff(ingest_trace(), changed(3, **parts))

    assert difference
    assert (difference.kind, difference.seq, difference.field, difference.place) == ("event", 3, field, place)
    assert [event.seq for event in difference.before] == [1, 2]


def test_the_call_site_comes_from_the_event_or_its_nearest_cause() -> None:
    assert diff(ingest_trace(), changed(6, fields={"code": 1})).where == "ingest.py:40"
    assert diff(ingest_trace(), changed(3, at_ns=2_001)).where == "main.py:3"


def test_a_difference_in_an_http_head_names_the_header() -> None:
    difference = diff(send(head=HEAD.format(1)), send(head=HEAD.format(2)))

    assert difference.place == "header X-Amz-Date (byte 60)"
    assert "20260101T000001Z" in difference.left_value
    assert "20260101T000002Z" in difference.right_value


def test_a_difference_in_a_body_names_the_byte_only() -> None:
    assert diff(send(head=HEAD + "é1"), send(head=HEAD + "é2")).place == f"byte {len(HEAD) + 2}"


def test_a_difference_in_a_list_of_headers_names_the_header() -> None:
    left = send(headers=[["host", "s3"], ["date", "Mon"]])
    right = send(headers=[["host", "s3"], ["date", "Tue"]])

    assert diff(left, right).field == "fields.headers.date[1]"


def test_a_long_text_is_shown_around_its_difference_only() -> None:
    difference = diff(send(text="x" * 5000 + "left" + "y" * 5000), send(text="x" * 5000 + "right" + "y" * 5000))

    assert difference.place == "byte 5000"
    assert len(difference.left_value) < 80
    assert len(max(difference.text().splitlines(), key=len)) <= 240


def test_a_story_that_ends_early_is_told_as_such() -> None:
    shorter = recorded(INGEST[:4]).trace()

    difference = diff(ingest_trace(), shorter)

    assert (difference.kind, difference.events, difference.right) == ("length", 4, None)
    assert "equal for 4 events, then one of them ends" in difference.text()


def test_values_between_events_are_told_apart_although_the_events_are_equal() -> None:
    left, right = Recorder(), Recorder()
    for recorder, clock in ((left, b"1"), (right, b"2")):
        recorder.emit(0, "", "net.send", {})
        recorder.absorb("clock", clock)
        recorder.finish("passed")

    difference = diff(left.trace(), right.trace())

    assert difference.kind == "absorbed"
    assert "detail level" in difference.text()


def test_another_outcome_of_the_same_events_is_a_difference() -> None:
    left, right = Recorder(), Recorder()
    left.finish("passed")
    right.finish("violated")

    assert diff(left.trace(), right.trace()).kind == "outcome"


def test_headers_are_compared_but_do_not_make_a_difference() -> None:
    left = recorded(INGEST, header=Header(seed=1, provenance={"python": "3.11", "libraries": {"redis": "8"}})).trace()
    right = recorded(INGEST, header=Header(seed=2, provenance={"python": "3.12", "libraries": {"redis": "8"}})).trace()

    difference = diff(left, right)

    assert not difference
    assert [header.name for header in difference.headers] == ["seed", "provenance.python"]
    assert "seed: 1 / 2" in difference.text()


def test_a_report_fits_one_screen() -> None:
    wide = {f"field{n}": "word " * 50 for n in range(50)}
    left = recorded([*INGEST, Event(7, 10**6, "", "net.send", wide | {"z": 1})]).trace()
    right = recorded([*INGEST, Event(7, 10**6, "", "net.send", wide | {"z": 2})]).trace()

    assert len(diff(left, right).text().splitlines()) <= 24


def test_files_are_compared(tmp_path: Path) -> None:
    one, other = ingest_file(tmp_path / "a.jsonl"), ingest_file(tmp_path / "b.jsonl.gz")

    assert not diff_files(str(one), str(other))


@given(stories(), stories())
def test_a_difference_is_found_exactly_when_the_digests_differ(left: list[Event], right: list[Event]) -> None:
    one, other = recorded(left), recorded(right)

    difference = diff(one.trace(), other.trace())

    assert bool(difference) == (one.digest != other.digest)
    assert difference.text()


@given(stories(), st.integers(0, 5))
def test_a_story_is_equal_to_itself(events: list[Event], context: int) -> None:
    assert not diff(recorded(events).trace(), recorded(events).trace(), context=context)
