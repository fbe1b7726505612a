"""Seat: a process that plays tasks for somebody who cannot do so in its own, such as a worker of a cluster.

It is an interpreter of its own, warm and with workers of its own, so that a seed which dies or hangs costs no more here
than in a local sweep. It reads lines from stdin and writes lines to stdout:

    {"...the errand..."}          first: what is played, and how
    {"tasks":[...]}               then batches
    {"records":[...]}             the answer to each
    {"refused":"why"}             or the only answer, when it cannot play that
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any, Final

import msgspec

from simulator.errors import Misuse
from simulator.explore.playing import Playing, settle
from simulator.explore.record import Record, Task
from simulator.explore.workers import Workers
from simulator.harness.outcome import Status

ANSWER_BYTES_MAX: Final = 1 << 28
_SAME: Final = ("soundstage", "python", "libraries", "commit", "dirty")
"""Parts of the provenance that must be the same on both sides: other code tells other stories."""


class Batch(msgspec.Struct):
    """Tasks to be played, in this order."""

    tasks: list[Task]


class Answer(msgspec.Struct, omit_defaults=True):
    """What became of a batch."""

    records: list[Record] = []
    refused: str = ""


class Refused(Exception):
    """A seat cannot play what it was asked for; the text says why."""


class Seat:
    """A seat, seen by whoever started it."""

    def __init__(self, command: Sequence[str], errand: bytes) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0")},
        )
        self._write(errand)

    def play(self, tasks: Sequence[Task]) -> list[Record]:
        """Play a batch; raises `Refused`, and `EOFError` when the seat is gone."""
        self._write(msgspec.json.encode(Batch(list(tasks))))
        assert self._process.stdout is not None
        line = self._process.stdout.readline(ANSWER_BYTES_MAX)
        if not line.endswith(b"\n"):
            raise EOFError(f"the seat ended with status {self._process.wait()}")
        answer = msgspec.json.decode(line, type=Answer)
        if answer.refused:
            raise Refused(answer.refused)
        return answer.records

    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # Whoever reads the answer hears of it.

    def close(self) -> None:
        """End it; it ends its workers."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def occupy(playing: Playing, *, seed_timeout_s: float, tasks: IO[bytes], answers: IO[bytes]) -> None:
    """Be a seat, until stdin ends."""
    if any(warm is Status.INTERRUPTED for warm in _warm(playing, seed_timeout_s)):
        return
    settle()
    workers = Workers(playing.play, jobs=1, seed_timeout_s=seed_timeout_s, apart=playing.apart, took=playing.took)
    with workers:
        while line := tasks.readline():
            batch = msgspec.json.decode(line, type=Batch)
            answer(answers, Answer(_played(workers, batch.tasks)))


def _warm(playing: Playing, seed_timeout_s: float) -> list[Status]:
    """Play each subject here, if it survives that in a process of its own."""
    statuses = []
    with Workers(playing.play, jobs=1, seed_timeout_s=seed_timeout_s, apart=lambda task: True) as fresh:
        for subject in range(len(playing.cases)):
            task = Task(number=subject, subject=subject, seed=0)
            (scout,) = _played(fresh, [task])
            if scout.digest:
                statuses.append(playing.warm(task))
    return statuses


def _played(workers: Workers, tasks: Sequence[Task]) -> list[Record]:
    found: list[Record] = []
    left = list(reversed(tasks))
    while len(found) < len(tasks):
        while left and workers.room():
            workers.give(left.pop())
        found += workers.collect(1.0)
    return found


def answer(answers: IO[bytes], told: Answer) -> None:
    """Write one answer."""
    answers.write(msgspec.json.encode(told) + b"\n")
    answers.flush()


def must_be_the_same(there: dict[str, Any], here: dict[str, Any]) -> None:
    """Misuse unless both sides have the same code."""
    for name in _SAME:
        if there.get(name) != here.get(name):
            raise Misuse(
                f"{os.uname().nodename} has another {name}: {here.get(name)!r}, not {there.get(name)!r}",
                hint="each worker of a cluster needs the same Python, libraries and code",
            )


def private_stdout() -> IO[bytes]:
    """Stdout for answers alone: whatever else is printed in this process goes to stderr."""
    own = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(own, "wb")
