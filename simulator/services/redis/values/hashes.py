"""Hashes: fields with values, in the order in which fields came.

Small ones are a `listpack`, which keeps that order in Redis too; large ones are a `hashtable`, whose order there is
left to chance and here stays the order of entry.
"""

from random import Random

from simulator.services.redis.values.limits import Limits
from simulator.services.redis.values.roll import Roll


class Hash:
    """A dictionary that knows how Redis would hold it."""

    __slots__ = ("fields", "compact", "roll")

    kind = b"hash"

    def __init__(self) -> None:
        self.fields: dict[bytes, bytes] = {}
        self.compact = True
        self.roll: Roll | None = None

    def __len__(self) -> int:
        return len(self.fields)

    @property
    def encoding(self) -> bytes:
        return b"listpack" if self.compact else b"hashtable"

    def expect(self, words: list[bytes], limits: Limits) -> None:
        """Fields and values of these sizes are about to come: a long one ends the compact form at once."""
        if self.compact:
            size_max = limits.hash_max_listpack_value
            for word in words:
                if len(word) > size_max:
                    self.compact = False
                    return

    def put(self, field: bytes, value: bytes, limits: Limits) -> bool:
        """Set one field; whether it is a new one."""
        fields = self.fields
        if field in fields:
            fields[field] = value
            return False
        fields[field] = value
        if self.roll is not None:
            self.roll.enter(field)
        if self.compact and len(fields) > limits.hash_max_listpack_entries:
            self.compact = False
        return True

    def drop(self, field: bytes) -> bool:
        if self.fields.pop(field, None) is None:
            return False
        if self.roll is not None:
            self.roll.leave(field)
        return True

    def names(self) -> Roll:
        """The roll of its fields, kept from now on."""
        if self.roll is None:
            self.roll = Roll(self.fields)
        return self.roll

    def draw(self, rng: Random) -> bytes:
        return self.names().draw(rng)

    def copy(self) -> "Hash":
        twin = Hash()
        twin.fields = dict(self.fields)
        twin.compact = self.compact
        return twin
