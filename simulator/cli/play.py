"""What the commands that play a run have in common: recorder, clock, report, exit code."""

import json
import os
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from simulator.errors import Misuse
from simulator.harness.locating import LocatingRecorder
from simulator.harness.outcome import EXIT_CODES, Outcome, Status
from simulator.harness.run import Run
from simulator.kernel.limits import Limits
from simulator.report import data, text, voice
from simulator.report.progress import Progress
from simulator.trace.header import Header
from simulator.trace.recorder import Level, Recorder
from simulator.trace.writer import TraceWriter

EVENTS_KEPT_MAX: Final = 20_000
"""Events held in memory for the report; all of them go to the trace's file."""


@dataclass(frozen=True)
class Played:
    """A run and how long it took."""

    run: Run
    real_s: float
    trace: str = ""  # Where the trace was written.
    stock: str = ""  # Whether asyncio's own order shows a failure as well, where another order found it.


def recorder(
    header: Header,
    *,
    trace: str,
    limits: Limits,
    events_kept_max: int | None = EVENTS_KEPT_MAX,
    detail: bool = False,
) -> Recorder:
    """A recorder that writes to a file if one is named; that it cannot be written is told here, before the run."""
    kind = LocatingRecorder if detail else Recorder
    return kind(
        header=header,
        level=Level.DETAIL if detail else Level.EVENTS,
        sink=TraceWriter(trace, header) if trace else None,
        trace_bytes_max=limits.trace_bytes_max,
        events_kept_max=events_kept_max,
    )


def timed(name: str, play: Callable[[Progress], Run], *, trace: str = "") -> Played:
    """Play a run with progress on a terminal, and say how long it took."""
    progress = Progress(sys.stderr, name=name)
    start_s = time.monotonic()
    try:
        run = play(progress)
    finally:
        progress.close()
    return Played(run, time.monotonic() - start_s, trace)


def exit_code(outcome: Outcome) -> int:
    """The program's own code when it ended by itself, else that of the outcome."""
    return outcome.exit_code if outcome.exit_code is not None else EXIT_CODES[outcome.status]


def told(played: Played, *, claim: str = "", again: str = "", to_stderr: bool = False) -> str:
    """The report of a run."""
    stream = sys.stderr if to_stderr else sys.stdout
    again = "" if played.run.outcome.status in (Status.PASSED, Status.MISUSE) else again
    return text.summary(
        played.run,
        real_s=played.real_s,
        claim=claim,
        trace=played.trace,
        again=again,
        stock=played.stock,
        paint=voice.painter(stream),
    )


def as_json(played: Played, *, again: str = "") -> str:
    """The report of a run for a program."""
    found = data.run_data(played.run, real_s=played.real_s, trace=played.trace, again=again)
    return to_json(found | ({"possible_on_stock_asyncio": played.stock} if played.stock else {}))


def to_json(value: Any) -> str:
    """One object on one line; what is not JSON is told as text."""
    return json.dumps(value, ensure_ascii=False, default=str)


def line(*words: str) -> str:
    """A command line of ours that can be pasted into a shell."""
    return shlex.join(["python", "-m", "simulator", *words])


def not_the_same(written: str, read: str) -> None:
    """Keep a trace from being overwritten while it is read."""
    if written and os.path.exists(written) and os.path.samefile(written, read):
        raise Misuse(f"--trace {written} would overwrite the trace that is played", hint="name another file")


def stopped(outcome: Outcome) -> bool:
    """Whether the user wants no more runs."""
    return outcome.status is Status.INTERRUPTED
