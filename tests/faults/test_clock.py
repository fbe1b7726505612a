"""Faults of clocks move the time of day and nothing else, and leave nothing behind."""

from time import monotonic, sleep, time
from typing import Any

import pytest

from simulator.faults import ClockDrift, ClockJump
from tests.support.faulted import Faulted


def errors(*faults: tuple[float, float, Any]) -> dict[float, float]:
    """By how much the clock of `a` is wrong, at each second."""

    def main() -> dict[float, float]:
        base = time() - monotonic()
        found = {}
        for _ in range(10):
            sleep(1)
            found[monotonic()] = round(time() - monotonic() - base, 3)
        return found

    found: dict[float, float] = Faulted(*faults).drive(a=main)
    return found


def test_a_clock_jumps_and_is_put_right() -> None:
    found = errors((2.5, 4, ClockJump("a", -3600)))

    assert found == {second: -3600 if 2.5 < second < 6.5 else 0 for second in range(1, 11)}


def test_two_jumps_add_up() -> None:
    found = errors((1.5, 4, ClockJump("a", 10)), (3.5, 4, ClockJump("a", 100)))

    assert list(found.values()) == [0, 10, 10, 110, 110, 100, 100, 0, 0, 0]


def test_a_clock_drifts_while_the_fault_lasts_and_keeps_what_it_gained() -> None:
    found = errors((2, 4, ClockDrift("a", 500_000)))

    assert [found[second] for second in (2, 3, 4, 6, 9)] == [0, 0.5, 1, 2, 2]


def test_drifts_overlap() -> None:
    found = errors((2, 4, ClockDrift("a", 1000)), (3, 4, ClockDrift("a", 2000)))

    assert [found[second] for second in (2, 3, 4, 5, 6, 7, 8)] == [0, 0.001, 0.004, 0.007, 0.01, 0.012, 0.012]


@pytest.mark.parametrize("fault", [ClockJump("b", 60), ClockDrift("b", 1000)])
def test_other_hosts_keep_the_time(fault: Any) -> None:
    assert set(errors((2, 4, fault)).values()) == {0}
