"""Lists: a double-ended queue of texts. Redis 7.0 calls every one of them a `quicklist`."""

from collections import deque
from collections.abc import Iterable
from itertools import islice


class List:
    """A deque, and what Redis does to it besides."""

    __slots__ = ("items",)

    kind = b"list"
    encoding = b"quicklist"

    def __init__(self, items: Iterable[bytes] = ()) -> None:
        self.items: deque[bytes] = deque(items)

    def __len__(self) -> int:
        return len(self.items)

    def span(self, start: int, stop: int) -> list[bytes]:
        """The items from `start` up to and with `stop`, both within bounds; from the nearer end."""
        items = self.items
        if start > len(items) // 2:
            part = list(islice(reversed(items), len(items) - 1 - stop, len(items) - start))
            part.reverse()
            return part
        return list(islice(items, start, stop + 1))

    def trim(self, start: int, stop: int) -> None:
        """Keep what `span` would give; from the ends where little goes."""
        items = self.items
        for _ in range(len(items) - 1 - stop):
            items.pop()
        for _ in range(start):
            items.popleft()

    def remove(self, item: bytes, count: int) -> int:
        """Remove the first so many that are equal; the last ones if the count is negative, all if it is zero."""
        items = self.items
        found = [place for place, one in enumerate(items) if one == item]
        if count > 0:
            found = found[:count]
        elif count < 0:
            found = found[count:]
        gone = set(found)
        if gone:
            self.items = deque(one for place, one in enumerate(items) if place not in gone)
        return len(gone)

    def insert(self, pivot: bytes, item: bytes, after: bool) -> bool:
        try:
            place = self.items.index(pivot)
        except ValueError:
            return False
        self.items.insert(place + after, item)
        return True

    def copy(self) -> "List":
        return List(self.items)
