"""`scripts/bench explore`: seeds a second of sweeps, for some scenarios and numbers of jobs, beside two peers.

A sweep is measured as the command line makes it: warm workers that fold coverage and signature, and hand records
back. CPU is that of all processes; a peer's is that of its own `explore` or `run` on the same tiny scenario. Rounds are
interleaved, a figure is the median of the rounds.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import machine, tiny
from benchmarks.explore.page import page
from benchmarks.explore.scenarios import SWEPT
from benchmarks.rounds import Worker
from simulator.explore.case import ScenarioCase
from simulator.explore.playing import Playing, settle
from simulator.explore.record import Task
from simulator.explore.workers import Workers

_PAGE: Final = Path(__file__).parents[2] / "docs" / "performance-explore.md"
PEERS: Final = ("simloop", "simloom")
SEEDS: Final = {"tiny": 600, "multipart, a session of its own": 40, "multipart, one session for all": 80}
PEER_SEEDS: Final = 100
SEED_TIMEOUT_S: Final = 300.0


def swept(playing: Playing, *, seeds: int, jobs: int) -> dict[str, float]:
    """Real seconds and CPU seconds of one sweep; every seed must pass."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    mine_s, start_s = time.process_time(), time.perf_counter()
    left, back = seeds, 0
    with Workers(playing.play, jobs=jobs, seed_timeout_s=SEED_TIMEOUT_S, took=playing.took) as workers:
        while back < seeds:
            while left and workers.room():
                left -= 1
                workers.give(Task(number=left, subject=0, seed=left))
            for record in workers.collect(0.2):
                assert record.passed, record
                back += 1
        real_s = time.perf_counter() - start_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    children_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"real_s": real_s, "cpu_s": children_s + time.process_time() - mine_s, "seeds": seeds}


def measure(*, rounds: int, share: float, all_jobs: Sequence[int], python_can: Sequence[str]) -> dict[str, Any]:
    """All figures."""
    subjects = {name: Playing(cases=[ScenarioCase(scenario=made())]) for name, made in SWEPT.items()}
    for playing in subjects.values():
        playing.warm(Task(number=0, subject=0, seed=0))
    settle()
    sweeps: dict[str, dict[str, list[dict[str, float]]]] = {name: {} for name in subjects}
    peers: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, playing in subjects.items():
            for jobs in all_jobs:
                print(f"round {number + 1} of {rounds}: {name}, {jobs} jobs", file=sys.stderr)
                took = swept(playing, seeds=max(int(SEEDS[name] * share), 4) * jobs, jobs=jobs)
                sweeps[name].setdefault(str(jobs), []).append(took)
        for peer in python_can:
            print(f"round {number + 1} of {rounds}: {peer}", file=sys.stderr)
            with Worker(peer) as worker:
                order = {"tiny": tiny.HOSTS, "first": number * PEER_SEEDS, "seeds": int(PEER_SEEDS * share) or 4}
                peers.setdefault(peer, []).append(median(worker.ask(**order)["cpu_ms"]))
    return {"machine": machine.describe(), "rounds": rounds, "sweeps": sweeps, "peers": peers, "load": os.getloadavg()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench explore", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the seeds, two rounds")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="default: 5")
    parser.add_argument("--jobs", default="1,2", metavar="LIST", help="numbers of jobs, with commas (default: 1,2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here")
    parser.add_argument("--page", action="store_true", help="write docs/performance-explore.md")
    given = parser.parse_args()
    found = measure(
        rounds=given.rounds or (2 if given.quick else 5),
        share=0.1 if given.quick else 1.0,
        all_jobs=[int(word) for word in given.jobs.split(",")],
        python_can=[peer for peer in PEERS if find_spec(peer) is not None],
    )
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    print(page(found))
    if given.page:
        _PAGE.write_text(page(found))


if __name__ == "__main__":
    main()
