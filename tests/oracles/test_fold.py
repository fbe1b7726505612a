"""An oracle is a fold: it sees each event once and in order, and judges a live run and a saved trace alike."""

from dataclasses import dataclass, field

from simulator.oracles import Violation, judge
from simulator.oracles.fold import judge_end, judge_one
from simulator.trace.event import Event

EVENTS = [Event(seq, seq * 10**9, "a", "note", {"message": f"{seq}"}) for seq in range(1, 5)]


@dataclass
class Counts:
    """Complains of the third event, and at the end."""

    name: str = "counts"
    seen: list[int] = field(default_factory=list)

    def see(self, event: Event) -> str | None:
        self.seen.append(event.seq)
        return "three is too many" if event.seq == 3 else None

    def finish(self) -> str | None:
        return f"saw {len(self.seen)}"


def test_every_event_is_seen_once_and_in_order() -> None:
    oracle = Counts()

    judge([oracle], EVENTS)

    assert oracle.seen == [1, 2, 3, 4]


def test_violations_name_the_oracle_and_the_event_that_shows_them() -> None:
    found = judge([Counts()], EVENTS)

    assert found == [Violation("counts", "three is too many", 3, 3 * 10**9), Violation("counts", "saw 4")]
    assert [str(one) for one in found] == ["counts: three is too many (event 3, 3 s)", "counts: saw 4"]


def test_judging_as_it_happens_gives_what_judging_afterwards_gives() -> None:
    live = [Counts(), Counts("again")]

    found = [violation for event in EVENTS for violation in judge_one(live, event)] + judge_end(live)

    assert found == judge([Counts(), Counts("again")], EVENTS)
