"""An event prints as one status line, with virtual time in its shortest exact form."""

import pytest

from simulator.trace.event import Event, format_ns, format_value


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "0s"),
        (1, "0.000000001s"),
        (1_500_000, "0.001500s"),
        (59_999_999_999, "59.999999999s"),
        (60_000_000_000, "1m00s"),
        (3_600_000_000_000, "1h00m00s"),
        (90_061_500_000_000, "25h01m01.500s"),
        (-1_500_000_000, "-1.500s"),
    ],
)
def test_virtual_time_prints_exactly_and_shortly(duration_ns: int, text: str) -> None:
    assert format_ns(duration_ns) == text


def test_an_event_is_a_line_with_its_number_time_host_kind_fields_and_cause() -> None:
    event = Event(7, 2_000_000_000, "worker", "fs.rename", {"path": "/a b", "to": "/c"}, 3)

    assert repr(event) == "<7 2s worker fs.rename path='/a b' to=/c because of 3>"
    assert event.line().split() == ["7", "2s", "worker", "fs.rename", "path='/a", "b'", "to=/c"]


def test_a_long_or_unprintable_value_stays_on_its_line() -> None:
    assert len(format_value("x" * 1000)) == 60
    assert "\n" not in format_value("a\nb" * 100)
    assert format_value("") == "''"


def test_an_event_cannot_be_changed() -> None:
    event = Event(1, 0, "", "note", {})

    with pytest.raises(AttributeError):
        event.seq = 2  # type: ignore[misc]
