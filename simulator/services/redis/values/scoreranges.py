"""Ranges of sorted sets: by rank, by score and by the members' bytes, as words and as ranks."""

import re
from itertools import takewhile
from typing import Final

from simulator.services.redis.numerals import as_real
from simulator.services.redis.values.ranking import Pair
from simulator.services.redis.values.sortedsets import SortedSet

_BLANK: Final = b" \t\n\r\v\f"
_OVERFLOWING: Final = re.compile(rb"([+-]?)[\d.]+[eE][+-]?\d+")


class ScoreRange:
    """Scores between two ends, each with or without the end itself."""

    __slots__ = ("low", "low_open", "high", "high_open")

    def __init__(self, low: bytes, high: bytes) -> None:
        """Read both ends; ValueError if one is no number."""
        self.low, self.low_open = _score(low)
        self.high, self.high_open = _score(high)

    def ranks(self, value: SortedSet) -> tuple[int, int]:
        """The first rank within, and the first one behind."""
        if self.low > self.high or (self.low == self.high and (self.low_open or self.high_open)):
            return 0, 0
        start = value.ranking.rank_of_score(self.low, self.low_open)
        return start, value.ranking.rank_of_score(self.high, not self.high_open)


def _score(raw: bytes) -> tuple[float, bool]:
    is_open = raw.startswith(b"(")
    text = raw[1:] if is_open else raw
    if not text:
        return 0.0, is_open  # As strtod reads nothing at all.
    value = as_real(text.lstrip(_BLANK))
    if value is None and _OVERFLOWING.fullmatch(text.lstrip(_BLANK)):
        value = float(text)
    if value is None:
        raise ValueError(raw)
    return value, is_open


class LexRange:
    """Members between two ends; an end is a text, with or without itself, or the lowest or the highest there is."""

    __slots__ = ("low", "low_open", "high", "high_open", "never")

    def __init__(self, low: bytes, high: bytes) -> None:
        """Read both ends; ValueError if one does not say what it is."""
        self.low, self.low_open = _lex(low)
        self.high, self.high_open = _lex(high)
        self.never = low == b"+" or high == b"-"
        """One end is where nothing can be."""
        if low == b"+" and high == b"+":
            self.never = True

    def above_low(self, member: bytes) -> bool:
        return self.low is None or (member > self.low if self.low_open else member >= self.low)

    def below_high(self, member: bytes) -> bool:
        return self.high is None or (member < self.high if self.high_open else member <= self.high)

    def _is_empty(self) -> bool:
        if self.never:
            return True
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def pick(self, value: SortedSet, offset: int, count: int, *, reverse: bool) -> list[Pair]:
        """The pairs within, less some at the start, and at most so many if `count` is not negative."""
        start, stop = self.ranks(value, from_above=reverse)
        if offset < 0 or start >= stop:
            return []
        size = len(value)
        if reverse:
            pairs = value.ranking.span(0 if self._scattered(value) else start, max(stop - offset, 0))[::-1]
        else:
            pairs = value.ranking.span(start + offset, size if self._scattered(value) else stop)
        fits = self.above_low if reverse else self.below_high
        return list(takewhile(lambda pair: fits(pair[1]), pairs[:count] if count >= 0 else pairs))

    def _scattered(self, value: SortedSet) -> bool:
        """Whether scores differ, so that the members are not in the order of their bytes."""
        size = len(value)
        return value.ranking.span(0, 1)[0][0] != value.ranking.span(size - 1, size)[0][0]

    def ranks(self, value: SortedSet, *, from_above: bool = False) -> tuple[int, int]:
        """The first rank within, and the first one behind.

        Where scores differ, a range by bytes means little; what Redis finds then in compact sets, searching from one
        end or the other, is found here too.
        """
        ranking = value.ranking
        size = len(ranking)
        if self._is_empty() or not size:
            return 0, 0
        first, last = ranking.span(0, 1)[0], ranking.span(size - 1, size)[0]
        if not self.above_low(last[1]) or not self.below_high(first[1]):
            return 0, 0
        if first[0] != last[0]:
            return self._searched([member for _, member in ranking], from_above)
        score = first[0]
        start, end = 0, size
        if self.low is not None:
            start = ranking.rank_after((score, self.low)) if self.low_open else ranking.rank((score, self.low))
        if self.high is not None:
            end = ranking.rank((score, self.high)) if self.high_open else ranking.rank_after((score, self.high))
        return start, max(start, end)

    def _searched(self, members: list[bytes], from_above: bool) -> tuple[int, int]:
        if from_above:
            end = len(members)
            while end and not self.below_high(members[end - 1]):
                end -= 1
            start = end
            while start and self.above_low(members[start - 1]):
                start -= 1
            return start, end
        start = 0
        while start < len(members) and not self.above_low(members[start]):
            start += 1
        end = start
        while end < len(members) and self.below_high(members[end]):
            end += 1
        return start, end


def _lex(raw: bytes) -> tuple[bytes | None, bool]:
    if raw in {b"-", b"+"}:
        return None, True
    if raw[:1] == b"(":
        return raw[1:], True
    if raw[:1] == b"[":
        return raw[1:], False
    raise ValueError(raw)
