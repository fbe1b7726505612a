"""A plan is a pure function of the choices and the menu; zeros are no faults; each item draws for itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import Misuse
from simulator.faults import ClockJump, Kill, Partition, Plan, PowerCycle, may, plan
from simulator.faults.plan import TIMES_MAX, MenuItem
from simulator.kernel.choices import Choices
from simulator.kernel.tape import Tape

CUT = may(PowerCycle("worker"), times_max=3, lasts_s=(1, 5))
NET = may(Partition("a", "b"), Partition("a", "b", one_way=True), times_max=4)
MENU = (CUT, NET, may(ClockJump("a", 60.0)))
seeds = st.integers(0, 2**32)


def drawn(seed: int, *menu: MenuItem, horizon_s: float = 30.0) -> Plan:
    return plan(Choices.from_seed(seed), menu, horizon_s=horizon_s)


@given(seeds)
def test_the_same_seed_gives_the_same_plan(seed: int) -> None:
    assert drawn(seed, *MENU) == drawn(seed, *MENU)


@given(seeds)
def test_a_tape_gives_the_plan_that_it_was_recorded_with(seed: int) -> None:
    choices = Choices.from_seed(seed)
    first = plan(choices, MENU, horizon_s=30)

    assert plan(Choices.replay(choices.tape), MENU, horizon_s=30) == first


def test_zeros_are_no_faults() -> None:
    assert plan(Choices.replay(Tape(())), MENU, horizon_s=30) == Plan()
    assert str(Plan()) == "no faults"


@given(seeds)
def test_faults_come_in_order_within_the_horizon_and_last_as_long_as_they_may(seed: int) -> None:
    found = drawn(seed, *MENU).faults

    assert [one.at_ns for one in found] == sorted(one.at_ns for one in found)
    assert all(0 <= one.at_ns < 30 * 10**9 for one in found)
    assert all(10**9 <= one.lasts_ns <= 5 * 10**9 for one in found if isinstance(one.fault, PowerCycle))
    assert sum(isinstance(one.fault, PowerCycle) for one in found) <= 3
    assert sum(isinstance(one.fault, Partition) for one in found) <= 4


def test_seeds_turn_items_on_and_off_independently() -> None:
    kinds = {frozenset(type(one.fault).__name__ for one in drawn(seed, *MENU).faults) for seed in range(200)}

    assert len(kinds) == 8  # Every subset of the three.


@given(seeds)
def test_an_item_more_leaves_the_faults_of_the_others_as_they_are(seed: int) -> None:
    before = drawn(seed, CUT).faults
    after = drawn(seed, CUT, NET).faults

    assert tuple(one for one in after if isinstance(one.fault, PowerCycle)) == before


def test_a_plan_says_itself_in_words_and_as_data() -> None:
    seed = next(seed for seed in range(100) if len(drawn(seed, may(Kill("worker", "ingest"))).faults) == 1)
    found = drawn(seed, may(Kill("worker", "ingest")))

    assert "kill ingest on worker, for " in str(found)
    assert found.as_data()[0].items() >= {"kind": "kill", "host": "worker", "service": "ingest"}.items()


@pytest.mark.parametrize(
    "wrong",
    [
        {"faults": ()},
        {"faults": (Kill("a"),), "times_max": 0},
        {"faults": (Kill("a"),), "times_max": TIMES_MAX + 1},
        {"faults": (Kill("a"),), "lasts_s": (3.0, 1.0)},
        {"faults": (Kill("a"),), "lasts_s": (-1.0, 1.0)},
    ],
)
def test_a_menu_item_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Misuse):
        MenuItem(**wrong)  # type: ignore[arg-type]
