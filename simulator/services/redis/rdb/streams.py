"""streams: streams in RDB files: nodes as listpacks, then the groups with what they gave to whom.

A node's listpack begins with how many entries it has, how many are deleted, and the first entry's field names; each
entry has flags, its id as a difference to the node's, and its values, or names and values where the names differ.
"""

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.services.redis.rdb.lzf import BadData
from simulator.services.redis.rdb.packs import read_listpack, write_listpack
from simulator.services.redis.rdb.primitive import Source, length, string
from simulator.services.redis.values.groups import UNKNOWN, Consumer, Group
from simulator.services.redis.values.streams import Node, Stream

if TYPE_CHECKING:
    from simulator.services.redis.values.limits import Limits

STREAM_2: Final = 19
_SEQUENCE: Final = (1 << 64) - 1
_DELETED, _SAME = 1, 2


def _id(number: int) -> bytes:
    return length(number >> 64) + length(number & _SEQUENCE)


def dump_stream(value: Stream, framed: Callable[[bytes], bytes] | None = None) -> tuple[int, bytes]:
    parts = [length(len(value.nodes))]
    for node in value.nodes:
        parts += [string(node.ids[0].to_bytes(16, "big")), (framed or _framed)(_packed(node))]
    parts += [
        length(len(value)),
        _id(value.last_id),
        _id(value.first_id),
        _id(value.max_deleted_id),
        length(value.added),
    ]
    parts.append(length(len(value.groups)))
    for name, group in sorted(value.groups.items()):
        parts += [string(name), _id(group.last_id), length(group.read & _SEQUENCE), length(len(group.pending))]
        for number in group.order:
            given = group.pending[number]
            parts += [number.to_bytes(16, "big"), struct.pack("<q", given.at_ms), length(given.count)]
        parts.append(length(len(group.consumers)))
        for _, consumer in sorted(group.consumers.items()):
            parts += [string(consumer.name), struct.pack("<q", consumer.seen_ms), length(len(consumer.pending))]
            parts += [number.to_bytes(16, "big") for number in consumer.pending]
    return STREAM_2, b"".join(parts)


def _signed(number: int) -> int:
    """Return a difference of 64-bit numbers as one of 64 bits."""
    return (number + (1 << 63) & _SEQUENCE) - (1 << 63)


def _framed(data: bytes) -> bytes:
    return length(len(data)) + data


def _packed(node: Node) -> bytes:
    """Return a node as a listpack; what was deleted is left out."""
    names, first = node.names, node.ids[0]
    items: list[bytes | int] = [node.count, 0, len(names), *names, 0]
    for number, fields in zip(node.ids, node.entries, strict=True):
        if fields is None:
            continue
        distance = [_signed((number >> 64) - (first >> 64)), _signed((number & _SEQUENCE) - (first & _SEQUENCE))]
        if fields[::2] == names:
            items += [_SAME, *distance, *fields[1::2], len(names) + 3]
        else:
            items += [0, *distance, len(fields) // 2, *fields, len(fields) + 4]
    return write_listpack(items)


def restore_stream(source: Source, limits: "Limits", *, old: bool) -> Stream:
    """Read a stream, in the form of Redis 7 or in that of Redis 5 and 6."""
    made = Stream()
    for _ in range(source.length()):
        first = int.from_bytes(source.string(), "big")
        node = _unpacked(first, read_listpack(source.string()))
        if node.count:
            made.nodes.append(node)
            made.length += node.count
    length_said = source.length()
    made.last_id = _read_id(source)
    made.added = length_said
    if not old:
        _read_id(source)
        made.max_deleted_id = _read_id(source)
        made.added = source.length()
    if length_said != made.length:
        raise BadData("a stream of another length than it says")
    for _ in range(source.length()):
        name, group = _read_group(source, old=old)
        made.groups[name] = group
    return made


def _read_id(source: Source) -> int:
    milliseconds = source.length()
    return milliseconds << 64 | source.length()


def _unpacked(first: int, items: list[bytes]) -> Node:
    at = 0

    def take() -> bytes:
        nonlocal at
        if at >= len(items):
            raise BadData("a stream's node ends too soon")
        at += 1
        return items[at - 1]

    left = int(take()) + int(take())
    names = tuple(take() for _ in range(int(take())))
    take()
    node = Node(first, tuple(item for name in names for item in (name, b"")))
    for _ in range(left):
        flags, milliseconds, sequence = int(take()), int(take()), int(take())
        number = ((first >> 64) + milliseconds & _SEQUENCE) << 64 | ((first & _SEQUENCE) + sequence & _SEQUENCE)
        if flags & _SAME:
            fields = tuple(item for name in names for item in (name, take()))
        else:
            fields = tuple(take() for _ in range(2 * int(take())))
        take()
        node.add(number, fields)
        if flags & _DELETED:
            node.entries[-1] = None
            node.count -= 1
    return node


def _read_group(source: Source, *, old: bool) -> tuple[bytes, Group]:
    name = source.string()
    group = Group(_read_id(source))
    if not old:
        read = source.length()
        group.read = UNKNOWN if read == _SEQUENCE else read
    given: dict[int, tuple[int, int]] = {}
    for _ in range(source.length()):
        number = int.from_bytes(source.take(16), "big")
        at_ms = source.integer("<q")
        given[number] = (at_ms, source.length())
    for _ in range(source.length()):
        consumer = Consumer(source.string(), source.integer("<q"))
        group.consumers[consumer.name] = consumer
        for _ in range(source.length()):
            number = int.from_bytes(source.take(16), "big")
            if number not in given:
                raise BadData("a consumer holds what its group has not given")
            group.give(number, consumer, *given[number])
    return name, group
