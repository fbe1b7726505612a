"""Campaign: many sequences in one go, and every kind of difference once, in few steps."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.differential.peers import Peer
from tests.differential.player import Difference, play, smallest
from tests.differential.sequences import Sequence, sequences


@dataclass
class Campaign:
    """What was played, and what was found."""

    sequences: int = 0
    steps: int = 0
    differing: int = 0
    known: list[str] = field(default_factory=list)
    """The reason of each difference that was expected."""
    differences: dict[tuple[str, ...], Difference] = field(default_factory=dict)

    def take(self, sequence: Sequence, ours: Peer, real: Peer) -> None:
        self.sequences += 1
        self.steps += len(sequence.steps)
        found = play(sequence, ours, real, self.known)
        if found is not None:
            self.differing += 1
            if found.signature not in self.differences:
                self.differences[found.signature] = smallest(found, ours, real)


def campaign(
    ours: Peer, real: Peer, *, count: int, number: int = 0, family: str | None = None,
    say: Callable[[Campaign], None] = lambda _: None,
) -> Campaign:  # fmt: skip
    """Draw and play `count` sequences; the same ones for the same number."""
    made = Campaign()

    @seed(number)
    @settings(max_examples=count, phases=[Phase.generate], database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(sequences(family=family))
    def play_all(sequence: Sequence) -> None:
        made.take(sequence, ours, real)
        say(made)

    play_all()
    return made
