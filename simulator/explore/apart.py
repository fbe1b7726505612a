"""Apart: a function played in a process of its own, which costs nobody anything when it dies or hangs.

    with Apart(jobs=2) as apart:
        for number, told in apart.each([lambda: {...}, lambda: {...}]): ...

What it returns must be JSON. The copies are taken from the process as it stands, with everything imported.
"""

import json
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Self

SECONDS_MAX: Final = 120.0
"""A function that takes longer in real time is given up."""
_READ_BYTES: Final = 1 << 20

Told = dict[str, Any]


class Apart:
    """Plays functions in forked processes, so many at a time."""

    def __init__(self, *, jobs: int = 1, seconds_max: float = SECONDS_MAX) -> None:
        self._jobs, self._seconds_max = jobs, seconds_max
        self._running: dict[int, tuple[int, int, float, bytearray]] = {}  # pipe -> number, pid, until, said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def each(self, functions: Sequence[Callable[[], Told]]) -> Iterator[tuple[int, Told | None]]:
        """What each came to, in order; None for one that died or hung. Those that run ahead are `jobs` at most."""
        ready: dict[int, Told | None] = {}
        begun = 0
        for number in range(len(functions)):
            while number not in ready:
                while begun < len(functions) and len(self._running) < self._jobs and begun < number + self._jobs:
                    self._begin(begun, functions[begun])
                    begun += 1
                ready.update(self._listen())
            yield number, ready.pop(number)

    def stop(self) -> None:
        """End what still runs."""
        for pipe, (_, pid, _, _) in self._running.items():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(pipe)
        self._running.clear()

    def _begin(self, number: int, function: Callable[[], Told]) -> None:
        readable, writable = os.pipe()
        pid = os.fork()
        if not pid:
            self._play(function, readable, writable)
        os.close(writable)
        self._running[readable] = (number, pid, time.monotonic() + self._seconds_max, bytearray())

    def _play(self, function: Callable[[], Told], readable: int, writable: int) -> None:
        code = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C at a terminal is the parent's affair.
            for pipe in (readable, *self._running):
                os.close(pipe)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(nowhere, fd)
            view = memoryview(json.dumps(function()).encode())
            while view:
                view = view[os.write(writable, view) :]
            code = 0
        finally:
            os._exit(code)

    def _listen(self) -> Iterator[tuple[int, Told | None]]:
        with selectors.DefaultSelector() as selector:
            for pipe in self._running:
                selector.register(pipe, selectors.EVENT_READ)
            soonest_s = min(until_s for _, _, until_s, _ in self._running.values())
            heard = selector.select(max(soonest_s - time.monotonic(), 0))
        for key, _ in heard:
            pipe = int(key.fd)
            number, pid, _, said = self._running[pipe]
            data = os.read(pipe, _READ_BYTES)
            said += data
            if not data:
                yield number, self._end(pipe, pid, said)
        for pipe, (number, pid, until_s, said) in list(self._running.items()):
            if until_s <= time.monotonic():
                os.kill(pid, signal.SIGKILL)
                yield number, self._end(pipe, pid, said)

    def _end(self, pipe: int, pid: int, said: bytearray) -> Told | None:
        del self._running[pipe]
        os.close(pipe)
        os.waitpid(pid, 0)
        try:
            told: Told = json.loads(said)
        except ValueError:
            return None
        return told
