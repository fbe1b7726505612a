"""The engine: things happen in the order of time, then of their making; every limit and every standstill is named."""

import asyncio
import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import LimitReached, Misuse, Stuck
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.limits import Limits
from simulator.kernel.state import here
from tests.support.hosts import Hosts
from tests.support.processes import OneHost, run_in_process

NS = 10**9


def engine() -> Engine:
    return Engine(choices=Choices.from_seed(0))


# --- order ------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 5), max_size=30))
def test_entries_happen_by_time_and_then_by_their_making(times: list[int]) -> None:
    world, seen = engine(), []
    for number, when_ns in enumerate(times):
        world.call_at(when_ns, lambda *entry: seen.append((*entry, world.now_ns)), when_ns, number)
    world.run()

    assert seen == [(when, number, when) for when, number in sorted(zip(times, range(len(times)), strict=True))]


def test_the_past_is_now() -> None:
    world, seen = engine(), []
    world.call_at(5, lambda: world.call_at(2, lambda: seen.append(world.now_ns)))
    world.run()

    assert seen == [5]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=40))
def test_what_is_cancelled_does_not_happen(entries: list[tuple[int, bool]]) -> None:
    world = engine()
    seen: list[int] = []
    for number, (when_ns, cancelled) in enumerate(entries):
        entry = world.call_at(when_ns, seen.append, number)
        if cancelled:
            entry.cancel()
            entry.cancel()
            assert entry.cancelled()
    world.run()

    kept = [(when, number) for number, (when, cancelled) in enumerate(entries) if not cancelled]
    assert seen == [number for _, number in sorted(kept)]


def test_cancelled_entries_are_swept_out_and_the_rest_keeps_its_order() -> None:
    world = engine()
    seen: list[int] = []
    entries = [world.call_at(1000 - number, seen.append, number) for number in range(1000)]
    for number, entry in enumerate(entries):
        if number % 10:
            entry.cancel()
    world.compact()

    assert len(world.heap) == 100
    assert world.cancelled == 0
    world.run()
    assert seen == list(range(990, -1, -10))


def test_the_world_acts_in_no_process_and_under_its_own_cause() -> None:
    world = OneHost()
    seen: list[Any] = []

    def main() -> None:
        first = world.engine.emit("note", text="first")
        world.engine.call_after(NS, lambda: seen.append((here.process, here.thread, world.engine.cause == first)))
        sleep(2)
        seen.append(here.process is not None)

    world.run(main)

    assert seen == [(None, None, True), True]


def test_two_runs_at_a_time_are_refused() -> None:
    def main() -> None:
        with pytest.raises(Misuse, match="a simulation runs already"):
            engine().run()

    run_in_process(main)


def test_an_error_of_the_world_breaks_off_the_run() -> None:
    world = OneHost()
    world.engine.call_after(NS, lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        world.run(lambda: sleep(10))
    assert world.engine.now_ns == NS


# --- time -------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=10))
def test_no_timer_is_early_and_none_is_late_by_more_than_rounding(delays: list[float]) -> None:
    async def main() -> tuple[list[float], list[float]]:
        loop = asyncio.get_running_loop()
        late: tuple[list[float], list[float]] = ([], [])
        for delay in delays:
            when = loop.time() + delay
            loop.call_later(delay, lambda when: late[0].append(loop.time() - when), when)
            loop.call_at(when, lambda when: late[1].append(loop.time() - when), when)
        await asyncio.sleep(2e6)
        return late

    relative, absolute = run_in_process(lambda: asyncio.run(main()))

    assert len(relative) == len(absolute) == len(delays)
    assert all(0 <= by <= 2e-9 for by in absolute)
    assert all(-1e-9 <= by <= 1e-9 for by in relative)  # The nearest nanosecond; asyncio's own clock has no finer one.


@pytest.mark.parametrize("delay", [float("inf"), 1e300, 10**40])
def test_an_absurd_delay_never_comes(delay: float) -> None:
    async def main() -> str:
        loop = asyncio.get_running_loop()
        loop.call_later(delay, pytest.fail)
        loop.call_at(delay, pytest.fail)
        try:
            async with asyncio.timeout(5):
                await asyncio.sleep(delay)
        except TimeoutError:
            return f"{loop.time():g}"
        return "slept"

    assert run_in_process(lambda: asyncio.run(main())) == "5"


def test_a_delay_that_is_no_number_is_refused_and_a_negative_one_is_now() -> None:
    async def main() -> list[float]:
        loop, seen = asyncio.get_running_loop(), []
        for act in (loop.call_later, loop.call_at):
            with pytest.raises(ValueError, match="NaN"):
                act(float("nan"), print)
        with pytest.raises(ValueError, match="NaN"):
            await asyncio.sleep(float("nan"))
        loop.call_later(-5, lambda: seen.append(loop.time()))
        loop.call_at(float("-inf"), lambda: seen.append(loop.time()))
        await asyncio.sleep(1)
        return seen

    assert run_in_process(lambda: asyncio.run(main())) == [0.0, 0.0]


def test_time_stands_still_while_programs_compute() -> None:
    def main() -> float:
        sum(range(100_000))
        return monotonic()

    assert run_in_process(main) == 0.0


# --- limits -----------------------------------------------------------------------------------------------


def limited(main: Callable[[], Any], **limits: Any) -> LimitReached:
    with pytest.raises(LimitReached) as caught:
        OneHost(limits=Limits(**limits)).run(main)
    return caught.value


def test_the_end_of_time_is_a_limit_and_says_who_waits() -> None:
    async def main() -> None:
        while True:
            await asyncio.sleep(60)

    error = limited(lambda: asyncio.run(main()), time_max_ns=3600 * NS)

    assert (error.limit, error.at_ns) == ("time_max_ns", 3600 * NS)
    assert "time_max_ns" in str(error)
    assert any("test_engine.py:" in line for line in error.waiting)


def test_turns_in_one_instant_are_limited_and_the_callback_is_named() -> None:
    async def spinning() -> None:
        while True:
            await asyncio.sleep(0)

    error = limited(lambda: asyncio.run(spinning()), turns_per_instant_max=1000)

    assert error.limit == "turns_per_instant_max"
    assert "time stands still at 0 s while" in str(error)
    assert "spinning" in str(error)
    assert any("spinning" in line for line in error.waiting)


def test_threads_are_limited_as_a_machine_limits_them() -> None:
    def main() -> str:
        threads = [threading.Thread(target=sleep, args=(1,)) for _ in range(10)]
        try:
            for thread in threads:
                thread.start()
        except RuntimeError as error:
            return str(error)
        return "all started"

    world = OneHost(limits=Limits(threads_max=5))

    assert world.run(main) == "can't start new thread: threads_max=5 reached"


# --- standstill -------------------------------------------------------------------------------------------


def test_a_standstill_lists_every_thread_and_task_with_its_line() -> None:
    lock = threading.Lock

    async def waits_for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        held = lock()
        held.acquire()
        threading.Thread(target=held.acquire, name="second", daemon=True).start()
        tasks = [asyncio.create_task(waits_for_ever(), name=f"waiter-{number}") for number in range(2)]
        await asyncio.gather(*tasks)

    with pytest.raises(Stuck) as caught:
        run_in_process(lambda: asyncio.run(main()))

    told = "\n".join(caught.value.waiting)
    assert "main: program [1000]" in told
    assert "thread MainThread" in told
    assert "thread second" in told
    assert told.count("waits_for_ever) waits at test_engine.py:") == 2
    assert "Task-1 (" in told
    assert "nothing is ready and no timer is due at 0 s" in str(caught.value)


def test_a_long_list_is_cut_to_a_screen() -> None:
    async def main() -> None:
        never = asyncio.get_running_loop().create_future()
        await asyncio.gather(*(asyncio.wait([never]) for _ in range(500)))

    with pytest.raises(Stuck) as caught:
        run_in_process(lambda: asyncio.run(main()))

    assert len(caught.value.waiting) <= 41
    assert "more" in caught.value.waiting[-1]


# --- several processes --------------------------------------------------------------------------------------


def test_processes_take_turns_by_time_each_with_a_loop_of_its_own() -> None:
    seen: list[tuple[str, float]] = []

    def ticker(name: str, period: float) -> Callable[[], Any]:
        async def main() -> None:
            for _ in range(3):
                await asyncio.sleep(period)
                seen.append((name, asyncio.get_running_loop().time()))

        return main

    Hosts().run(stage=lambda: sleep(20), a=ticker("a", 2), b=ticker("b", 3))

    assert seen == [("a", 2), ("b", 3), ("a", 4), ("b", 6), ("a", 6), ("b", 9)]


def test_timers_of_a_paused_process_fall_due_at_its_resume_in_their_order() -> None:
    hosts = Hosts()
    seen: list[tuple[int, float]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def note(delay: int) -> None:
            seen.append((delay, loop.time()))

        for delay in (3, 1, 2):
            loop.call_later(delay, note, delay)
        await asyncio.sleep(10)

    service = hosts.world.host("a").run(main)

    def stage() -> None:
        sleep(0.5)
        service.pause()
        sleep(5)
        service.resume()
        sleep(10)

    hosts.run(stage=stage)

    assert seen == [(1, 5.5), (2, 5.5), (3, 5.5)]


def test_what_is_cut_while_it_is_paused_never_goes_on() -> None:
    hosts, seen = Hosts(), []

    def main() -> None:
        while True:
            sleep(1)
            seen.append(monotonic())

    service = hosts.world.host("a").run(main)

    def stage() -> list[float]:
        sleep(1.5)
        service.pause()
        service.kill()
        service.resume()
        sleep(10)
        return list(seen)

    assert hosts.run(stage=stage) == [1.0]
    assert service.exit_codes == [-9]
