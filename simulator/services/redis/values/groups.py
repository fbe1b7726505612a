"""Consumer groups: how far a group has read a stream, and what its consumers were given and did not acknowledge."""

from bisect import bisect_left, insort
from typing import Final

UNKNOWN: Final = -1


class Given:
    """One entry that was given to a consumer."""

    __slots__ = ("consumer", "at_ms", "count")

    def __init__(self, consumer: "Consumer", at_ms: int, count: int = 1) -> None:
        self.consumer, self.at_ms, self.count = consumer, at_ms, count


class Consumer:
    """Who reads for a group; its pending ids are sorted."""

    __slots__ = ("name", "seen_ms", "pending")

    def __init__(self, name: bytes, seen_ms: int) -> None:
        self.name, self.seen_ms = name, seen_ms
        self.pending: list[int] = []


class Group:
    """All that is known of one group."""

    __slots__ = ("last_id", "read", "pending", "order", "consumers")

    def __init__(self, last_id: int, read: int = UNKNOWN) -> None:
        self.last_id = last_id
        self.read = read
        """How many entries of the stream the group has been given, or UNKNOWN."""
        self.pending: dict[int, Given] = {}
        self.order: list[int] = []
        """The pending ids, sorted."""
        self.consumers: dict[bytes, Consumer] = {}

    def give(self, number: int, consumer: Consumer, at_ms: int, count: int = 1) -> Given:
        """Note that an entry was given to a consumer, whoever had it before."""
        given = self.pending.get(number)
        if given is None:
            given = self.pending[number] = Given(consumer, at_ms, count)
            insort(self.order, number)
            insort(consumer.pending, number)
        elif given.consumer is not consumer:
            _remove(given.consumer.pending, number)
            insort(consumer.pending, number)
            given.consumer = consumer
        given.at_ms, given.count = at_ms, count
        return given

    def settle(self, number: int) -> bool:
        """Forget that an entry was given to anyone; whether it was."""
        given = self.pending.pop(number, None)
        if given is None:
            return False
        _remove(self.order, number)
        _remove(given.consumer.pending, number)
        return True

    def dismiss(self, name: bytes) -> int:
        """Remove a consumer with all that it was given; how much that was."""
        consumer = self.consumers.pop(name)
        count = len(consumer.pending)
        for number in list(consumer.pending):
            self.settle(number)
        return count

    def copy(self) -> "Group":
        twin = Group(self.last_id, self.read)
        for name, consumer in self.consumers.items():
            twin.consumers[name] = Consumer(name, consumer.seen_ms)
        for number in self.order:
            given = self.pending[number]
            twin.give(number, twin.consumers[given.consumer.name], given.at_ms, given.count)
        return twin


def _remove(numbers: list[int], number: int) -> None:
    at = bisect_left(numbers, number)
    assert numbers[at] == number, "what is pending is in order"
    del numbers[at]
