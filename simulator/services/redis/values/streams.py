"""Streams: entries by id, in nodes as Redis packs them, and the groups that read them.

How many entries share a node decides what an approximate trim (`~`) removes, so the size of each node is reckoned as
its listpack would have it. Entries that are deleted leave gaps until their node is empty.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from simulator.services.redis.values import streamids
from simulator.services.redis.values.groups import Group
from simulator.services.redis.values.limits import Limits
from simulator.services.redis.values.listpack import FRAME_BYTES, item_bytes

NODE_BYTES_MAX: Final = 1 << 30
KEY_BYTES: Final = 16

Fields = tuple[bytes, ...]
"""Names and values in turn."""
Entry = tuple[int, Fields]


class Node:
    """Some entries that follow one another; a gap is None."""

    __slots__ = ("ids", "entries", "count", "bytes", "names")

    def __init__(self, first: int, fields: Fields) -> None:
        self.ids: list[int] = []
        self.entries: list[Fields | None] = []
        self.count = 0
        """Entries that are still there."""
        self.names = fields[::2]
        """What the first entry's fields are called: entries that have the same say so in one byte."""
        # Count, deleted, number of fields, their names, and a zero.
        self.bytes = FRAME_BYTES + 8 + sum(map(item_bytes, self.names))

    def add(self, number: int, fields: Fields) -> None:
        first = self.ids[0] if self.ids else number
        delta = (number >> 64) - (first >> 64)
        step = (number & streamids.SEQUENCE_MAX) - (first & streamids.SEQUENCE_MAX)
        self.bytes += 2 + item_bytes(delta) + item_bytes(step)
        if fields[::2] == self.names:
            self.bytes += sum(map(item_bytes, fields[1::2])) + item_bytes(len(self.names) + 3)
        else:
            self.bytes += item_bytes(len(fields) // 2) + sum(map(item_bytes, fields)) + item_bytes(len(fields) + 4)
        self.ids.append(number)
        self.entries.append(fields)
        self.count += 1

    def is_full(self, fields: Fields, limits: Limits) -> bool:
        bytes_max = limits.stream_node_max_bytes
        if not bytes_max or bytes_max > NODE_BYTES_MAX:
            bytes_max = NODE_BYTES_MAX
        if self.bytes + sum(map(len, fields)) >= bytes_max:
            return True
        return bool(limits.stream_node_max_entries) and len(self.ids) >= limits.stream_node_max_entries

    def last_there(self) -> int:
        """The last id that is still there; there must be one."""
        backwards = zip(reversed(self.ids), reversed(self.entries), strict=True)
        return next(number for number, fields in backwards if fields is not None)


class Stream:
    """All of it."""

    __slots__ = ("nodes", "length", "last_id", "max_deleted_id", "added", "groups")

    kind = b"stream"
    encoding = b"stream"

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.length = 0
        self.last_id = 0
        """The highest id ever given."""
        self.max_deleted_id = 0
        self.added = 0
        """How many entries were ever added."""
        self.groups: dict[bytes, Group] = {}

    def __len__(self) -> int:
        return self.length

    @property
    def first_id(self) -> int:
        """The lowest id that is there, or 0."""
        return next((number for number, _ in self.forwards(0, streamids.HIGHEST)), 0)

    @property
    def last_there(self) -> int:
        """The highest id that is there, or 0."""
        return next((number for number, _ in self.backwards(0, streamids.HIGHEST)), 0)

    def add(self, number: int, fields: Fields, limits: Limits) -> None:
        """Put an entry at the end."""
        assert number > self.last_id, "ids only grow"
        if not self.nodes or self.nodes[-1].is_full(fields, limits):
            self.nodes.append(Node(number, fields))
        self.nodes[-1].add(number, fields)
        self.length += 1
        self.added += 1
        self.last_id = number

    def _at(self, number: int) -> int:
        """The first node that may hold this id or a later one."""
        at = bisect_left(self.nodes, number, key=lambda node: node.ids[0])
        return at if at < len(self.nodes) and self.nodes[at].ids[0] == number else max(at - 1, 0)

    def forwards(self, first: int, last: int) -> Iterator[Entry]:
        """The entries from one id to another."""
        for node in self.nodes[self._at(first) :] if first else self.nodes:
            ids = node.ids
            for place in range(bisect_left(ids, first), len(ids)):
                if ids[place] > last:
                    return
                fields = node.entries[place]
                if fields is not None:
                    yield ids[place], fields

    def backwards(self, first: int, last: int) -> Iterator[Entry]:
        """The same from the end."""
        for at in range(self._at(last), -1, -1) if self.nodes else ():
            node = self.nodes[at]
            ids = node.ids
            for place in range(bisect_left(ids, last + 1) - 1, -1, -1):
                if ids[place] < first:
                    return
                fields = node.entries[place]
                if fields is not None:
                    yield ids[place], fields

    def get(self, number: int) -> Fields | None:
        if not self.nodes:
            return None
        node = self.nodes[self._at(number)]
        place = bisect_left(node.ids, number)
        return node.entries[place] if place < len(node.ids) and node.ids[place] == number else None

    def drop(self, number: int) -> bool:
        """Remove an entry; whether it was there."""
        if not self.nodes:
            return False
        at = self._at(number)
        node = self.nodes[at]
        place = bisect_left(node.ids, number)
        if place == len(node.ids) or node.ids[place] != number or node.entries[place] is None:
            return False
        node.entries[place] = None
        node.count -= 1
        self.length -= 1
        if not node.count:
            del self.nodes[at]
        return True

    def trim(self, *, length: int | None, lowest: int, approximate: bool, limit: int) -> int:
        """Remove entries from the start until so many are left, or none below an id; how many went.

        An approximate trim removes whole nodes only, and at most `limit` entries if that is not zero.
        """
        gone = 0
        while self.nodes:
            node = self.nodes[0]
            if length is not None and self.length <= length:
                break
            if limit and gone + node.count > limit:
                break
            whole = self.length - node.count >= length if length is not None else node.last_there() < lowest
            if whole:
                del self.nodes[0]
                self.length -= node.count
                gone += node.count
                continue
            if not approximate:
                gone += self._trim_node(node, length, lowest)
            break
        return gone

    def _trim_node(self, node: Node, length: int | None, lowest: int) -> int:
        gone = 0
        for place, fields in enumerate(node.entries):
            if self.length <= length if length is not None else node.ids[place] >= lowest:
                break
            if fields is not None:
                node.entries[place] = None
                node.count -= 1
                self.length -= 1
                gone += 1
        return gone

    def tree_nodes(self) -> int:
        """How many nodes the radix tree of this stream's nodes has."""
        return _tree_nodes([node.ids[0].to_bytes(KEY_BYTES) for node in self.nodes], 0) if self.nodes else 1

    def copy(self) -> "Stream":
        twin = Stream()
        for node in self.nodes:
            other = Node(node.ids[0], ())
            other.ids, other.entries = list(node.ids), list(node.entries)
            other.count, other.bytes, other.names = node.count, node.bytes, node.names
            twin.nodes.append(other)
        twin.length, twin.last_id = self.length, self.last_id
        twin.max_deleted_id, twin.added = self.max_deleted_id, self.added
        twin.groups = {name: group.copy() for name, group in self.groups.items()}
        return twin


def _tree_nodes(keys: list[bytes], depth: int) -> int:
    """Nodes of a compressed radix tree of sorted keys from a depth on: one for every chain, fork and end."""
    if depth == KEY_BYTES:
        return 1
    end = depth
    while end < KEY_BYTES and keys[0][end] == keys[-1][end]:
        end += 1
    if end > depth:
        return 1 + _tree_nodes(keys, end)
    forks: dict[int, list[bytes]] = {}
    for key in keys:
        forks.setdefault(key[depth], []).append(key)
    return 1 + sum(_tree_nodes(branch, depth + 1) for branch in forks.values())
