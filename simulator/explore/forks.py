"""Forks: a live run copied at an instant; the copy goes on otherwise, and says what it came to.

    forks = Forks(jobs=2)
    ...                                     # in the midst of a run, in one of its callbacks:
    if forks.split(point):                  # True in the copy, which now does what it is there for
        strike()
    ...                                     # when the run is over:
    if forks.is_copy:
        forks.report({"status": "passed"})  # A copy ends here.
    for point, report in forks.reports():
        ...

What a run has behind it need not be played again for each way in which it may go on. The copying is done by the C
library, below Python: a simulated thread is a greenlet of the one real thread, and Python's own preparations for a
fork would end them all in the copy.
"""

import asyncio
import ctypes
import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from simulator.kernel.state import outside

COPY_S_MAX: Final = 120.0
"""A copy that takes longer than this in real time is ended."""

_READ_BYTES: Final = 1 << 16
_fork: Final = ctypes.PyDLL(None).fork
_prctl: Final = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
_PDEATHSIG: Final = 1  # prctl(2): a signal for when the parent dies.


class _Copy:
    """A copy that is under way, seen from the run that was copied."""

    def __init__(self, point: Any, pid: int, pipe: int) -> None:
        self.point, self.pid, self.pipe = point, pid, pipe
        self.said = b""
        self.until_s = time.monotonic() + COPY_S_MAX


class Forks:
    """The copies of one run."""

    def __init__(self, *, jobs: int = 1) -> None:
        self.jobs = jobs
        self.is_copy = False
        self._pipe = -1
        self._under_way: dict[int, _Copy] = {}
        self._reports: list[tuple[Any, dict[str, Any]]] = []

    def split(self, point: Any) -> bool:
        """Copy the run that is under way; True in the copy. While there are enough copies, wait for one."""
        if self.is_copy:
            return False
        with outside(), _without_timer() as timer:
            while len(self._under_way) >= self.jobs:
                self._listen()
            readable, writable = os.pipe()
            sys.stdout.flush()
            sys.stderr.flush()
            loop = asyncio._get_running_loop()
            pid = _fork()
            if pid < 0:
                os.close(readable)
                os.close(writable)
                raise OSError("the run cannot be copied: there is no room for another process")
            if pid:
                os.close(writable)
                self._under_way[readable] = _Copy(point, pid, readable)
                return False
            asyncio._set_running_loop(loop)  # It is known by the process it runs in, and that is another one now.
            self._begin_copy(readable, writable)
            timer[0] = timer[1] or timer[0]  # A fresh watch for a fresh process: none is inherited.
            return True

    def _begin_copy(self, readable: int, writable: int) -> None:
        self.is_copy, self._pipe = True, writable
        if _prctl is not None:
            _prctl(_PDEATHSIG, signal.SIGKILL)
        os.close(readable)
        for pipe in self._under_way:
            os.close(pipe)
        self._under_way.clear()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nowhere, fd)
        os.close(nowhere)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the first of it decides.

    def report(self, told: dict[str, Any]) -> NoReturn:
        """What the copy came to. It ends with this."""
        try:
            view = memoryview(json.dumps(told, default=str).encode())
            while view:
                view = view[os.write(self._pipe, view) :]
        finally:
            os._exit(0)

    def reports(self) -> list[tuple[Any, dict[str, Any]]]:
        """Each point at which the run was copied and what became of the copy, in the order of their ends."""
        with _without_timer():
            while self._under_way:
                self._listen()
        return self._reports

    def close(self) -> None:
        """End whatever is still under way."""
        for copy in self._under_way.values():
            os.kill(copy.pid, signal.SIGKILL)
            os.waitpid(copy.pid, 0)
            os.close(copy.pipe)
        self._under_way.clear()

    def _listen(self) -> None:
        """Wait until a copy has said something, or should have."""
        with selectors.DefaultSelector() as selector:
            for copy in self._under_way.values():
                selector.register(copy.pipe, selectors.EVENT_READ, copy)
            until_s = min(copy.until_s for copy in self._under_way.values())
            ready = selector.select(max(until_s - time.monotonic(), 0))
        for key, _ in ready:
            self._hear(key.data)
        for copy in [copy for copy in self._under_way.values() if copy.until_s <= time.monotonic()]:
            os.kill(copy.pid, signal.SIGKILL)
            copy.said = json.dumps({"status": "hung", "message": f"took longer than {COPY_S_MAX:g} s"}).encode()
            self._end(copy)

    def _hear(self, copy: _Copy) -> None:
        data = os.read(copy.pipe, _READ_BYTES)
        copy.said += data
        if not data:
            self._end(copy)

    def _end(self, copy: _Copy) -> None:
        del self._under_way[copy.pipe]
        os.close(copy.pipe)
        _, status = os.waitpid(copy.pid, 0)
        try:
            told = json.loads(copy.said)
        except ValueError:
            told = {"status": "died", "message": f"with status {os.waitstatus_to_exitcode(status)}"}
        self._reports.append((copy.point, told))


@contextmanager
def _without_timer() -> Iterator[list[float]]:
    """Keep the watchdog's timer still for a while: what happens meanwhile is no step of the run."""
    timer = list(signal.setitimer(signal.ITIMER_REAL, 0))
    try:
        yield timer
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
