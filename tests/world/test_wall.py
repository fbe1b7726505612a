"""A wall clock is base plus offset plus drift, to the nanosecond, and monotonic clocks never follow it."""

import datetime as dt
import time

from hypothesis import given
from hypothesis import strategies as st

from simulator.world.wall import EPOCH_NS, SPREAD_NS, Wall
from tests.support.hosts import Hosts
from tests.support.processes import OneHost

NS = 10**9
times = st.integers(0, 10**18)


@given(times, times)
def test_a_clock_that_nobody_touched_shows_base_and_time(base_ns: int, now_ns: int) -> None:
    assert Wall(base_ns).wall_ns(now_ns) == base_ns + now_ns


@given(times, times, st.integers(-(10**18), 10**18))
def test_a_jump_moves_the_clock_by_as_much(base_ns: int, now_ns: int, by_ns: int) -> None:
    wall = Wall(base_ns)
    wall.jump(by_ns)

    assert wall.wall_ns(now_ns) == base_ns + now_ns + by_ns


def test_a_drift_adds_up_from_when_it_began() -> None:
    wall = Wall(0)
    wall.drift(10 * NS, 1000)

    assert wall.wall_ns(10 * NS) == 10 * NS
    assert wall.wall_ns(20 * NS) == 20 * NS + 10_000


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(-(10**6), 10**6)), max_size=6))
def test_a_change_of_drift_does_not_move_the_clock(changes: list[tuple[int, int]]) -> None:
    wall, now_ns = Wall(0), 0
    for after_ns, ppb in changes:
        now_ns += after_ns
        before_ns = wall.wall_ns(now_ns)
        wall.drift(now_ns, ppb)
        assert wall.wall_ns(now_ns) == before_ns


def test_setting_a_clock_keeps_its_drift() -> None:
    wall = Wall(0)
    wall.drift(0, 1_000_000)
    wall.set_wall_ns(10 * NS, 500 * NS)

    assert wall.wall_ns(10 * NS) == 500 * NS
    assert wall.wall_ns(11 * NS) == 501 * NS + NS // 1000


def test_a_clock_put_right_is_right_and_steady() -> None:
    wall = Wall(7)
    wall.jump(123)
    wall.drift(5, 99)
    wall.right(1000)

    assert wall.wall_ns(5 * NS) == 7 + 5 * NS


def test_the_day_on_which_a_run_begins_is_drawn_within_a_year() -> None:
    bases = {OneHost(seed=seed).world.wall_base_ns for seed in range(20)}

    assert len(bases) == 20
    assert all(EPOCH_NS <= base_ns < EPOCH_NS + SPREAD_NS for base_ns in bases)


def test_every_clock_of_a_program_follows_its_own_host() -> None:
    hosts = Hosts()
    hosts.world.host("b").wall.jump(-3600 * NS)

    def show() -> tuple[float, float, float, str]:
        time.sleep(2)
        utc = dt.datetime.now(dt.UTC).timestamp()
        return time.time(), utc, time.monotonic(), time.strftime("%H:%M:%S", time.gmtime())

    hosts.run(stage=lambda: time.sleep(3), a=show, b=show)
    (wall_a, utc_a, mono_a, text_a), (wall_b, utc_b, mono_b, text_b) = hosts.results["a"], hosts.results["b"]

    assert round(wall_a - wall_b, 6) == round(utc_a - utc_b, 6) == 3600
    assert mono_a == mono_b == 2.0
    assert text_a != text_b


def test_a_program_that_sets_the_clock_sets_its_hosts() -> None:
    def main() -> list[float]:
        time.clock_settime(time.CLOCK_REALTIME, 1_000_000_000)
        time.sleep(1)
        return [time.time(), time.monotonic()]

    assert OneHost().run(main) == [1_000_000_001.0, 1.0]
