"""Player: one sequence to two servers at once, up to the first step after which they differ."""

from dataclasses import dataclass
from typing import Final

from tests.differential.known import expected
from tests.differential.peers import Lost, Peer
from tests.differential.sameness import Context, same
from tests.differential.sequences import CLIENTS, Sequence

_ENDS: Final = (b"EXEC", b"DISCARD", b"RESET")


@dataclass(frozen=True)
class Difference:
    """Where two servers parted."""

    sequence: Sequence
    number: int
    client: int
    ours: bytes
    real: bytes

    @property
    def signature(self) -> tuple[str, ...]:
        """What differences of one cause have in common, more or less."""
        words = self.sequence.steps[self.number].words
        name = b" ".join(words[:1] if words[:1] != (b"EVAL",) else (words[0], words[1][:40], *words[3:4]))
        return name.decode("latin-1").upper(), _begin(self.ours), _begin(self.real)

    def __str__(self) -> str:
        return f"{self.sequence}\nclient {self.client} hears\n  ours {self.ours!r}\n  real {self.real!r}"


def _begin(reply: bytes) -> str:
    return reply[:1].decode("latin-1") + (reply[1:24].decode("latin-1") if reply[:1] == b"-" else "")


def play(sequence: Sequence, ours: Peer, real: Peer, known: list[str] | None = None) -> Difference | None:
    """The first difference that nobody has explained, if there is one; the reason of another is put to `known`."""
    ours.begin(sequence)
    real.begin(sequence)
    queued: list[list[tuple[bytes, ...]]] = [[] for _ in range(CLIENTS)]
    paused = False
    for number, step in enumerate(sequence.steps):
        paused = paused or not step.words
        if paused and b"RANDOMKEY" in step.words:
            return None  # It removes those keys that have expired and that it happens upon.
        one, other = _heard(ours, sequence, number), _heard(real, sequence, number)
        if step.words:
            queued[step.client].append(step.words)
        for client in range(CLIENTS):
            if not same(one[client], other[client], Context.of(*queued[client], *queued[step.client])):
                why = expected(step.words, one[client], other[client])
                if why is None:
                    return Difference(sequence, number, client, one[client], other[client])
                if known is not None:
                    known.append(why)
                return None  # What follows may differ because of it.
        if step.words and (step.words[0].upper() in _ENDS or not _queues(one[step.client])):
            queued[step.client].clear()
    return None


def _heard(peer: Peer, sequence: Sequence, number: int) -> list[bytes]:
    try:
        return peer.take(sequence.steps[number])
    except (Lost, OSError) as error:
        raise Lost(f"port {peer.port}: {error}; after step {number} of {sequence}") from None


def _queues(reply: bytes) -> bool:
    """Whether more is to come of a command: it was queued, or its client waits."""
    return reply in (b"+QUEUED\r\n", b"") or reply.endswith(b"+QUEUED\r\n")


def smallest(found: Difference, ours: Peer, real: Peer) -> Difference:
    """The same difference, by as few steps as leaving single ones out can reach."""
    number = len(found.sequence.steps) - 1
    while number >= 0:
        if number < len(found.sequence.steps):
            again = play(found.sequence.without(number), ours, real)
            if again is not None and again.signature == found.signature:
                found = again
        number -= 1
    return found
