"""In simulation: what so many recorders cost for so long, and whose the CPU time is. Each run has its own interpreter.

python -m benchmarks.stream.simulated --recorders 100 --seconds 60     ->   one line of JSON
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from simulator.kernel.limits import Limits
from simulator.trace.header import Header
from simulator.trace.recorder import Recorder

Say = Callable[[str], None]
HOUR_S: Final = 3600
SHORT_S: Final = 300
"""What stands for an hour where that takes too long: five minutes of it."""
GROWTH: Final = (10, 100, 1000)
GROWTH_S: Final = 60
_SEED: Final = 1
_PARTS: Final = 14
_EVENTS_KEPT: Final = 1000
_UNBOUNDED: Final = 1 << 60


def measure(recorders: int, seconds: float) -> dict[str, Any]:
    """One run, in this interpreter, which must have done nothing before."""
    from benchmarks.stream.recorders import recording
    from benchmarks.stream.shares import Shares
    from simulator.harness.run import run
    from simulator.scenarios.stream.cluster import load_program

    load_program()
    made, films = recording(recorders=recorders, seconds=seconds)
    # All events are encoded and hashed, and few are kept: nobody reads millions.
    recorder = Recorder(
        header=Header(scenario=made.name, seed=_SEED), events_kept_max=_EVENTS_KEPT, trace_bytes_max=_UNBOUNDED
    )
    shares = Shares()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    with shares:
        found = run(made, seed=_SEED, recorder=recorder, limits=Limits(events_max=_UNBOUNDED, turns_max=_UNBOUNDED))
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    assert found.outcome.passed, found.outcome.message
    assert recorder.footer is not None
    return {
        "recorders": recorders,
        "seconds": seconds,
        "virtual_s": found.now_ns / 1e9,
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "events": recorder.footer.events,
        "counts": recorder.footer.counts,
        "digest": found.digest,
        "films": films.stored,
        "bytes": films.stored_bytes,
        "faults": [str(fault) for fault in found.plan.faults],
        "owners": _shares(shares.by_owner, shares.total_s),
        "parts": dict(list(_shares(shares.by_part, shares.total_s).items())[:_PARTS]),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }


def _shares(taken: Mapping[str, float], total_s: float) -> dict[str, float]:
    return {name: taken[name] / total_s for name in sorted(taken, key=lambda name: -taken[name])}


def measured_apart(recorders: int, seconds: float) -> dict[str, Any]:
    """One run, in an interpreter of its own."""
    command = [sys.executable, "-m", "benchmarks.stream.simulated"]
    words = ["--recorders", str(recorders), "--seconds", str(seconds)]
    done = subprocess.run(
        [*command, *words], check=True, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONHASHSEED": "0"}
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_hour(*, full: bool, quick: bool, say: Say) -> dict[str, Any]:
    """A hundred recorders for an hour, or for a part of it."""
    seconds = HOUR_S if full else SHORT_S
    seconds = SHORT_S // 5 if quick else seconds
    say(f"100 recorders for {seconds} virtual seconds")
    return measured_apart(100, seconds)


def measure_growth(*, rounds: int, quick: bool, say: Say, sizes: Sequence[int] = GROWTH) -> list[dict[str, Any]]:
    """The same for ten times and a hundred times as many recorders; of some rounds the least disturbed one."""
    taken: dict[int, list[dict[str, Any]]] = {}
    for number in range(1, rounds + 1):
        for size in sizes[:-1] if quick else sizes:
            say(f"round {number} of {rounds}: {size} recorders for {GROWTH_S} virtual seconds")
            taken.setdefault(size, []).append(measured_apart(size, GROWTH_S))
    return [min(runs, key=lambda run: float(run["cpu_s"])) for runs in taken.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recorders", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    print(json.dumps(measure(given.recorders, given.seconds)))


if __name__ == "__main__":
    main()
