"""A process ends as a Python interpreter does: pools are let go, threads are awaited, `atexit` runs, daemons do not."""

import atexit
import contextlib
import os
import queue
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from simulator.errors import Unsupported
from tests.support.processes import OneHost, run_in_process

kept: list[Any] = []


def end_of(main: Callable[[], object]) -> tuple[int | None, float]:
    """The exit code of a program, and the time at which it ended."""
    world = OneHost()
    service = world.start(main)
    ended: list[tuple[int | None, float]] = []
    service.process.on_end.append(lambda code: ended.append((code, world.engine.now_ns / 1e9)))
    world.play()
    kept.append(service)
    return ended[0]


def test_the_end_awaits_threads_but_not_daemons() -> None:
    marks: list[str] = []

    def nap_and_tell(seconds: float, word: str) -> None:
        time.sleep(seconds)
        marks.append(word)

    def main() -> None:
        threading.Thread(target=nap_and_tell, args=(60, "daemon"), daemon=True).start()
        threading.Thread(target=nap_and_tell, args=(5, "awaited")).start()
        atexit.register(marks.append, "atexit")

    assert end_of(main) == (0, 5.0)
    assert marks == ["awaited", "atexit"]


def test_threads_that_awaited_threads_start_are_awaited_too() -> None:
    marks: list[float] = []

    def first() -> None:
        time.sleep(1)
        threading.Thread(target=second).start()

    def second() -> None:
        time.sleep(1)
        marks.append(time.monotonic())

    assert end_of(lambda: threading.Thread(target=first).start()) == (0, 2.0)
    assert marks == [2.0]


def test_idle_workers_of_a_pool_that_nobody_shut_down_end() -> None:
    def main() -> None:
        pool = ThreadPoolExecutor(2)
        kept.append(pool)
        pool.submit(time.sleep, 1).result()
        pool.submit(time.sleep, 7)

    assert [end_of(main), end_of(main)] == [(0, 8.0), (0, 8.0)]


def test_the_end_of_one_process_closes_no_pool_of_another() -> None:
    world = OneHost()
    marks: list[Any] = []

    def brief() -> None:
        ThreadPoolExecutor(1).submit(time.sleep, 1)

    def long() -> None:
        with ThreadPoolExecutor(1) as pool:
            time.sleep(10)
            pool.submit(marks.append, "works")

    world.start(brief)
    world.start(long)
    world.play()

    assert marks == ["works"]


def test_a_pool_takes_no_work_at_the_end() -> None:
    errors: list[str] = []

    def late() -> None:
        try:
            ThreadPoolExecutor(1).submit(print)
        except RuntimeError as error:
            errors.append(str(error))

    end_of(lambda: atexit.register(late))

    assert errors == ["cannot schedule new futures after interpreter shutdown"]


def test_atexit_calls_run_last_first_and_errors_do_not_stop_them() -> None:
    marks: list[str] = []

    def main() -> None:
        for word in ("first", "second"):
            atexit.register(marks.append, word)
        atexit.register(lambda: 1 // 0)
        atexit.register(kept.append, "never")
        atexit.unregister(kept.append)

    code, _ = end_of(main)

    assert marks == ["second", "first"]
    assert code == 0
    assert "never" not in kept


def test_threads_may_join_the_main_thread() -> None:
    marks: list[float] = []

    def wait_for_main() -> None:
        threading.main_thread().join()
        marks.append(time.monotonic())

    def main() -> None:
        threading.Thread(target=wait_for_main).start()
        time.sleep(3)

    assert end_of(main) == (0, 3.0)
    assert marks == [3.0]


class Held:
    pass


def test_finalizers_run_at_the_end_of_their_own_process() -> None:
    marks: list[str] = []

    def main() -> None:
        held = Held()
        kept.append(held)
        weakref.finalize(held, marks.append, "left over")
        weakref.finalize(Held(), marks.append, "collected")
        marks.append("main is over")

    outside = Held()
    finalizer = weakref.finalize(outside, marks.append, "outside")
    end_of(main)

    assert marks == ["collected", "main is over", "left over"]
    assert finalizer.detach() is not None


WAITS: dict[str, Callable[[threading.Lock], object]] = {
    "lock": lambda lock: lock.acquire(),
    "timed lock": lambda lock: lock.acquire(timeout=60),
    "event": lambda lock: threading.Event().wait(60),
    "queue": lambda lock: queue.SimpleQueue[int]().get(),
    "sleep": lambda lock: time.sleep(60),
    "join": lambda lock: threading.main_thread().join(60),
    "pool": lambda lock: ThreadPoolExecutor(1).submit(time.sleep, 60).result(),
}


@pytest.mark.parametrize("wait", WAITS)
def test_nothing_of_a_thread_runs_after_a_power_cut(wait: str) -> None:
    world = OneHost()
    marks: list[Any] = []

    def work() -> None:
        try:
            with contextlib.ExitStack() as stack:
                stack.callback(marks.append, "callback")
                WAITS[wait](lock)
                marks.append("went on")
        except BaseException:
            marks.append("caught")
            raise
        finally:
            marks.append("finally")

    lock = threading.Lock()

    def main() -> None:
        atexit.register(marks.append, "atexit")
        with lock:
            thread = threading.Thread(target=work)
            thread.start()
            time.sleep(60)
        marks.append("main went on")

    service = world.start(main)
    kept.append(service)
    world.engine.call_after(10**9, lambda: service.process.cut(-9, "power"))
    world.engine.call_after(3600 * 10**9, world.engine.stop)

    def judge() -> None:
        assert marks == []
        assert world.output == {1: b"", 2: b""}

    world.play(judge)


def test_copies_of_the_process_are_refused_by_name() -> None:
    def main() -> list[str]:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        doors = []
        for attempt in (os.fork, os.forkpty, ProcessPoolExecutor, multiprocessing.Process(target=print).start):
            with pytest.raises(Unsupported) as found:
                attempt()
            doors.append(found.value.door)
        return doors

    expected = ["os.fork", "os.forkpty", "concurrent.futures.ProcessPoolExecutor", "multiprocessing.Process"]
    assert run_in_process(main) == expected


def test_the_machine_has_as_many_processors_wherever_it_is_simulated() -> None:
    def main() -> list[Any]:
        return [os.cpu_count(), len(os.sched_getaffinity(0))]

    assert run_in_process(main) == [4, 4]
