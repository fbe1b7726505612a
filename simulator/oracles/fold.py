"""The fold: what an oracle is, and how events are judged by it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from simulator.trace.event import Event


@dataclass(frozen=True)
class Violation:
    """A property that does not hold: which, in words, and the event that showed it (0: the end of the run)."""

    oracle: str
    text: str
    seq: int = 0
    at_ns: int = 0

    def __str__(self) -> str:
        where = f" (event {self.seq}, {self.at_ns / 1e9:.9g} s)" if self.seq else ""
        return f"{self.oracle}: {self.text}{where}"


class Oracle(Protocol):
    """One property. `see` and `finish` return what is wrong in words, or None."""

    name: str

    def see(self, event: Event) -> str | None: ...

    def finish(self) -> str | None: ...


OracleFactory = Callable[[], Oracle]
"""Scenarios name factories: each run gets oracles of its own, for an oracle remembers."""


def judge(oracles: Sequence[Oracle], events: Iterable[Event]) -> list[Violation]:
    """Every violation in a finished trace."""
    found: list[Violation] = []
    for event in events:
        found += judge_one(oracles, event)
    return found + judge_end(oracles)


def judge_one(oracles: Sequence[Oracle], event: Event) -> list[Violation]:
    """What this event shows to be wrong."""
    return [Violation(oracle.name, text, event.seq, event.at_ns) for oracle in oracles if (text := oracle.see(event))]


def judge_end(oracles: Sequence[Oracle]) -> list[Violation]:
    """What the end of the run shows to be wrong."""
    return [Violation(oracle.name, text) for oracle in oracles if (text := oracle.finish())]
