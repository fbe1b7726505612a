"""Memory: what values would take in Redis, estimated from their shape; cheap, and the same in every run."""

from itertools import islice
from typing import Any, Final

from simulator.services.redis.values.hashes import Hash
from simulator.services.redis.values.lists import List
from simulator.services.redis.values.sets import Set
from simulator.services.redis.values.sortedsets import SortedSet

SAMPLES: Final = 5
KEY_BYTES: Final = 56  # an entry of the main table and the object's head
EXPIRY_BYTES: Final = 32
SERVER_BYTES: Final = 876_136  # what an empty Redis 7.0.15 takes
_ENTRY_BYTES: Final = {"hash": 56, "set": 40, "zset": 88, "list": 3, "stream": 16}
_COMPACT_BYTES: Final = 4


def string_bytes(size: int) -> int:
    """Return what a text of that size takes: its head, and the next size that the allocator has."""
    needed = size + (2 if size < 32 else 4 if size < 256 else 6 if size < 65536 else 10)
    return 16 if needed <= 16 else -(-needed // 16) * 16


def value_bytes(value: Any, samples: int = SAMPLES) -> int:
    """Estimate a value from some of its members; 0 samples are all."""
    if isinstance(value, bytes | bytearray):
        return string_bytes(len(value)) if len(value) > 20 or not value.isdigit() else 0
    count = len(value)
    if not count:
        return 64
    members = list(islice(_members(value), samples or None))
    mean = sum(members) / len(members) if members else 16
    per_entry = _ENTRY_BYTES.get(value.kind.decode(), 16)
    if b"listpack" in value.encoding or value.encoding == b"intset":
        per_entry = _COMPACT_BYTES
    return 64 + int(count * (mean + per_entry))


def _members(value: Any) -> Any:
    if isinstance(value, Hash):
        return (len(name) + len(text) for name, text in value.fields.items())
    if isinstance(value, Set):
        return map(len, value.members)
    if isinstance(value, SortedSet):
        return (len(member) + 8 for member in value.scores)
    if isinstance(value, List):
        return (len(item) for item in value.items)
    return iter([64])


def key_bytes(key: bytes, value: Any, *, expires: bool, samples: int = SAMPLES) -> int:
    """Estimate a key with all that belongs to it."""
    return KEY_BYTES + string_bytes(len(key)) + value_bytes(value, samples) + (EXPIRY_BYTES if expires else 0)
