"""Sim threads take turns in an order that is theirs alone to decide, and wait in the order in which they came."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from simulator.errors import Stuck
from simulator.kernel.state import here, running_thread
from simulator.kernel.threads import WaitQueue
from tests.support.processes import OneHost

_NS = 10**9


def in_threads(world: OneHost, *bodies: Callable[[], object]) -> None:
    """Run each body in a sim thread of one process, started in order."""

    def main() -> None:
        process = running_thread().process
        for number, body in enumerate(bodies):
            world.engine.start(process.thread(body, name=f"thread {number}"))
        world.engine.sleep(3600 * _NS)

    world.run(main)


def test_those_who_wait_are_woken_in_the_order_in_which_they_came() -> None:
    world, line = OneHost(), WaitQueue()
    said: list[Any] = []

    def wait(name: str) -> Callable[[], None]:
        def body() -> None:
            said.append((name, line.wait("a turn"), time.monotonic()))

        return body

    def wake() -> None:
        said.append(len(line))
        world.engine.sleep(_NS)
        line.wake_one()
        world.engine.sleep(_NS)
        line.wake_all()
        said.append(line.wake_one())

    in_threads(world, wait("a"), wait("b"), wait("c"), wake)

    assert said == [3, ("a", True, 1.0), False, ("b", True, 2.0), ("c", True, 2.0)]


def test_a_wait_that_times_out_leaves_the_line() -> None:
    world, line = OneHost(), WaitQueue()
    said: list[Any] = []
    in_threads(world, lambda: said.extend([line.wait("a turn", _NS), time.monotonic(), len(line)]))

    assert said == [False, 1.0, 0]


def test_a_wait_without_time_gives_the_others_their_turn() -> None:
    world, line = OneHost(), WaitQueue()
    said: list[Any] = []
    in_threads(world, lambda: said.append(line.wait("a turn", 0)), lambda: said.append("other"))

    assert said == ["other", False]


def test_runnable_threads_take_turns() -> None:
    world = OneHost()
    said: list[str] = []

    def count(name: str) -> Callable[[], None]:
        def body() -> None:
            for number in range(2):
                said.append(f"{name}{number}")
                world.engine.give_way()

        return body

    in_threads(world, count("a"), count("b"))

    assert said == ["a0", "b0", "a1", "b1"]


def test_a_thread_belongs_to_its_process_wherever_control_was() -> None:
    world = OneHost()
    seen: list[Any] = []

    def look(name: str) -> Callable[[], None]:
        def body() -> None:
            for _ in range(3):
                process, thread = here.process, here.thread
                seen.append(process is not None and thread is not None and (process.name, thread.process is process))
                world.engine.sleep(_NS)

        return body

    for name in ("first", "second"):
        world.start(look(name), name=name)
    world.play()

    assert seen == [("first", True), ("second", True)] * 3


def test_a_paused_process_waits_and_then_goes_on() -> None:
    world = OneHost()
    seen: list[float] = []

    def tick() -> None:
        for _ in range(3):
            world.engine.sleep(_NS)
            seen.append(time.monotonic())

    service = world.start(tick)
    world.engine.call_at(3 * _NS // 2, service.process.pause)
    world.engine.call_at(10 * _NS, service.process.resume)
    world.play()

    assert seen == [1.0, 10.0, 11.0]


def test_threads_that_wait_for_each_other_end_the_run_with_their_places() -> None:
    world, line = OneHost(), WaitQueue()

    def main() -> None:
        process = running_thread().process
        world.engine.start(process.thread(lambda: line.wait("for the main thread"), name="helper"))
        line.wait("for the helper")

    with pytest.raises(Stuck) as found:
        world.run(main)

    assert "thread helper: for the main thread, at test_threads.py" in str(found.value)
    assert "thread MainThread: for the helper, at test_threads.py" in str(found.value)
