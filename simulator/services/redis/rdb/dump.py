"""dump: one value as bytes, and DUMP's payload."""

import struct
from typing import Any, Final

from simulator.services.redis.rdb.crc64 import crc64
from simulator.services.redis.rdb.primitive import length, string
from simulator.services.redis.rdb.streams import dump_stream
from simulator.services.redis.values.hashes import Hash
from simulator.services.redis.values.lists import List
from simulator.services.redis.values.sets import Set
from simulator.services.redis.values.sortedsets import SortedSet

VERSION: Final = 10
STRING, LIST, SET, HASH, ZSET_2 = 0, 1, 2, 4, 5


def dump(value: Any) -> tuple[int, bytes]:
    """Return a value's type and its bytes."""
    if isinstance(value, bytes | bytearray):
        return STRING, string(bytes(value))
    if isinstance(value, List):
        return LIST, length(len(value)) + b"".join(map(string, value.items))
    if isinstance(value, Set):
        members = value.ordered()
        return SET, length(len(members)) + b"".join(map(string, members))
    if isinstance(value, Hash):
        pairs = (string(name) + string(text) for name, text in value.fields.items())
        return HASH, length(len(value)) + b"".join(pairs)
    if isinstance(value, SortedSet):
        # From the highest score down, as Redis writes them: each is then put before all others.
        ranked = (string(member) + struct.pack("<d", score) for score, member in reversed(list(value.ranking)))
        return ZSET_2, length(len(value)) + b"".join(ranked)
    return dump_stream(value)


def payload(kind: int, body: bytes) -> bytes:
    """Return bytes as DUMP gives them: the type before, the version and a checksum behind."""
    return sealed(bytes([kind]) + body)


def sealed(data: bytes) -> bytes:
    """Return bytes with version and checksum behind."""
    data += struct.pack("<H", VERSION)
    return data + struct.pack("<Q", crc64(data))


def unsealed(data: bytes) -> bytes | None:
    """Return what stands before version and checksum, or None where they are wrong."""
    if len(data) < 10:
        return None
    version = struct.unpack("<H", data[-10:-8])[0]
    if version > VERSION or struct.unpack("<Q", data[-8:])[0] != crc64(data[:-8]):
        return None
    return data[:-10]


def opened(data: bytes) -> tuple[int, bytes] | None:
    """Return type and bytes of a payload, or None where version or checksum are wrong."""
    body = unsealed(data)
    return (body[0], body[1:]) if body else None
