"""Ranking: members sorted by score, equal scores by their bytes; the ordered half of a sorted set.

The pairs stand in blocks of bounded length, so that an insertion moves one block's tail and a rank sums one length
per block: 100,000 members are some 200 blocks.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import accumulate
from math import inf, nextafter
from typing import Final

BLOCK_MAX: Final = 1024

Pair = tuple[float, bytes]


class Ranking:
    """Pairs of score and member, always sorted."""

    __slots__ = ("blocks", "lasts", "_size", "_starts")

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        ordered = sorted(pairs)
        half = BLOCK_MAX // 2
        self.blocks: list[list[Pair]] = [ordered[at : at + half] for at in range(0, len(ordered), half)] or [[]]
        self.lasts: list[Pair] = [block[-1] for block in self.blocks if block]
        self._size = len(ordered)
        self._starts: list[int] | None = None

    def __len__(self) -> int:
        return self._size

    def add(self, pair: Pair) -> None:
        self._starts = None
        blocks = self.blocks
        at = bisect_left(self.lasts, pair)
        if at == len(self.lasts):
            if not at:
                blocks[0].append(pair)
                self.lasts.append(pair)
                self._size += 1
                return
            at -= 1
            blocks[at].append(pair)
            self.lasts[at] = pair
        else:
            insort(blocks[at], pair)
        self._size += 1
        block = blocks[at]
        if len(block) > BLOCK_MAX:
            half = len(block) // 2
            blocks.insert(at + 1, block[half:])
            del block[half:]
            self.lasts.insert(at, block[-1])

    def remove(self, pair: Pair) -> None:
        self._starts = None
        at = bisect_left(self.lasts, pair)
        block = self.blocks[at]
        place = bisect_left(block, pair)
        assert block[place] == pair, "what is removed is there"
        del block[place]
        self._size -= 1
        if block:
            self.lasts[at] = block[-1]
        else:
            del self.lasts[at]
            if len(self.blocks) > 1:
                del self.blocks[at]

    def rank(self, pair: Pair) -> int:
        """How many pairs stand before this one, which need not be there."""
        at = bisect_left(self.lasts, pair)
        if at == len(self.lasts):
            return self._size
        return self._before(at) + bisect_left(self.blocks[at], pair)

    def rank_after(self, pair: Pair) -> int:
        """How many pairs stand before whatever follows this one."""
        at = bisect_right(self.lasts, pair)
        if at == len(self.lasts):
            return self._size
        return self._before(at) + bisect_right(self.blocks[at], pair)

    def rank_of_score(self, score: float, beyond: bool) -> int:
        """How many pairs have a lower score; with `beyond`, a lower or the same one."""
        if not beyond:
            return self.rank((score, b""))
        return self._size if score == inf else self.rank((nextafter(score, inf), b""))

    def span(self, start: int, stop: int) -> list[Pair]:
        """The pairs from one rank up to, not with, another."""
        if start >= stop:
            return []
        if stop <= len(self.blocks[0]):
            return self.blocks[0][start:stop]
        if start >= (skipped := self._size - len(self.blocks[-1])):
            return self.blocks[-1][start - skipped : stop - skipped]
        self._before(0)
        assert self._starts is not None
        at = max(bisect_right(self._starts, start) - 1, 0)
        start, stop = start - self._starts[at], stop - self._starts[at]
        found = self.blocks[at][start:stop]
        while stop > (size := len(self.blocks[at])) and at + 1 < len(self.blocks):
            at, stop = at + 1, stop - size
            found += self.blocks[at][:stop]
        return found

    def _before(self, at: int) -> int:
        """How many pairs stand before a block; reckoned once after every change, for all of them."""
        if self._starts is None:
            self._starts = list(accumulate(map(len, self.blocks[:-1]), initial=0))
        return self._starts[at]

    def __iter__(self) -> Iterator[Pair]:
        for block in self.blocks:
            yield from block
