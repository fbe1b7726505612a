"""Threads, locks, queues and their kin behave in the simulation as real ones do, wherever the order is determined.

Two ways to determine it. In a *relay* exactly one thread acts at a time, passing a drawn kind of baton to the next, so
every answer of every primitive is determined. In a *works* threads run freely, and what is compared is what no
schedule can change: what came out, in order per source, and how often.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.processes import run_in_process

PATIENCE_S = 60  # Nobody waits that long on a machine that works.
SOON_S = 0.0005

# --- relay ------------------------------------------------------------------------------------------------


class Props:
    """What the runners of a relay act upon."""

    def __init__(self) -> None:
        self.lock, self.rlock = threading.Lock(), threading.RLock()
        self.condition, self.event = threading.Condition(), threading.Event()
        self.semaphore: threading.Semaphore = threading.BoundedSemaphore(2)
        self.belt: queue.Queue[int] = queue.Queue(maxsize=2)
        self.simple: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.local = threading.local()


def _in_and_out(lock: Any) -> bool:
    if not lock.acquire(blocking=False):
        return False
    with lock:
        lock.release()
    return True


ACTS: dict[str, Callable[[Props, int], object]] = {
    "try lock": lambda it, n: it.lock.acquire(False),
    "try lock for a moment": lambda it, n: it.lock.acquire(timeout=SOON_S),
    "release lock": lambda it, n: it.lock.release(),
    "is locked": lambda it, n: it.lock.locked(),
    "try rlock": lambda it, n: it.rlock.acquire(blocking=False),
    "try rlock for a moment": lambda it, n: it.rlock.acquire(True, SOON_S),
    "release rlock": lambda it, n: it.rlock.release(),
    "enter and leave rlock": lambda it, n: _in_and_out(it.rlock),
    "own rlock": lambda it, n: it.rlock._is_owned(),  # type: ignore[attr-defined]
    "own condition": lambda it, n: it.condition._is_owned(),  # type: ignore[attr-defined]
    "try condition": lambda it, n: it.condition.acquire(False),
    "notify": lambda it, n: it.condition.notify_all(),
    "wait for a moment": lambda it, n: it.condition.wait(SOON_S),
    "release condition": lambda it, n: it.condition.release(),
    "set event": lambda it, n: it.event.set(),
    "clear event": lambda it, n: it.event.clear(),
    "await event": lambda it, n: it.event.wait(SOON_S),
    "take permit": lambda it, n: it.semaphore.acquire(blocking=False),
    "take permit soon": lambda it, n: it.semaphore.acquire(timeout=SOON_S),
    "give permit": lambda it, n: it.semaphore.release(),
    "put": lambda it, n: it.belt.put_nowait(n),
    "put soon": lambda it, n: it.belt.put(n, timeout=SOON_S),
    "get": lambda it, n: it.belt.get_nowait(),
    "get soon": lambda it, n: it.belt.get(timeout=SOON_S),
    "sizes": lambda it, n: (it.belt.qsize(), it.belt.full(), it.simple.qsize(), it.simple.empty()),
    "put simple": lambda it, n: it.simple.put(n),
    "get simple": lambda it, n: it.simple.get(block=False),
    "get simple soon": lambda it, n: it.simple.get(timeout=SOON_S),
    "set local": lambda it, n: setattr(it.local, "value", n),
    "get local": lambda it, n: it.local.value,
    "name": lambda it, n: threading.current_thread().name,
    "count": lambda it, n: len([t for t in threading.enumerate() if t.name.startswith("runner")]),
    "is main": lambda it, n: threading.current_thread() is threading.main_thread(),
}


class Batons:
    """Passes the right to act from runner to runner, by a kind of baton per leg."""

    def __init__(self, legs: int) -> None:
        self.events = [threading.Event() for _ in range(legs)]
        self.queues: list[queue.SimpleQueue[None]] = [queue.SimpleQueue() for _ in range(legs)]
        self.locks = [threading.Lock() for _ in range(legs)]
        self.condition, self.passed = threading.Condition(), -1
        for lock in self.locks:
            lock.acquire()

    def take(self, leg: int, kind: str) -> None:
        if kind == "event":
            assert self.events[leg].wait(PATIENCE_S)
        elif kind == "queue":
            self.queues[leg].get(timeout=PATIENCE_S)
        elif kind == "lock":
            assert self.locks[leg].acquire(timeout=PATIENCE_S)
        else:
            with self.condition:
                assert self.condition.wait_for(lambda: self.passed >= leg, PATIENCE_S)

    def give(self, leg: int) -> None:
        self.events[leg].set()
        self.queues[leg].put(None)
        self.locks[leg].release()
        with self.condition:
            self.passed = leg
            self.condition.notify_all()


Leg = tuple[int, str, str]  # Who runs it, how the baton comes, what is done.


def relay(legs: list[Leg]) -> list[Any]:
    """Run a relay; what each leg answered."""
    props, batons = Props(), Batons(len(legs) + 1)
    answers: list[Any] = []

    def run(runner: int) -> None:
        for number, (who, baton, act) in enumerate(legs):
            if who == runner:
                batons.take(number, baton)
                try:
                    answers.append((act, ACTS[act](props, number)))
                except Exception as error:
                    answers.append((act, type(error).__name__, str(error)))
                batons.give(number + 1)
        finish.wait(PATIENCE_S)  # All are there until the last leg is run.

    finish = threading.Event()
    runners = sorted({who for who, _, _ in legs})
    threads = [threading.Thread(target=run, args=(runner,), name=f"runner {runner}") for runner in runners]
    for thread in threads:
        thread.start()
    batons.give(0)
    batons.take(len(legs), "event")
    finish.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    return answers


legs = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["event", "queue", "lock", "condition"]), st.sampled_from(list(ACTS))),
    min_size=1,
    max_size=40,
)


@given(legs)
def test_a_relay_has_the_same_answers_as_with_real_threads(drawn: list[Leg]) -> None:
    assert run_in_process(lambda: relay(drawn)) == relay(drawn)


# --- works ------------------------------------------------------------------------------------------------


class HandMade:
    """A bounded buffer over one condition, as every textbook has it."""

    def __init__(self, size: int) -> None:
        self._items: list[Any] = []
        self._size, self._changed = size, threading.Condition()

    def put(self, item: Any) -> None:
        with self._changed:
            while len(self._items) >= self._size:
                self._changed.wait()
            self._items.append(item)
            self._changed.notify_all()

    def get(self) -> Any:
        with self._changed:
            while not self._items:
                self._changed.wait()
            item = self._items.pop(0)
            self._changed.notify_all()
            return item


BELTS: dict[str, Callable[[int], Any]] = {
    "queue": queue.Queue,
    "simple": lambda size: queue.SimpleQueue(),
    "hand-made": HandMade,
}


def works(kind: str, size: int, producers: list[int], consumers: int, places: int) -> list[Any]:
    """Let producers feed consumers, never more than `places` of whom work at once; what no schedule can change."""
    belt, permits, guard = BELTS[kind](size), threading.Semaphore(places), threading.Lock()
    taken: list[list[tuple[int, int]]] = [[] for _ in range(consumers)]
    at_work, most, start = 0, 0, threading.Barrier(len(producers) + consumers)

    def produce(number: int, items: int) -> None:
        start.wait(PATIENCE_S)
        for item in range(items):
            belt.put((number, item))

    def consume(number: int) -> None:
        nonlocal at_work, most
        start.wait(PATIENCE_S)
        while (item := belt.get()) is not None:
            with permits:
                with guard:
                    at_work += 1
                    most = max(most, at_work)
                taken[number].append(item)
                with guard:
                    at_work -= 1

    making = [threading.Thread(target=produce, args=pair) for pair in enumerate(producers)]
    using = [threading.Thread(target=consume, args=(number,)) for number in range(consumers)]
    for thread in [*making, *using]:
        thread.start()
    for thread in making:
        thread.join(PATIENCE_S)
    for _ in using:
        belt.put(None)
    for thread in using:
        thread.join(PATIENCE_S)
    in_order = all(
        [item for source, item in part if source == wanted] == sorted(item for source, item in part if source == wanted)
        for part in taken
        for wanted in range(len(producers))
    )
    return [sorted(item for part in taken for item in part), in_order, most <= places, at_work]


@given(
    kind=st.sampled_from(list(BELTS)),
    size=st.integers(1, 3),
    producers=st.lists(st.integers(0, 6), min_size=1, max_size=3),
    consumers=st.integers(1, 3),
    places=st.integers(1, 2),
)
def test_a_works_brings_forth_the_same_as_with_real_threads(
    kind: str, size: int, producers: list[int], consumers: int, places: int
) -> None:
    def run() -> list[Any]:
        return works(kind, size, producers, consumers, places)

    assert run_in_process(run) == run()
