"""restore: one value from bytes, in any form that Redis 2.6 to 7.0 writes."""

from collections.abc import Callable
from typing import Any, Final

from simulator.services.redis.rdb.lzf import BadData
from simulator.services.redis.rdb.packs import read_intset, read_listpack, read_ziplist
from simulator.services.redis.rdb.primitive import Source
from simulator.services.redis.rdb.streams import restore_stream
from simulator.services.redis.values.hashes import Hash
from simulator.services.redis.values.limits import Limits
from simulator.services.redis.values.lists import List
from simulator.services.redis.values.sets import Set
from simulator.services.redis.values.sortedsets import SortedSet


def restore(kind: int, source: Source, limits: Limits) -> Any:
    """Read a value of this type."""
    reader = _READERS.get(kind)
    if reader is None:
        raise BadData(f"a value of the unknown type {kind}")
    value = reader(source, limits)
    if not isinstance(value, bytes) and not len(value) and kind not in _STREAMS:
        raise BadData("a collection without members")
    return value


def _list(items: list[bytes], limits: Limits) -> List:
    return List(items)


def _set(members: list[bytes], limits: Limits) -> Set:
    return Set(members, limits)


def _hash(items: list[bytes], limits: Limits) -> Hash:
    if len(items) % 2:
        raise BadData("a field without a value")
    made = Hash()
    made.expect(items, limits)
    for name, text in zip(items[::2], items[1::2], strict=True):
        made.put(name, text, limits)
    return made


def _zset(items: list[bytes], limits: Limits) -> SortedSet:
    if len(items) % 2:
        raise BadData("a member without a score")
    try:
        pairs = [(float(score), member) for member, score in zip(items[::2], items[1::2], strict=True)]
    except ValueError:
        raise BadData("a score that is no number") from None
    return SortedSet(pairs, limits)


def _plain(source: Source, each: int = 1) -> list[bytes]:
    return [source.string() for _ in range(source.length() * each)]


def _scored(source: Source, limits: Limits, *, binary: bool) -> SortedSet:
    pairs = []
    for _ in range(source.length()):
        member = source.string()
        pairs.append((source.unpack("<d") if binary else _old_double(source), member))
    return SortedSet(pairs, limits)


def _old_double(source: Source) -> float:
    size = source.byte()
    if size >= 253:
        return {253: float("nan"), 254: float("inf"), 255: float("-inf")}[size]
    return float(source.take(size))


def _quicklist(source: Source, limits: Limits) -> List:
    items: list[bytes] = []
    for _ in range(source.length()):
        items += read_ziplist(source.string())
    return List(items)


def _quicklist_2(source: Source, limits: Limits) -> List:
    items: list[bytes] = []
    for _ in range(source.length()):
        plain = source.length() == 1
        node = source.string()
        items += [node] if plain else read_listpack(node)
    return List(items)


_STREAMS: Final = frozenset({15, 19})
_READERS: Final[dict[int, Callable[[Source, Limits], Any]]] = {
    0: lambda source, limits: source.string(),
    1: lambda source, limits: _list(_plain(source), limits),
    2: lambda source, limits: _set(_plain(source), limits),
    3: lambda source, limits: _scored(source, limits, binary=False),
    4: lambda source, limits: _hash(_plain(source, 2), limits),
    5: lambda source, limits: _scored(source, limits, binary=True),
    10: lambda source, limits: _list(read_ziplist(source.string()), limits),
    11: lambda source, limits: _set(read_intset(source.string()), limits),
    12: lambda source, limits: _zset(read_ziplist(source.string()), limits),
    13: lambda source, limits: _hash(read_ziplist(source.string()), limits),
    14: _quicklist,
    15: lambda source, limits: restore_stream(source, limits, old=True),
    16: lambda source, limits: _hash(read_listpack(source.string()), limits),
    17: lambda source, limits: _zset(read_listpack(source.string()), limits),
    18: _quicklist_2,
    19: lambda source, limits: restore_stream(source, limits, old=False),
}
