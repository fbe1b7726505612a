"""Sorted sets: members with scores, found by member, by rank, by score and by their bytes."""

from collections.abc import Iterable
from random import Random

from simulator.services.redis.values.limits import Limits
from simulator.services.redis.values.ranking import Pair, Ranking
from simulator.services.redis.values.roll import Roll


class SortedSet:
    """Scores by member, and the ranking of both; small ones are a `listpack`, large ones a `skiplist`."""

    __slots__ = ("scores", "ranking", "compact", "roll")

    kind = b"zset"

    def __init__(self, pairs: Iterable[Pair] = (), limits: Limits | None = None) -> None:
        self.scores: dict[bytes, float] = {member: score for score, member in pairs}
        self.ranking = Ranking((score, member) for member, score in self.scores.items())
        self.compact = True
        self.roll: Roll | None = None
        if limits is not None:
            self.settle(limits)

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def encoding(self) -> bytes:
        return b"listpack" if self.compact else b"skiplist"

    def settle(self, limits: Limits) -> None:
        """Choose the form that fits what is there, as is done for sets that are made whole."""
        longest = max(map(len, self.scores), default=0)
        self.compact = len(self) <= limits.zset_max_listpack_entries and longest <= limits.zset_max_listpack_value
        if self.compact:
            self.scores = {member: score + 0.0 for member, score in self.scores.items()}
            self.ranking = Ranking((score, member) for member, score in self.scores.items())

    def put(self, member: bytes, score: float, limits: Limits) -> bool:
        """Set one member's score; whether the member is new."""
        before = self.scores.get(member)
        if before is None:
            if self.compact:
                if len(self.scores) >= limits.zset_max_listpack_entries or len(member) > limits.zset_max_listpack_value:
                    self.compact = False
                else:
                    score += 0.0  # A listpack holds whole numbers as such, and there is no negative zero among them.
            self.scores[member] = score
            self.ranking.add((score, member))
            if self.roll is not None:
                self.roll.enter(member)
            return True
        if before != score:
            if self.compact:
                score += 0.0
            self.ranking.remove((before, member))
            self.scores[member] = score
            self.ranking.add((score, member))
        return False

    def drop(self, member: bytes) -> float | None:
        score = self.scores.pop(member, None)
        if score is not None:
            self.ranking.remove((score, member))
            if self.roll is not None:
                self.roll.leave(member)
        return score

    def drop_span(self, start: int, stop: int) -> int:
        """Remove the ranks from `start` up to, not with, `stop`."""
        gone = self.ranking.span(start, stop)
        for _, member in gone:
            self.drop(member)
        return len(gone)

    def rank(self, member: bytes) -> int | None:
        score = self.scores.get(member)
        return None if score is None else self.ranking.rank((score, member))

    def names(self) -> Roll:
        """The roll of its members, kept from now on."""
        if self.roll is None:
            self.roll = Roll(self.scores)
        return self.roll

    def draw(self, rng: Random) -> bytes:
        return self.names().draw(rng)

    def copy(self) -> "SortedSet":
        twin = SortedSet()
        twin.scores = dict(self.scores)
        twin.ranking = Ranking(self.ranking)
        twin.compact = self.compact
        return twin
