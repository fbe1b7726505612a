"""Sets: members in the order of entry, or numbers in their own.

Small sets of integers are an `intset`, which Redis keeps sorted; all others are a `hashtable`, whose order there is
left to chance and here is the order of entry.
"""

from collections.abc import Iterable
from random import Random

from simulator.services.redis.numerals import as_integer
from simulator.services.redis.values.limits import Limits
from simulator.services.redis.values.roll import Roll


class Set:
    """A dictionary of members without values, for the order's sake."""

    __slots__ = ("members", "integers", "roll")

    kind = b"set"

    def __init__(self, members: Iterable[bytes] = (), limits: Limits | None = None) -> None:
        self.members: dict[bytes, None] = {}
        self.integers = True
        self.roll: Roll | None = None
        limits = limits or Limits()
        for member in members:
            self.add(member, limits)

    def __len__(self) -> int:
        return len(self.members)

    def __contains__(self, member: bytes) -> bool:
        return member in self.members

    @property
    def encoding(self) -> bytes:
        return b"intset" if self.integers else b"hashtable"

    def add(self, member: bytes, limits: Limits) -> bool:
        members = self.members
        if member in members:
            return False
        members[member] = None
        if self.integers and (len(members) > limits.set_max_intset_entries or as_integer(member) is None):
            self.integers = False
        if self.roll is not None:
            self.roll.enter(member)
        return True

    def drop(self, member: bytes) -> bool:
        if member not in self.members:
            return False
        del self.members[member]
        if self.roll is not None:
            self.roll.leave(member)
        return True

    def ordered(self) -> list[bytes]:
        """The members as Redis would list them."""
        return sorted(self.members, key=int) if self.integers else list(self.members)

    def names(self) -> Roll:
        """The roll of its members, kept from now on."""
        if self.roll is None:
            self.roll = Roll(self.members)
        return self.roll

    def draw(self, rng: Random) -> bytes:
        return self.names().draw(rng)

    def copy(self) -> "Set":
        twin = Set()
        twin.members = dict(self.members)
        twin.integers = self.integers
        return twin
