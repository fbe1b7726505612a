"""The part plan is a partition of every file: no byte twice, none left out, and part n the same whatever its size."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stream.plan import MIB, PART_BYTES_MAX, PARTS_MAX, PartPlan

PLAN = PartPlan(8 * MIB)
numbers = st.integers(1, PARTS_MAX)
sizes = st.integers(0, PLAN.bytes_max)


@given(n=numbers)
def test_parts_follow_each_other_without_gap(n: int) -> None:
    assert PLAN.offset(n) + PLAN.size(n) == PLAN.offset(n + 1)


@given(size=sizes)
def test_full_parts_are_those_that_end_within_the_file(size: int) -> None:
    full = PLAN.full_parts(size)

    assert PLAN.offset(full + 1) <= size
    assert full == PARTS_MAX or PLAN.offset(full + 1) + PLAN.size(full + 1) > size


@given(base=st.integers(1, 100), size=st.integers(0, 500_000))
def test_the_ranges_of_a_file_are_all_of_it(base: int, size: int) -> None:
    plan = PartPlan(base)
    if size > plan.bytes_max:
        return

    ranges = plan.ranges_of(size)

    assert [span.n for span in ranges] == list(range(1, len(ranges) + 1))
    assert sum(span.size for span in ranges) == size
    assert all(span.end == after.offset for span, after in itertools.pairwise(ranges))
    assert all(span == plan.range_of(span.n) for span in ranges[:-1])


def test_ten_thousand_parts_hold_almost_eight_tebibytes_and_none_is_too_large_for_s3() -> None:
    assert PLAN.bytes_max == 8 * MIB * 1_000 * 1_023
    assert PLAN.size(PARTS_MAX) == 4 << 30 <= PART_BYTES_MAX
    with pytest.raises(ValueError, match="more than 10000 parts hold"):
        PLAN.ranges_of(PLAN.bytes_max + 1)


def test_a_plan_is_found_again_by_its_name() -> None:
    assert PartPlan.named(PLAN.name) == PLAN
    with pytest.raises(ValueError, match="unknown part plan 'square-3'"):
        PartPlan.named("square-3")


@pytest.mark.parametrize("base", [0, -1, 11 * MIB])
def test_a_base_that_makes_parts_which_s3_refuses_is_refused(base: int) -> None:
    with pytest.raises(ValueError, match="a part base is from 1 to"):
        PartPlan(base)
