"""Locks of every origin work in virtual time: each process has its own view of them, and nobody starves."""

import _thread
import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from simulator.errors import Stuck
from tests.support.processes import OneHost, run_in_process

early_lock = threading.Lock()
early_rlock = threading.RLock()
early_condition = threading.Condition()
early_acquire = early_lock.acquire
taken_at_import = threading.Lock()
taken_at_import.acquire()


def in_threads(*bodies: Callable[[], object]) -> None:
    threads = [threading.Thread(target=body) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def holding(lock: Any, seconds: float, marks: list[Any], name: str) -> Callable[[], None]:
    def hold() -> None:
        with lock:
            marks.append((name, time.monotonic()))
            time.sleep(seconds)

    return hold


@pytest.mark.parametrize("lock", [early_lock, early_rlock, early_condition, threading.Lock(), threading.RLock()])
def test_who_waits_for_a_lock_gets_it_when_it_is_released(lock: Any) -> None:
    def main() -> list[Any]:
        marks: list[Any] = []
        in_threads(*(holding(lock, 10, marks, name) for name in "abc"))
        return marks

    assert run_in_process(main) == [("a", 0.0), ("b", 10.0), ("c", 20.0)]


@pytest.mark.parametrize("make", [threading.Lock, threading.RLock])
def test_a_timed_attempt_gives_up_at_its_time(make: Callable[[], Any]) -> None:
    def main() -> list[Any]:
        lock, seen = make(), []

        def attempt() -> None:
            seen.extend([lock.acquire(False), lock.acquire(timeout=0), lock.acquire(timeout=2.5), time.monotonic()])
            seen.extend([lock.acquire(timeout=60), time.monotonic()])

        in_threads(holding(lock, 10, [], "a"), attempt)
        return seen

    assert run_in_process(main) == [False, False, False, 2.5, True, 10.0]


@pytest.mark.parametrize("make", [threading.Lock, threading.RLock])
@pytest.mark.parametrize(
    "arguments",
    [(False, 1), (True, -2), (True, float("nan")), (True, 1e20), (True, "soon"), (True, threading.TIMEOUT_MAX * 2)],
)
def test_wrong_arguments_raise_what_the_real_lock_raises(make: Callable[[], Any], arguments: tuple[Any, ...]) -> None:
    def attempt() -> tuple[str, str]:
        with pytest.raises((TypeError, ValueError, OverflowError)) as found:
            make().acquire(*arguments)
        return type(found.value).__name__, str(found.value)

    assert run_in_process(attempt) == attempt()


@pytest.mark.parametrize("make", [threading.Lock, threading.RLock])
def test_releasing_what_nobody_holds_is_the_real_error(make: Callable[[], Any]) -> None:
    def attempt() -> tuple[str, str]:
        with pytest.raises(RuntimeError) as found:
            make().release()
        return type(found.value).__name__, str(found.value)

    assert run_in_process(attempt) == attempt()


def test_a_lock_knows_whether_it_is_held() -> None:
    def main() -> list[bool]:
        lock = _thread.allocate_lock()
        seen = [lock.locked()]
        with lock:
            seen.append(lock.locked())
        return [*seen, lock.locked()]

    assert run_in_process(main) == [False, True, False]


def test_a_lock_may_be_released_by_another_thread() -> None:
    def main() -> float:
        lock = threading.Lock()
        lock.acquire()
        threading.Timer(3, lock.release).start()
        lock.acquire()
        return time.monotonic()

    assert run_in_process(main) == 3.0


def test_methods_bound_early_are_simulated_too() -> None:
    def main() -> list[Any]:
        seen = [early_acquire(), early_acquire(timeout=2), time.monotonic()]
        early_lock.release()
        return seen

    assert run_in_process(main) == [True, False, 2.0]


def test_a_lock_taken_at_import_is_taken_in_every_process_until_released_there() -> None:
    def main() -> list[bool]:
        seen = [taken_at_import.locked(), taken_at_import.acquire(timeout=1)]
        threading.Timer(3, taken_at_import.release).start()
        seen.append(taken_at_import.acquire())
        taken_at_import.release()
        return [*seen, taken_at_import.locked()]

    assert [run_in_process(main) for _ in range(2)] == [[True, False, True, False]] * 2
    assert taken_at_import.locked()


def test_processes_share_no_locks() -> None:
    world = OneHost()
    marks: list[Any] = []
    for name in "ab":
        for lock in (early_lock, early_rlock):
            world.start(holding(lock, 10, marks, name), name=name)
    world.play()

    assert sorted(marks) == [("a", 0.0), ("a", 0.0), ("b", 0.0), ("b", 0.0)]


def test_a_lock_held_at_a_power_cut_is_free_in_the_next_life() -> None:
    world = OneHost()
    marks: list[Any] = []
    first = world.start(holding(early_lock, 3600, marks, "first"))
    world.engine.call_after(10**9, lambda: first.process.cut(-9, "power"))
    world.engine.call_after(2 * 10**9, lambda: world.start(holding(early_lock, 1, marks, "second")))
    world.play()

    assert marks == [("first", 0.0), ("second", 2.0)]
    assert not early_lock.locked()


def test_a_reentrant_lock_belongs_to_a_thread() -> None:
    def main() -> list[Any]:
        lock: Any = threading.RLock()
        seen: list[Any] = []

        def other() -> None:
            seen.append([lock.acquire(False), lock._is_owned()])
            with pytest.raises(RuntimeError, match="cannot release un-acquired lock"):
                lock.release()

        with lock, lock:
            seen.append([lock._is_owned(), lock._recursion_count()])
            in_threads(other)
        seen.append([lock._is_owned(), lock._recursion_count()])
        in_threads(lambda: seen.append(lock.acquire(False)))
        return seen

    assert run_in_process(main) == [[True, 2], [False, False], [False, 0], True]


@pytest.mark.parametrize("condition", [early_condition, threading.Condition(), threading.Condition(threading.Lock())])
def test_conditions_give_up_their_lock_while_they_wait(condition: threading.Condition) -> None:
    def main() -> list[Any]:
        seen: list[Any] = []

        def waiter() -> None:
            with condition:
                seen.append(("woken", condition.wait(60), time.monotonic()))
                seen.append(("timed out", condition.wait(1), time.monotonic()))

        def notifier() -> None:
            time.sleep(5)
            with condition:
                condition.notify()

        in_threads(waiter, notifier)
        return seen

    assert run_in_process(main) == [("woken", True, 5.0), ("timed out", False, 6.0)]


def test_a_condition_gives_up_a_reentrant_lock_however_often_it_was_taken() -> None:
    def main() -> list[Any]:
        seen: list[Any] = []

        def waiter() -> None:
            with early_condition, early_condition:
                seen.append((early_condition.wait(60), time.monotonic()))
            seen.append(early_condition._is_owned())  # type: ignore[attr-defined]

        def notifier() -> None:
            time.sleep(5)
            with early_condition:
                early_condition.notify()

        in_threads(waiter, notifier)
        return seen

    assert run_in_process(main) == [(True, 5.0), False]


def test_events_barriers_semaphores_and_timers_follow_virtual_time() -> None:
    def main() -> list[Any]:
        event, barrier, semaphore = threading.Event(), threading.Barrier(3), threading.BoundedSemaphore(2)
        seen: list[Any] = []
        threading.Timer(4, event.set).start()

        def run(number: int) -> None:
            event.wait()
            time.sleep(number)
            barrier.wait()
            with semaphore:
                time.sleep(10)
            seen.append(time.monotonic())

        in_threads(*(lambda number=number: run(number) for number in range(3)))
        return seen

    assert run_in_process(main) == [16.0, 16.0, 26.0]


def test_nobody_starves_where_a_lock_is_always_taken_again_at_once() -> None:
    def main() -> list[Any]:
        lock = threading.Lock()
        seen: list[Any] = []

        def greedy() -> None:
            while not seen:
                with lock:
                    time.sleep(1)

        def modest() -> None:
            with lock:
                seen.append(time.monotonic())

        in_threads(greedy, modest)
        return seen

    (at,) = run_in_process(main)
    assert 1 < at < 60


def test_a_busy_wait_for_a_lock_is_over_some_day() -> None:
    def main() -> float:
        lock = threading.Lock()
        thread = threading.Thread(target=holding(lock, 0.5, [], "a"))
        thread.start()
        while not lock.acquire(False):
            pass
        return time.monotonic()

    assert run_in_process(main) == pytest.approx(0.5, abs=0.001)


def test_a_busy_wait_that_yields_is_over_some_day() -> None:
    def main() -> float:
        event = threading.Event()
        threading.Timer(0.5, event.set).start()
        while not event.is_set():
            time.sleep(0)
        return time.monotonic()

    assert run_in_process(main) == pytest.approx(0.5, abs=0.001)


def test_an_interrupted_wait_leaves_the_lock_to_the_next() -> None:
    def main() -> list[Any]:
        lock = threading.Lock()
        marks: list[Any] = []
        threads = [threading.Thread(target=holding(lock, 5, marks, "holder"))]
        threads[0].start()
        threading.Timer(2, _thread.interrupt_main).start()
        try:
            lock.acquire()
        except KeyboardInterrupt:
            marks.append(("interrupted", time.monotonic()))
        threads.append(threading.Thread(target=holding(lock, 0, marks, "next")))
        threads[1].start()
        for thread in threads:
            thread.join()
        return marks

    assert run_in_process(main) == [("holder", 0.0), ("interrupted", 2.0), ("next", 5.0)]


def test_a_lock_that_nobody_can_release_ends_the_run_with_the_place() -> None:
    def main() -> None:
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()  # Here.

    with pytest.raises(Stuck) as found:
        run_in_process(main)

    assert "waits for a lock" in str(found.value)
    assert "test_threads_locks.py" in str(found.value)


def test_a_lock_in_a_coroutine_blocks_its_loop_and_is_told() -> None:
    world = OneHost()

    def main() -> list[float]:
        lock, ticks = threading.Lock(), []

        async def tick() -> None:
            for _ in range(3):
                ticks.append(time.monotonic())
                await asyncio.sleep(1)

        async def blocked() -> None:
            ticking = asyncio.create_task(tick())
            await asyncio.sleep(0.5)
            with lock:
                pass
            await ticking

        thread = threading.Thread(target=holding(lock, 10, [], "holder"))
        thread.start()
        asyncio.run(blocked())
        return ticks

    assert world.run(main) == [0.0, 10.0, 11.0]
    (told,) = [event for event in world.trace if event.kind == "loop.blocked"]
    assert (told.fields["duration_ns"], told.fields["call"]) == (9_500_000_000, "lock.acquire")
    assert "test_threads_locks.py" in told.fields["where"]


def test_a_sleep_in_a_coroutine_blocks_its_loop_and_is_told() -> None:
    world = OneHost()

    async def blocked() -> None:
        time.sleep(2.5)

    world.run(lambda: asyncio.run(blocked()))

    (told,) = [event for event in world.trace if event.kind == "loop.blocked"]
    assert (told.fields["duration_ns"], told.fields["call"]) == (2_500_000_000, "time.sleep")


def test_outside_a_simulation_locks_are_what_they_were() -> None:
    lock, rlock = threading.Lock(), threading.RLock()
    with lock, rlock, rlock:
        seen: list[Any] = []
        thread = threading.Thread(target=lambda: seen.extend([lock.acquire(False), rlock.acquire(timeout=0.001)]))
        thread.start()
        thread.join()

    assert seen == [False, False]
    assert not lock.locked()
    with pytest.raises(RuntimeError):
        lock.release()
