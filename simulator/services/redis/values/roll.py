"""The roll: who is in a collection, by the order of entry, for whoever calls or draws from it.

Scans go from the youngest member to the oldest, and the cursor is the number of the last one called. So a
scan ends however much is added meanwhile, everyone who stays is called exactly once, and who comes later is
not called. A roll is only kept for collections that somebody scanned or drew from.
"""

from bisect import bisect_left
from collections.abc import Iterable
from random import Random

SLACK = 32
"""So many gaps are carried along before the roll is written anew."""


class Roll:
    """Members with the number of their entry; gaps are left where members went."""

    __slots__ = ("names", "numbers", "places", "_next")

    def __init__(self, members: Iterable[bytes]) -> None:
        self.names: list[bytes | None] = list(members)
        self.numbers: list[int] = list(range(1, len(self.names) + 1))
        self.places: dict[bytes, int] = {name: number for number, name in enumerate(self.names, 1) if name is not None}
        self._next = len(self.names) + 1

    def enter(self, name: bytes) -> None:
        if name in self.places:
            return
        self.places[name] = self._next
        self.names.append(name)
        self.numbers.append(self._next)
        self._next += 1

    def leave(self, name: bytes) -> None:
        number = self.places.pop(name, None)
        if number is None:
            return
        self.names[bisect_left(self.numbers, number)] = None
        if len(self.names) > 2 * len(self.places) + SLACK:
            kept = [(number, name) for number, name in zip(self.numbers, self.names, strict=True) if name is not None]
            self.numbers = [number for number, _ in kept]
            self.names = [name for _, name in kept]

    def call(self, cursor: int, count_max: int) -> tuple[int, list[bytes]]:
        """The next members, and the cursor that goes on from there; zero at both ends."""
        at = (bisect_left(self.numbers, cursor) if cursor else len(self.numbers)) - 1
        called: list[bytes] = []
        while at >= 0 and len(called) < count_max:
            name = self.names[at]
            if name is not None:
                called.append(name)
            at -= 1
        while at >= 0 and self.names[at] is None:
            at -= 1
        return (self.numbers[at + 1] if at >= 0 else 0), called

    def draw(self, rng: Random) -> bytes:
        """Any member; there must be one."""
        assert self.places, "nobody is on the roll"
        while True:
            name = self.names[int(rng.random() * len(self.names))]
            if name is not None:
                return name
