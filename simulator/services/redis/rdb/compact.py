"""compact: one value as Redis itself writes it, small collections as listpacks and intsets, long texts compressed.

DUMP gives this form, to the byte where Redis' own is not a matter of its history: large collections come in the order
of entry, lists as if they had been filled from the right. Snapshots are written in the plain forms of `dump.py`, which
takes less time.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final

from simulator.services.redis.numerals import as_integer, as_text
from simulator.services.redis.rdb.dump import dump
from simulator.services.redis.rdb.packs import write_listpack
from simulator.services.redis.rdb.primitive import length, string
from simulator.services.redis.rdb.streams import dump_stream
from simulator.services.redis.values.hashes import Hash
from simulator.services.redis.values.listpack import FRAME_BYTES, item_bytes
from simulator.services.redis.values.lists import List
from simulator.services.redis.values.sets import Set
from simulator.services.redis.values.sortedsets import SortedSet
from simulator.services.redis.values.streams import Stream

STRING, SET, HASH, INTSET, HASH_LISTPACK, ZSET_LISTPACK, QUICKLIST = 0, 2, 4, 11, 16, 17, 18
PACKED: Final = 2
NODE_BYTES_MAX: Final = 8192
NODE_SLACK: Final = 8
COMPRESSED_MIN: Final = 21
COMPRESSED_MAX: Final = 1 << 18
"""Compression is slow here, and only saves room."""
_TABLE_BITS: Final = 16
_BACK_MAX: Final = 8192
_MATCH_MAX: Final = 264
_LITERALS_MAX: Final = 32
_STEPS_UNCHECKED: Final = 16


def compact(value: Any) -> tuple[int, bytes]:
    """Return a value's type and its bytes."""
    if isinstance(value, bytes | bytearray):
        return STRING, text(bytes(value))
    if isinstance(value, List):
        nodes = list(_nodes(value.items))
        return QUICKLIST, length(len(nodes)) + b"".join(bytes([PACKED]) + text(write_listpack(node)) for node in nodes)
    if isinstance(value, Set):
        if value.integers:
            return INTSET, text(_intset([int(member) for member in value.ordered()]))
        return SET, length(len(value)) + b"".join(map(text, value.members))
    if isinstance(value, Hash):
        words = [word for pair in value.fields.items() for word in pair]
        if value.compact:
            return HASH_LISTPACK, text(write_listpack(list(words)))
        return HASH, length(len(value)) + b"".join(map(text, words))
    if isinstance(value, SortedSet) and value.compact:
        return ZSET_LISTPACK, text(
            write_listpack([word for score, member in value.ranking for word in (member, as_text(score))])
        )
    return dump_stream(value, text) if isinstance(value, Stream) else dump(value)


def _nodes(items: Iterable[bytes]) -> Iterator[list[bytes | int]]:
    """A list's items as its nodes hold them."""
    node: list[bytes | int] = []
    size = FRAME_BYTES
    for item in items:
        if node and size + len(item) + NODE_SLACK > NODE_BYTES_MAX:
            yield node
            node, size = [], FRAME_BYTES
        node.append(item)
        size += item_bytes(item)
    yield node


def _intset(numbers: list[int]) -> bytes:
    widest = max(-numbers[0] - 1, numbers[-1], 0).bit_length()
    width = 2 if widest < 16 else 4 if widest < 32 else 8
    body = b"".join(number.to_bytes(width, "little", signed=True) for number in numbers)
    return struct.pack("<II", width, len(numbers)) + body


def text(raw: bytes) -> bytes:
    """A text as Redis writes it: as a short integer, compressed if that helps, or as it is."""
    if COMPRESSED_MIN <= len(raw) <= COMPRESSED_MAX and as_integer(raw) is None:
        packed = compress(raw)
        if packed is not None:
            return b"\xc3" + length(len(packed)) + length(len(raw)) + packed
    return string(raw)


def _match_size(data: bytes, before: int, at: int) -> int:
    """How far two places agree. The first steps look at no limit, which may be passed by two bytes for that."""
    most = min(len(data) - at - 2, _MATCH_MAX)
    size = 2
    if most > _STEPS_UNCHECKED:
        for _ in range(_STEPS_UNCHECKED):
            size += 1
            if data[before + size] != data[at + size]:
                return size
    size += 1
    while size < most and data[before + size] == data[at + size]:
        size += 1
    return size


def compress(data: bytes) -> bytes | None:
    """LibLZF's own way of finding what was there before; None if it does not save at least four bytes."""
    table = dict[int, int]()
    out, literals = bytearray(), bytearray()
    at, end, room = 0, len(data), len(data) - 4
    mask = (1 << _TABLE_BITS) - 1

    def slot(place: int) -> int:
        number = data[place] << 16 | data[place + 1] << 8 | data[place + 2]
        return ((number >> (24 - _TABLE_BITS)) - number * 5) & mask

    def flush() -> None:
        if literals:
            out.append(len(literals) - 1)
            out.extend(literals)
            literals.clear()

    while at < end - 2:
        key = slot(at)
        before = table.get(key, 0)
        table[key] = at
        back = at - before - 1
        if 0 < before < at and back < _BACK_MAX and data[before : before + 3] == data[at : at + 3]:
            flush()
            if len(out) + 4 >= room:
                return None
            size = _match_size(data, before, at)
            coded = size - 2
            out += bytes([back >> 8 | coded << 5] if coded < 7 else [back >> 8 | 7 << 5, coded - 7])
            out.append(back & 0xFF)
            at += size
            if at >= end - 2:
                break
            table[slot(at - 2)] = at - 2
            table[slot(at - 1)] = at - 1
            continue
        if len(out) + len(literals) + 1 >= room:
            return None
        literals.append(data[at])
        at += 1
        if len(literals) == _LITERALS_MAX:
            flush()
    if len(out) + len(literals) + 4 > room:
        return None
    for byte in data[at:]:
        literals.append(byte)
        if len(literals) == _LITERALS_MAX:
            flush()
    flush()
    return bytes(out)
