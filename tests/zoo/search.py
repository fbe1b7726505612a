"""Search: how many seeds it takes until a planted bug shows, and whether the twin without it ever fails.

    with Player(entry) as player:
        found = player.search(first=0, seeds_max=1000)

Seeds are played as `sweep` plays them: each in a process of its own, forked from one in which the libraries are warm.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median_high
from typing import Final

from simulator.explore.playing import Playing, settle
from simulator.explore.record import Record, Task
from simulator.explore.workers import Workers
from tests.zoo.table import Entry

BROKEN: Final = 0
FIXED: Final = 1
SEED_TIMEOUT_S: Final = 600.0
_AHEAD_MAX: Final = 4
_LOOK_S: Final = 0.2


@dataclass(frozen=True)
class Found:
    """A failure, and how many seeds were played until it came."""

    seeds: int
    record: Record


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a campaign over one entry came to."""

    seeds_max: int
    searches: tuple[int, ...]  # Seeds to find, of each; 0 where it was not found.
    known: int  # The lowest seed that found it.
    said: str  # What the first failure violates.
    only_unlawful: bool  # Whether asyncio's own order of callbacks hides it.
    twin_seeds: int
    alarms: tuple[str, ...]  # Failures of the twin, with their seeds.

    @property
    def missed(self) -> int:
        return self.searches.count(0)

    @property
    def median(self) -> int:
        """Half of the searches needed no more; one that found nothing counts as more than the most."""
        return median_high(seeds or self.seeds_max + 1 for seeds in self.searches)

    @property
    def worst(self) -> int:
        return max(seeds or self.seeds_max + 1 for seeds in self.searches)


class Player:
    """Plays the two programs of an entry."""

    def __init__(self, entry: Entry, *, jobs: int = 1) -> None:
        playing = Playing(cases=[entry.broken, entry.fixed], schedule=entry.schedule)
        for subject in (BROKEN, FIXED):
            playing.warm(Task(number=0, subject=subject, seed=0))
        settle()
        self._numbers = count()
        self._workers = Workers(
            playing.play, jobs=jobs, seed_timeout_s=SEED_TIMEOUT_S, apart=playing.apart, ahead_max=_AHEAD_MAX
        )

    def __enter__(self) -> "Player":
        return self

    def __exit__(self, *error: object) -> None:
        self._workers.close()

    def play(self, subject: int, seeds: Iterable[int]) -> Iterator[Record]:
        """Play seeds; the records come in their order, whoever was first."""
        waiting = deque(Task(number=next(self._numbers), subject=subject, seed=seed) for seed in seeds)
        given: deque[int] = deque()
        here: dict[int, Record] = {}
        while waiting or given:
            while waiting and self._workers.room():  # What an earlier search has left there is played first.
                given.append(waiting[0].number)
                self._workers.give(waiting.popleft())
            here |= {record.number: record for record in self._workers.collect(_LOOK_S)}
            while given and given[0] in here:
                yield here.pop(given.popleft())

    def search(self, *, first: int, seeds_max: int) -> Found | None:
        """Play the broken one until it fails."""
        for number, record in enumerate(self.play(BROKEN, range(first, first + seeds_max)), start=1):
            if not record.passed:
                return Found(number, record)
        return None


def campaign(entry: Entry, *, searches: int, seeds_max: int, twin_seeds: int, jobs: int = 1) -> Figures:
    """Search so many times from seeds of their own, and play the twin."""
    with Player(entry, jobs=jobs) as player:
        found = [player.search(first=number * seeds_max, seeds_max=seeds_max) for number in range(searches)]
        alarms = [record for record in player.play(FIXED, range(twin_seeds)) if not record.passed]
    hits = [one for one in found if one is not None]
    return Figures(
        seeds_max=seeds_max,
        searches=tuple(one.seeds if one is not None else 0 for one in found),
        known=hits[0].record.seed if hits else 0,
        said=hits[0].record.signature if hits else "",
        only_unlawful=any(one.record.stock is False for one in hits),
        twin_seeds=twin_seeds,
        alarms=tuple(f"{record.seed}: {record.signature}" for record in alarms),
    )
