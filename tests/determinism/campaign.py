"""A campaign: each seed is played twice, by two interpreters that have nothing in common but the scenario.

Seeds are taken in batches. A batch is played by two fresh interpreters: the second has another hash seed, zone, working
directory and layout of its heap, and takes the seeds in the opposite order. So a batch of 50 also shows that what was
played 57th is what it would have been first.

A ledger keeps a line for each batch that is done. Whoever stops a campaign and starts it again goes on there; a ledger
of other code is refused.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from simulator import scenarios as scenarios_there_are
from simulator.errors import Misuse
from simulator.explore.perturbed import PERTURBATIONS
from simulator.scenarios import catalogue
from simulator.trace.provenance import gather
from tests.determinism.player import ROOT, stories


@dataclass(frozen=True)
class Batch:
    """Seeds that two interpreters play."""

    scenario: str
    first: int
    count: int

    @property
    def seeds(self) -> range:
        return range(self.first, self.first + self.count)


@dataclass(frozen=True)
class Done:
    """What a batch came to."""

    scenario: str
    first: int
    count: int
    events: int
    statuses: dict[str, int]
    differences: list[dict[str, Any]]
    cpu_s: float


@dataclass
class Tally:
    """What a campaign has come to so far."""

    seeds: int = 0
    events: int = 0
    cpu_s: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    differences: list[dict[str, Any]] = field(default_factory=list)

    def add(self, done: Done) -> None:
        self.seeds += done.count
        self.events += done.events
        self.cpu_s += done.cpu_s
        self.differences += done.differences
        for status, count in done.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count

    def __str__(self) -> str:
        outcomes = ", ".join(f"{count:,} {status}" for status, count in sorted(self.statuses.items()))
        told = f"{self.seeds:,} seeds, each twice; {self.events:,} events compared; outcomes: {outcomes or 'none'}"
        return f"{told}; {len(self.differences)} differences"


class Ledger:
    """The batches that are done, in a file."""

    def __init__(self, path: Path) -> None:
        self._path, self._code = path, code_played()
        self.done: dict[Batch, Done] = {}
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"code": self._code}) + "\n")
            return
        head, *lines = path.read_text().splitlines()
        if json.loads(head)["code"] != self._code:
            raise Misuse(f"{path} tells of other code", hint="begin anew: remove it, or name another --ledger")
        for line in lines:
            self._remember(Done(**json.loads(line)))

    def _remember(self, done: Done) -> None:
        self.done[Batch(done.scenario, done.first, done.count)] = done

    def add(self, done: Done) -> None:
        """Keep a batch, at once and for good."""
        if code_played() != self._code:
            raise Misuse("the code was changed while it was played", hint="play in a checkout of its own")
        self._remember(done)
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(done)) + "\n")


def code_played() -> str:
    """Which code it is: versions, and a hash of all that belongs to the simulator."""
    hashed = hashlib.blake2b(digest_size=8)
    for path in sorted((ROOT / "simulator").rglob("*.py")):
        hashed.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    told = gather(ROOT)
    return f"{told['soundstage']} {hashed.hexdigest()}, {told['python']}, {told['libraries']}"


def of_the_engine() -> list[str]:
    """The scenarios that need nothing but the engine; those of a pipeline lie in packages of their own."""
    package = scenarios_there_are.__name__
    return [name for name, one in catalogue().items() if one.function.__module__.rpartition(".")[0] == package]


def batches(scenarios: Sequence[str], first: int, seeds: int, size: int) -> Iterator[Batch]:
    """All the work, scenarios by turns, so that a campaign that is stopped early has seen each of them."""
    for start in range(first, first + seeds, size):
        for scenario in scenarios:
            yield Batch(scenario, start, min(size, first + seeds - start))


def play(batch: Batch) -> Done:
    """Play a batch in two interpreters and compare."""
    once = stories(batch.scenario, batch.seeds)
    again = stories(batch.scenario, batch.seeds[::-1], perturbations=PERTURBATIONS, number=batch.first)
    return Done(
        scenario=batch.scenario,
        first=batch.first,
        count=batch.count,
        events=sum(story.events for story in once.values()),
        statuses=dict(Counter(story.status for story in once.values())),
        differences=[
            {"scenario": batch.scenario, "seed": seed, "once": asdict(once[seed]), "again": asdict(again[seed])}
            for seed in batch.seeds
            if once[seed] != again[seed]
        ],
        cpu_s=round(sum(story.cpu_s for story in (*once.values(), *again.values())), 2),
    )


def play_all(
    work: Sequence[Batch], ledger: Ledger, *, jobs: int, until_s: float, see: Callable[[Tally], object]
) -> Tally:
    """Play what the ledger lacks, until it is done or the time is over; what was begun is finished."""
    tally = Tally()
    for batch in work:
        if batch in ledger.done:
            tally.add(ledger.done[batch])
    ahead = iter([batch for batch in work if batch not in ledger.done])
    with ThreadPoolExecutor(jobs) as pool:
        running: set[Future[Done]] = set()
        while True:
            while len(running) < jobs and time.monotonic() < until_s and (begun := next(ahead, None)) is not None:
                running.add(pool.submit(play, begun))
            if not running:
                return tally
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                ledger.add(future.result())
                tally.add(future.result())
                see(tally)
