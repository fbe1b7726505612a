"""A file is idle when nothing has changed for the idle time, as two looks agree that are far enough apart."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.stream.stillness import Stillness

IDLE_S, SETTLE_S = 10.0, 2.0


def idle(still: Stillness, now_s: float) -> bool:
    return still.idle(now_s, IDLE_S, SETTLE_S)


def test_a_file_that_stays_as_it_is_becomes_idle() -> None:
    still = Stillness()
    still.look(100.0, 5, 1)

    still.look(109.9, 5, 1)
    assert not idle(still, 109.9)
    still.look(110.0, 5, 1)
    assert idle(still, 110.0)


def test_a_change_of_the_time_alone_is_activity() -> None:
    still = Stillness()
    still.look(100.0, 5, 1)

    still.look(109.0, 5, 2)

    assert not idle(still, 118.9)
    assert idle(still, 119.0)


def test_what_was_known_before_this_process_counts_but_two_looks_are_needed() -> None:
    still = Stillness()
    still.look(100.0, 5, 1)
    still.remember(5, 1, quiet_s=3600.0)

    assert not idle(still, 100.0)
    assert not idle(still, 101.9)
    assert idle(still, 102.0)


def test_what_was_known_of_another_size_does_not_count() -> None:
    still = Stillness()
    still.look(100.0, 5, 1)
    still.remember(4, 1, quiet_s=3600.0)

    assert not idle(still, 102.0)


def test_a_time_from_the_future_is_none() -> None:
    still = Stillness()
    still.look(100.0, 5, 1)
    still.remember(5, 1, quiet_s=-50.0)

    assert idle(still, 110.0)


def test_after_a_jump_of_the_clock_it_waits_anew() -> None:
    still = Stillness()
    still.look(100.0, 5, 1)

    still.rearm(150.0)

    assert not idle(still, 159.9)
    assert idle(still, 160.0)


def test_a_file_is_gone_after_two_looks_in_vain() -> None:
    still = Stillness()
    still.look_in_vain(100.0)
    assert not still.gone(101.9, SETTLE_S)
    still.look_in_vain(102.0)
    assert still.gone(102.0, SETTLE_S)
    still.look(102.5, 5, 1)
    assert not still.gone(110.0, SETTLE_S)


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 3)), min_size=1, max_size=50))
def test_never_idle_within_the_idle_time_of_a_change_that_was_seen(looks: list[tuple[float, int]]) -> None:
    still, now_s, changed_s, size = Stillness(), 1000.0, 1000.0, -1
    for step_s, new in looks:
        now_s += step_s
        if new != size:
            size, changed_s = new, now_s
        still.look(now_s, size, 0)
        if idle(still, now_s):
            assert now_s - changed_s >= IDLE_S
