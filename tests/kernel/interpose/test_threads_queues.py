"""Queues hand items from thread to thread in virtual time."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from simulator.errors import Stuck
from tests.support.processes import OneHost, run_in_process

early_queue: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
early_get = early_queue.get
KINDS = [queue.SimpleQueue, queue.Queue, queue.LifoQueue]


@pytest.mark.parametrize("make", KINDS)
def test_a_thread_waits_for_an_item(make: Callable[[], Any]) -> None:
    def main() -> list[Any]:
        belt = make()
        threading.Timer(3, belt.put, ("late",)).start()
        belt.put("early")
        return [belt.get(), time.monotonic(), belt.get(), time.monotonic(), belt.empty(), belt.qsize()]

    assert run_in_process(main) == ["early", 0.0, "late", 3.0, True, 0]


@pytest.mark.parametrize("make", KINDS)
def test_a_wait_for_an_item_may_be_over_first(make: Callable[[], Any]) -> None:
    def main() -> list[Any]:
        belt, seen = make(), []
        for attempt in (belt.get_nowait, lambda: belt.get(False), lambda: belt.get(timeout=2.5)):
            with pytest.raises(queue.Empty):
                attempt()
            seen.append(time.monotonic())
        threading.Timer(1, belt.put, (1,)).start()
        return [*seen, belt.get(timeout=2.5), time.monotonic()]

    assert run_in_process(main) == [0.0, 0.0, 2.5, 1, 3.5]


@pytest.mark.parametrize("timeout", [-1, "soon", float("nan"), 1e30])
def test_wrong_timeouts_raise_what_the_real_queue_raises(timeout: Any) -> None:
    def attempt() -> tuple[str, str]:
        with pytest.raises((TypeError, ValueError, OverflowError)) as found:
            queue.SimpleQueue[int]().get(timeout=timeout)
        return type(found.value).__name__, str(found.value)

    assert run_in_process(attempt) == attempt()


def test_those_who_wait_are_served_in_order() -> None:
    def main() -> list[Any]:
        belt: Any = queue.SimpleQueue()
        seen: list[Any] = []
        threads = [threading.Thread(target=lambda name=name: seen.append((name, belt.get()))) for name in "abc"]
        for thread in threads:
            thread.start()
        time.sleep(1)
        for number in range(3):
            belt.put(number)
        for thread in threads:
            thread.join()
        return seen

    assert run_in_process(main) == [("a", 0), ("b", 1), ("c", 2)]


def test_a_bounded_queue_holds_its_producer_back() -> None:
    def main() -> list[float]:
        belt: queue.Queue[int] = queue.Queue(maxsize=2)
        at: list[float] = []

        def produce() -> None:
            for number in range(5):
                belt.put(number)
                at.append(time.monotonic())

        thread = threading.Thread(target=produce)
        thread.start()
        for _ in range(5):
            time.sleep(10)
            belt.get()
            belt.task_done()
        belt.join()
        thread.join()
        return at

    assert run_in_process(main) == [0.0, 0.0, 10.0, 20.0, 30.0]


def test_a_queue_and_a_method_of_it_from_before_the_simulation_work_in_it() -> None:
    def main() -> list[Any]:
        threading.Timer(2, early_queue.put, ("x",)).start()
        return [early_get(), time.monotonic()]

    assert run_in_process(main) == ["x", 2.0]


def test_an_item_is_not_lost_on_a_thread_whose_process_was_cut() -> None:
    world = OneHost()
    seen: list[Any] = []

    def wait_first() -> None:
        seen.append(("first", early_queue.get()))

    def wait_second() -> None:
        seen.append(("second", early_queue.get()))

    def give() -> None:
        time.sleep(2)
        early_queue.put("x")

    first = world.start(wait_first)
    world.start(wait_second)
    world.start(give)
    world.engine.call_after(10**9, lambda: first.process.cut(-9, "power"))
    world.play()

    assert seen == [("second", "x")]


def test_an_item_that_never_comes_ends_the_run_with_the_place() -> None:
    with pytest.raises(Stuck, match=r"waits for an item of a queue, at .*test_threads_queues.py"):
        run_in_process(lambda: queue.SimpleQueue[int]().get())


def test_a_busy_wait_for_an_item_is_over_some_day() -> None:
    def main() -> float:
        belt: Any = queue.SimpleQueue()
        threading.Timer(0.5, belt.put, (1,)).start()
        while True:
            try:
                belt.get_nowait()
                return time.monotonic()
            except queue.Empty:
                continue

    assert run_in_process(main) == pytest.approx(0.5, abs=0.001)


def test_outside_a_simulation_queues_are_what_they_were() -> None:
    belt: Any = queue.SimpleQueue()
    belt.put(1)
    assert belt.get() == 1
    with pytest.raises(queue.Empty):
        belt.get(timeout=0.001)
    thread = threading.Thread(target=belt.put, args=(2,))
    thread.start()
    assert belt.get(timeout=60) == 2
    thread.join()
