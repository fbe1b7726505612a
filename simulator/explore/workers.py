"""Workers: processes forked from a warm one, to which tasks are handed, and which hand records back.

    workers = Workers(playing.play, apart=playing.apart, jobs=4, seed_timeout_s=60)
    workers.give(task)
    for record in workers.collect(0.1): ...
    workers.close()

Each worker has a pipe for tasks and one for records, a line of JSON for each. What happens to a worker costs the task
that it was playing and no other: one that dies, or that does not come to its end in time, is replaced, its task is
recorded as such, and the tasks that were waiting behind it are given to others. A worker whose memory grows ends
itself between two tasks and is replaced as well. Workers lead process groups of their own, so that Ctrl-C at a terminal
reaches the parent alone, and so that nothing that a worker started outlives it.
"""

import os
import selectors
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from typing import IO, Final

import msgspec

from simulator.explore.forked import RENEW, Apart, PlayTask, Took, how_it_ended, last_words, serve
from simulator.explore.record import DIED, HUNG, Record, Task, lost

AHEAD_MAX: Final = 32
"""Tasks that lie in a worker's pipe, so that it need not wait: few enough to fit, and to be given up cheaply."""
_AHEAD_S: Final = 0.25  # So much work lies there, if tasks are that short.
_READ_BYTES: Final = 1 << 18
_GRACE_S: Final = 1.0


class _Worker:
    """One process, seen from its parent."""

    def __init__(self, play: PlayTask, apart: Apart, took: Took, others: "list[_Worker]") -> None:
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  as long as it lives
        """What it says where nobody listens; the last line of it is told when it dies."""
        tasks_out, self.tasks_in = os.pipe()
        self.records_out, records_in = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            close = [fd for one in (self, *others) for fd in (one.tasks_in, one.records_out)]
            output = self.output.fileno()
            serve(tasks_out, records_in, close=close, output=output, play=play, apart=apart, took=took)
        os.close(tasks_out)
        os.close(records_in)
        try:
            os.setpgid(self.pid, self.pid)  # Both do it, for nobody knows who comes first.
        except OSError:
            pass
        self.given: deque[Task] = deque()
        self.since_s = time.monotonic()
        self._partial = b""

    def give(self, task: Task) -> bool:
        """Hand over a task; False when nobody takes it any more."""
        if not self.given:
            self.since_s = time.monotonic()
        try:
            os.write(self.tasks_in, msgspec.json.encode(task) + b"\n")
        except BrokenPipeError:
            return False
        self.given.append(task)
        return True

    def read(self) -> tuple[list[Record], bool]:
        """Records that have come, and whether this was the end of them."""
        data = os.read(self.records_out, _READ_BYTES)
        *lines, self._partial = (self._partial + data).split(b"\n")
        found = []
        for line in lines:
            try:
                record = msgspec.json.decode(line, type=Record)
            except msgspec.DecodeError:  # Cut off by the end of who wrote it.
                continue
            if self.given and record.number == self.given[0].number:
                self.given.popleft()
                self.since_s = time.monotonic()
                found.append(record)
        return found, not data

    def kill(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def bury(self) -> tuple[int, str]:
        """Wait for its end, and close what it had; returns its exit code and its last words."""
        _, status = os.waitpid(self.pid, 0)
        self.kill()  # Whom it had started.
        os.close(self.tasks_in)
        os.close(self.records_out)
        with self.output as output:
            return os.waitstatus_to_exitcode(status), last_words(output.fileno())


class Workers:
    """So many processes, and the tasks that they have."""

    def __init__(
        self,
        play: PlayTask,
        *,
        jobs: int,
        seed_timeout_s: float,
        apart: Apart = lambda task: False,
        took: Took = lambda record: None,
        ahead_max: int = AHEAD_MAX,
    ) -> None:
        self._play, self._apart, self._took = play, apart, took
        self._jobs, self._timeout_s, self._ahead_max = jobs, seed_timeout_s, ahead_max
        self._workers: list[_Worker] = []
        self._again: deque[Task] = deque()  # Tasks that lay behind one that took its worker with it.
        self._selector = selectors.DefaultSelector()
        self._task_s = 0.0  # About how long a task takes.
        self.replaced = 0

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def start(self) -> None:
        """Fork all of them now, and not when there is something to do."""
        while len(self._workers) < self._jobs:
            self._hire()

    @property
    def busy(self) -> int:
        """How many tasks have been given and not come back."""
        return len(self._again) + sum(len(worker.given) for worker in self._workers)

    def room(self) -> int:
        """How many tasks to give now."""
        ahead = self._ahead()
        return max(self._jobs * ahead - self.busy, 0)

    def give(self, task: Task) -> None:
        """Hand a task to whoever has the least to do."""
        self._again.append(task)
        self._hand_out()

    def collect(self, timeout_s: float) -> list[Record]:
        """Records that come within a time; returns with the first of them."""
        self._hand_out()
        found: list[Record] = []
        for key, _ in self._selector.select(min(timeout_s, self._patience_s())):
            found += self._heard(key.data)
        found += self._overdue()
        self._hand_out()
        return found

    def close(self) -> None:
        """End all workers, at once; what they were playing is lost."""
        while self._workers:
            worker = self._workers[-1]
            worker.kill()
            self._dismiss(worker)
        self._again.clear()
        self._selector.close()

    # --- within ---------------------------------------------------------------------------------------

    def _ahead(self) -> int:
        if self._task_s <= 0:
            return 1
        return max(1, min(self._ahead_max, round(_AHEAD_S / self._task_s)))

    def _hand_out(self) -> None:
        while self._again:
            worker = self._least_busy()
            if worker is None:
                return
            task = self._again.popleft()
            if not worker.give(task):  # It has died; `collect` will hear of it.
                self._again.appendleft(task)
                return

    def _least_busy(self) -> _Worker | None:
        idle = [worker for worker in self._workers if not worker.given]
        if idle:
            return idle[0]
        if len(self._workers) < self._jobs:
            return self._hire()
        least = min(self._workers, key=lambda worker: len(worker.given))
        return least if len(least.given) < self._ahead() else None

    def _hire(self) -> _Worker:
        worker = _Worker(self._play, self._apart, self._took, self._workers)
        self._workers.append(worker)
        self._selector.register(worker.records_out, selectors.EVENT_READ, worker)
        return worker

    def _dismiss(self, worker: _Worker) -> tuple[int, str]:
        self._selector.unregister(worker.records_out)
        self._workers.remove(worker)
        return worker.bury()

    def _heard(self, worker: _Worker) -> Iterator[Record]:
        records, ended = worker.read()
        for record in records:
            took_s = record.real_ms / 1e3
            self._task_s = took_s if not self._task_s else 0.8 * self._task_s + 0.2 * took_s
            yield record
        if ended:
            code, words = self._dismiss(worker)
            self.replaced += 1
            if worker.given and code != RENEW:
                yield lost(worker.given.popleft(), DIED, how_it_ended(code, words))
            self._again.extendleft(reversed(worker.given))

    def _overdue(self) -> Iterator[Record]:
        now_s = time.monotonic()
        for worker in list(self._workers):
            if worker.given and now_s - worker.since_s > self._timeout_s:
                worker.kill()
                self._dismiss(worker)
                self.replaced += 1
                yield lost(worker.given.popleft(), HUNG, f"no end within {self._timeout_s:g} real seconds")
                self._again.extendleft(reversed(worker.given))

    def _patience_s(self) -> float:
        """Until the first worker is overdue."""
        now_s = time.monotonic()
        left = [worker.since_s + self._timeout_s - now_s for worker in self._workers if worker.given]
        return max(min(left, default=_GRACE_S), 0.0)
