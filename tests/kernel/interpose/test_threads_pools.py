"""Thread pools, `to_thread` and everything else that leads from a loop to a thread and back, unmodified."""

import asyncio
import concurrent.futures
import contextvars
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from tests.support.processes import OneHost, run_in_process

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return time.monotonic()


def test_a_pool_has_as_many_workers_as_it_was_given() -> None:
    def main() -> list[float]:
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(nap, [1, 2, 3, 4]))

    assert run_in_process(main) == [1.0, 2.0, 4.0, 6.0]


def test_the_default_pool_does_not_depend_on_the_machine() -> None:
    def main() -> int:
        with ThreadPoolExecutor() as pool:
            return pool._max_workers

    assert run_in_process(main) == 8


def test_futures_complete_in_the_order_of_virtual_time() -> None:
    def main() -> list[Any]:
        with ThreadPoolExecutor(4) as pool:
            futures = {pool.submit(nap, seconds): seconds for seconds in (3, 1, 2)}
            order = [futures[future] for future in concurrent.futures.as_completed(futures)]
            late = pool.submit(nap, 60)
            done, waiting = concurrent.futures.wait([late], timeout=5)
            with pytest.raises(TimeoutError):
                late.result(timeout=5)
            return [order, len(done), len(waiting), time.monotonic()]

    assert run_in_process(main) == [[1, 2, 3], 0, 1, 13.0]


def test_workers_are_named_from_the_first_in_every_process() -> None:
    def main() -> list[str]:
        names: list[str] = []
        for _ in range(2):
            with ThreadPoolExecutor(1) as pool:
                names.append(pool.submit(lambda: threading.current_thread().name).result())
        return names

    expected = ["ThreadPoolExecutor-0_0", "ThreadPoolExecutor-1_0"]
    assert [run_in_process(main), run_in_process(main)] == [expected, expected]


def test_a_cancelled_await_leaves_its_thread_at_work() -> None:
    async def run() -> list[Any]:
        marks: list[float] = []
        task = asyncio.create_task(asyncio.to_thread(lambda: marks.append(nap(5))))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        seen = [task.cancelled(), list(marks), time.monotonic()]
        await asyncio.sleep(10)
        return [*seen, marks]

    assert run_in_process(lambda: asyncio.run(run())) == [True, [], 1.0, [5.0]]


def test_contexts_cross_into_to_thread_and_not_into_an_executor() -> None:
    async def run() -> list[str]:
        who.set("the loop")
        loop = asyncio.get_running_loop()
        return [await asyncio.to_thread(who.get), await loop.run_in_executor(None, who.get)]

    assert run_in_process(lambda: asyncio.run(run())) == ["the loop", "nobody"]


def test_a_thread_has_no_loop_and_may_run_one_of_its_own() -> None:
    async def run() -> list[Any]:
        with pytest.raises(RuntimeError, match="no running event loop"):
            await asyncio.to_thread(asyncio.get_running_loop)
        loops: list[Any] = []

        async def inner(name: str) -> float:
            loops.append(asyncio.get_running_loop())
            await asyncio.sleep(5)
            return asyncio.get_running_loop().time()

        times = await asyncio.gather(*(asyncio.to_thread(asyncio.run, inner(name)) for name in "ab"))
        return [times, len({id(loop) for loop in [*loops, asyncio.get_running_loop()]})]

    assert run_in_process(lambda: asyncio.run(run())) == [[5.0, 5.0], 3]


def test_threads_reach_the_loop() -> None:
    async def run() -> list[Any]:
        loop, rung = asyncio.get_running_loop(), asyncio.Event()

        def work() -> list[Any]:
            time.sleep(1)
            loop.call_soon_threadsafe(rung.set)
            future = asyncio.run_coroutine_threadsafe(asyncio.sleep(2, "slept"), loop)
            with pytest.raises(TimeoutError):
                future.result(timeout=1)
            return [future.result(), time.monotonic()]

        working = loop.run_in_executor(None, work)
        await rung.wait()
        return [loop.time(), *await working]

    assert run_in_process(lambda: asyncio.run(run())) == [1.0, "slept", 3.0]


@pytest.mark.skipif(sys.version_info < (3, 13), reason="it came with 3.12, whose first releases wait all the same")
def test_shutting_the_default_executor_down_may_time_out() -> None:
    async def run() -> list[Any]:
        loop = asyncio.get_running_loop()
        sleeping = loop.run_in_executor(None, nap, 60)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            await loop.shutdown_default_executor(timeout=5)  # type: ignore[call-arg]
        return [loop.time(), len(told), await sleeping]

    assert run_in_process(lambda: asyncio.run(run())) == [5.0, 1, 60.0]


def test_a_run_waits_for_its_default_executor() -> None:
    async def run() -> None:
        asyncio.get_running_loop().run_in_executor(None, nap, 5)

    def main() -> float:
        asyncio.run(run())
        return time.monotonic()

    assert run_in_process(main) == 5.0


def test_anyio_limits_its_threads() -> None:
    async def run() -> list[float]:
        limiter, ends = anyio.CapacityLimiter(2), []

        async def work() -> None:
            ends.append(await anyio.to_thread.run_sync(nap, 1, limiter=limiter))

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(work)
        return ends

    assert run_in_process(lambda: anyio.run(run)) == [1.0, 1.0, 2.0, 2.0, 3.0]


def test_anyio_waits_for_a_thread_unless_told_to_abandon_it() -> None:
    async def run() -> list[float]:
        ends = []
        for abandon in (False, True):
            with anyio.move_on_after(1):
                await anyio.to_thread.run_sync(nap, 5, abandon_on_cancel=abandon)
            ends.append(time.monotonic())
        return ends

    assert run_in_process(lambda: anyio.run(run)) == [5.0, 6.0]


def test_anyio_comes_back_from_threads() -> None:
    async def run() -> list[Any]:
        def work() -> list[Any]:
            return [
                anyio.from_thread.run(anyio.sleep, 2),
                anyio.from_thread.run_sync(threading.current_thread) is threading.main_thread(),
            ]

        return [*await anyio.to_thread.run_sync(work), time.monotonic()]

    assert run_in_process(lambda: anyio.run(run)) == [None, True, 2.0]


def test_a_blocking_portal_runs_a_loop_in_a_thread() -> None:
    async def add(first: int, second: int) -> tuple[int, float]:
        await anyio.sleep(3)
        return first + second, anyio.current_time()

    def main() -> list[Any]:
        with anyio.from_thread.start_blocking_portal() as portal:
            future = portal.start_task_soon(add, 3, 4)
            return [portal.call(add, 1, 2), future.result(), time.monotonic()]

    assert run_in_process(main) == [(3, 3.0), (7, 3.0), 3.0]


def test_a_run_with_threads_tells_the_same_story_every_time() -> None:
    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(asyncio.to_thread(nap, number % 3))

    def story() -> list[Any]:
        world = OneHost()
        world.run(lambda: asyncio.run(run()))
        return [(event.at_ns, event.kind, event.fields) for event in world.trace]

    assert story() == story()
