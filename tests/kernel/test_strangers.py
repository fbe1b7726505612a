"""OS threads that are no part of a run (a test runner's, say) see the real machine, and change nothing of the run.

Nor may they begin a run of their own while it goes on.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.errors import Misuse
from simulator.harness.simulate import simulate
from simulator.kernel.state import here
from simulator.trace.digest import checksum
from tests.support.processes import OneHost


@contextmanager
def _stranger(act: "Stranger") -> Iterator[None]:
    """A real thread that does the same again and again while something else runs."""
    thread = threading.Thread(target=act.go_on)
    thread.start()
    try:
        yield
    finally:
        act.over = True
        thread.join(10)


class Stranger:
    """Reads clocks, takes locks, hashes objects, starts a thread, and notes what it sees."""

    def __init__(self) -> None:
        self.over = False
        self.rounds = 0
        self.seen: set[object] = set()

    def go_on(self) -> None:
        while not self.over:
            self.rounds += 1
            self.seen |= {threading.current_thread().name, time.time() > 1_790_000_000, threading.main_thread().name}
            held = {object() for _ in range(3)} | {threading.Event() for _ in range(3)}
            assert len(held) == 6
            with threading.Condition():
                time.sleep(0)
            if self.rounds % 50 == 1:
                other = threading.Thread(target=lambda: self.seen.add(threading.current_thread().name), name="other")
                other.start()
                other.join()


def _digest(work: int = 300) -> str:
    """The digest of a run with threads, locks, sets of objects and clocks in it."""

    def turn(lock: threading.Lock, numbers: list[int], number: int) -> None:
        with lock:
            time.sleep(0.001)
            numbers.append(number)

    async def main() -> str:
        lock, numbers = threading.Lock(), list[int]()
        for number in range(work):
            queues = {asyncio.Queue[int]() for _ in range(4)}
            order = list(queues)
            await asyncio.gather(*(asyncio.to_thread(turn, lock, numbers, number) for _ in range(2)))
            numbers.append(len(order))
        return f"{numbers} {time.time()} {threading.active_count()}"

    world = OneHost()
    told = world.run(lambda: asyncio.run(main()))
    return checksum(told.encode()) + world.recorder.finish("passed").digest


def test_a_run_beside_a_busy_real_thread_is_the_run_without_it() -> None:
    alone = _digest()

    stranger = Stranger()
    with _stranger(stranger):
        beside = _digest()

    assert beside == alone
    assert stranger.rounds > 1
    names = {seen for seen in stranger.seen if isinstance(seen, str)}
    assert "other" in names
    assert "MainThread" in names


def test_a_lock_that_a_real_thread_holds_for_a_moment_is_waited_for() -> None:
    lock, held = threading.Lock(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            time.sleep(0.02)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()

    def program() -> bool:
        with lock:
            return True

    assert OneHost().run(program)
    thread.join()
    assert not lock.locked()


def test_a_real_thread_that_ends_during_a_run_ends_in_its_own_interpreters_books() -> None:
    threads = [threading.Thread(target=time.sleep, args=(number / 1000,)) for number in range(40)]

    def program() -> int:
        worker = threading.Thread(target=lambda: time.sleep(1))
        worker.start()
        for _ in range(20_000):
            threading.current_thread()
        worker.join()
        return threading.active_count()

    for thread in threads:
        thread.start()
    assert OneHost().run(program) == 1
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


class Rival(Stranger):
    """Begins a simulation whenever another goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[Misuse] = []
        self.allowed = 0

    def go_on(self) -> None:
        while not self.over:
            if not here.os_thread:
                continue
            try:
                assert simulate(_nap).value == "rested"
                self.allowed += 1  # The other came to its end just before.
            except Misuse as error:
                self.refused.append(error)


async def _nap() -> str:
    await asyncio.sleep(1)
    return "rested"


def test_a_run_beside_another_is_refused_and_changes_nothing_of_it() -> None:
    alone = _digest()

    rival = Rival()
    with _stranger(rival):
        beside = _digest()

    assert beside == alone
    assert {str(error) for error in rival.refused} == {"a simulation runs already, in another thread"}
    assert all(error.hint for error in rival.refused)
    assert rival.allowed <= 1


def test_once_a_run_is_over_another_thread_may_begin_one() -> None:
    outcomes: list[object] = []
    assert simulate(_nap).value == "rested"

    thread = threading.Thread(target=lambda: outcomes.append(simulate(_nap).value))
    thread.start()
    thread.join(30)

    assert outcomes == ["rested"]
    assert simulate(_nap).value == "rested"
