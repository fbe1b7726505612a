"""Cluster: the workers of a Dask cluster as an executor. Needs `pip install 'soundstage[cluster]'`, here and there.

Each worker must have the same code at the same paths; it says so if it has not. A worker of the cluster that is lost
costs nothing but time: Dask gives its batches to others, and since a seed tells the same story everywhere, it does not
matter which answer comes. What a worker of the cluster runs is a `Seat`, an interpreter of its own.
"""

import queue
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from simulator.errors import Misuse
from simulator.explore.record import DIED, Record, Task, lost
from simulator.explore.seat import Refused, Seat

CONNECT_S: Final = 10.0
NOBODY_S: Final = 120.0
"""A cluster without workers is waited for, but not for ever."""
BATCH_MAX: Final = 200
SEATS_IDLE_MAX: Final = 64
_BATCH_S: Final = 1.0
_BATCHES_AHEAD: Final = 2

_seats: dict[bytes, list[Seat]] = defaultdict(list)
"""In a worker of the cluster: seats that nobody uses just now, by their errands."""
_guard = threading.Lock()


def play_there(command: tuple[str, ...], errand: bytes, tasks: bytes) -> bytes:
    """What a worker of the cluster does with a batch; each of its threads has a seat of its own."""
    batch = msgspec.json.decode(tasks, type=list[Task])
    with _guard:
        free = _seats[errand]
        seat = free.pop() if free else None
    if seat is None:
        seat = Seat((sys.executable, *command), errand)
    try:
        records = seat.play(batch)
    except BaseException:
        seat.close()
        raise
    with _guard:
        if sum(map(len, _seats.values())) < SEATS_IDLE_MAX:
            _seats[errand].append(seat)
            seat = None
    if seat is not None:
        seat.close()
    return msgspec.json.encode(records)


def leave(errand: bytes) -> None:
    """In a worker of the cluster: end the seats of a sweep that is over."""
    with _guard:
        seats = _seats.pop(errand, [])
    for seat in seats:
        seat.close()


class Cluster:
    """An executor whose tasks are played in a cluster."""

    def __init__(self, url: str, *, command: Sequence[str], errand: bytes, ahead_max: int = BATCH_MAX) -> None:
        self._client: Any = _connect(url)  # Dask has no types.
        self._command, self._errand, self._ahead_max = tuple(command), errand, ahead_max
        self._waiting: list[Task] = []
        self._given: dict[Any, list[Task]] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._task_s = 0.0
        self._nobody_since_s: float | None = None

    @property
    def busy(self) -> int:
        """How many tasks have been given and not come back."""
        return len(self._waiting) + sum(map(len, self._given.values()))

    @property
    def jobs(self) -> int:
        """How many tasks are played at a time."""
        return sum(self._client.nthreads().values())

    def room(self) -> int:
        """How many tasks to give now."""
        return max(max(self.jobs, 1) * _BATCHES_AHEAD * self._batch() - self.busy, 0)

    def give(self, task: Task) -> None:
        """Put a task into the next batch."""
        self._waiting.append(task)
        if len(self._waiting) >= self._batch():
            self._submit()

    def collect(self, timeout_s: float) -> list[Record]:
        """Records that come within a time; returns with the first batch of them."""
        if self._waiting:
            self._submit()
        try:
            future = self._done.get(timeout=timeout_s)
        except queue.Empty:
            self._is_anybody_there()
            return []
        tasks = self._given.pop(future)
        try:
            records = msgspec.json.decode(future.result(), type=list[Record])
        except Refused as error:
            raise Misuse(f"the cluster refused: {error}") from None
        except Exception as error:  # The workers that had it are dead, or Dask itself is in trouble.
            return [lost(task, DIED, f"in the cluster: {type(error).__name__}: {error}"[:300]) for task in tasks]
        for record in records:
            took_s = record.real_ms / 1e3
            self._task_s = took_s if not self._task_s else 0.8 * self._task_s + 0.2 * took_s
        return records

    def close(self) -> None:
        """Take back what is not played, end the seats, and hang up."""
        try:
            self._client.cancel(list(self._given))
            self._client.run(leave, self._errand, on_error="ignore")
        finally:
            self._given.clear()
            self._client.close()

    def _batch(self) -> int:
        if self._task_s <= 0:
            return 1
        return max(1, min(self._ahead_max, round(_BATCH_S / self._task_s)))

    def _submit(self) -> None:
        tasks, self._waiting = self._waiting, []
        future = self._client.submit(
            play_there, self._command, self._errand, msgspec.json.encode(tasks), pure=False, retries=0
        )
        self._given[future] = tasks
        future.add_done_callback(self._done.put)

    def _is_anybody_there(self) -> None:
        now_s = time.monotonic()
        if self.jobs:
            self._nobody_since_s = None
        elif self._nobody_since_s is None:
            self._nobody_since_s = now_s
        elif now_s - self._nobody_since_s > NOBODY_S:
            raise Misuse(f"the cluster has had no worker for {NOBODY_S:g} seconds")


def _connect(url: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise Misuse("--cluster needs Dask, which is not installed", hint="pip install 'soundstage[cluster]'") from None
    connect: Any = Client
    try:
        return connect(url, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        hint = "name the scheduler, as in tcp://host:8786"
        raise Misuse(f"there is no cluster at {url}: {error}", hint=hint) from None
