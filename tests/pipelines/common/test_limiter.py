"""No more at once than was said, fewer after complaints, and nobody who leaves takes a place with him."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.common.limiter import ByteBudget, Limiter
from pipelines.common.retry import full_jitter
from simulator import simulate


async def _held(limiter: Limiter, tasks: int) -> int:
    """How many of so many tasks are let through at once."""
    most = now = 0

    async def work() -> None:
        nonlocal most, now
        async with limiter.slot():
            now += 1
            most = max(most, now)
            await asyncio.sleep(1.0)
            now -= 1

    await asyncio.gather(*(work() for _ in range(tasks)))
    return most


def test_so_many_at_once_and_no_more() -> None:
    async def main() -> tuple[int, int]:
        limiter = Limiter(3)
        return await _held(limiter, 10), limiter.in_flight

    assert simulate(main).value == (3, 0)


def test_complaints_halve_it_once_for_what_was_under_way_together_and_answers_bring_it_back() -> None:
    async def main() -> list[float]:
        limiter, seen = Limiter(16), []
        for _ in range(5):
            limiter.throttled()
        seen.append(limiter.limit)
        seen.append(await _held(limiter, 20))
        await asyncio.sleep(60)
        limiter.throttled()
        seen.append(limiter.limit)
        for _ in range(400):
            limiter.succeeded()
        seen.append(limiter.limit)
        return seen

    assert simulate(main).value == [8, 8, 4, 16]


def test_after_a_complaint_all_wait_a_moment() -> None:
    async def main() -> float:
        limiter = Limiter(4)
        limiter.throttled()
        began = asyncio.get_running_loop().time()
        await _held(limiter, 1)
        return asyncio.get_running_loop().time() - began

    assert 1.1 <= simulate(main).value < 2.0


def test_who_leaves_while_waiting_takes_no_place() -> None:
    async def main() -> int:
        limiter = Limiter(1)
        async with limiter.slot():
            waiting = [asyncio.create_task(_held(limiter, 1)) for _ in range(5)]
            await asyncio.sleep(0.1)
            for task in waiting[:4]:
                task.cancel()
        assert await waiting[4] == 1
        return limiter.in_flight

    assert simulate(main).value == 0


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12), leave=st.sets(st.integers(0, 11)))
def test_no_more_bytes_than_there_is_room_for_whoever_leaves(sizes: list[int], leave: set[int]) -> None:
    async def main() -> int:
        budget, now = ByteBudget(20), 0

        async def work(size: int) -> None:
            nonlocal now
            async with budget.hold(size):
                now += min(size, 20)
                assert now <= 20
                try:
                    await asyncio.sleep(0)
                finally:
                    now -= min(size, 20)

        tasks = [asyncio.create_task(work(size)) for size in sizes]
        await asyncio.sleep(0)
        for n in leave & set(range(len(tasks))):
            tasks[n].cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() or task.exception() is None for task in tasks)
        return budget.held

    assert asyncio.run(main()) == 0


@pytest.mark.parametrize(("tries", "most_s"), [(1, 0.5), (2, 1.0), (5, 8.0), (50, 8.0), (5000, 8.0)])
def test_a_wait_is_anything_up_to_a_bound_that_doubles_up_to_the_cap(tries: int, most_s: float) -> None:
    waits = [full_jitter(tries, base_s=0.5, cap_s=8.0) for _ in range(200)]

    assert 0.0 <= min(waits) < most_s / 4
    assert most_s * 0.75 < max(waits) <= most_s
