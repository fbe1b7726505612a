"""SORT: lists, sets and sorted sets in another order, by what other keys say, with what other keys hold.

Where ALPHA and BY leave several items equal they keep their order; Redis does so too, but not under a LIMIT.
"""

from functools import cmp_to_key

from simulator.services.redis.call import Call
from simulator.services.redis.commands import results
from simulator.services.redis.numerals import as_real, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, WRONG_TYPE, Refusal, Reply
from simulator.services.redis.values.hashes import Hash
from simulator.services.redis.values.lists import List
from simulator.services.redis.values.sets import Set
from simulator.services.redis.values.sortedsets import SortedSet

_BLANK = b" \t\n\r\v\f"


class _Query:
    """What a SORT asks for."""

    __slots__ = ("by", "offset", "count", "gets", "descending", "alpha", "store", "unsorted")

    def __init__(self, words: list[bytes], *, may_store: bool) -> None:
        self.by: bytes | None = None
        self.store: bytes | None = None
        self.offset, self.count = 0, -1
        self.gets: list[bytes] = []
        self.descending = self.alpha = self.unsorted = False
        at = 0
        while at < len(words):
            option, left = words[at].upper(), len(words) - at - 1
            if option in {b"ASC", b"DESC"}:
                self.descending = option == b"DESC"
            elif option == b"ALPHA":
                self.alpha = True
            elif option == b"LIMIT" and left >= 2:
                self.offset, self.count = integer(words[at + 1]), integer(words[at + 2])
                at += 2
            elif option == b"STORE" and left and may_store:
                self.store = words[at + 1]
                at += 1
            elif option == b"BY" and left:
                self.by = words[at + 1]
                self.unsorted = b"*" not in self.by
                at += 1
            elif option == b"GET" and left:
                self.gets.append(words[at + 1])
                at += 1
            else:
                raise Refusal(SYNTAX)
            at += 1

    def window(self, size: int) -> tuple[int, int]:
        """The first place that is wanted, and the first one behind."""
        start = max(self.offset, 0)
        end = size if self.count < 0 else min(start + self.count, size)
        return start, end


def _looked_up(call: Call, pattern: bytes, item: bytes) -> bytes | None:
    """What a pattern stands for: the item itself, a key, or a field of a key."""
    if pattern == b"#":
        return item
    star = pattern.find(b"*")
    if star < 0:
        return None
    arrow = pattern.find(b"->", star + 1)
    field = pattern[arrow + 2 :] if arrow >= 0 and arrow + 2 < len(pattern) else b""
    rest = pattern[star + 1 : arrow] if field else pattern[star + 1 :]
    value = call.db.read(pattern[:star] + item + rest)
    if field:
        return value.fields.get(field) if isinstance(value, Hash) else None
    return bytes(value) if isinstance(value, bytes | bytearray) else None


def _items(call: Call, key: bytes, query: _Query) -> list[bytes]:
    value = call.db.read(key)
    if value is None:
        return []
    if isinstance(value, List):
        return list(reversed(value.items)) if query.unsorted and query.descending else list(value.items)
    if isinstance(value, Set):
        if query.unsorted and (query.store is not None or call.script is not None):
            # What is stored, or goes to a script, must be the same everywhere.
            query.unsorted, query.alpha, query.by = False, True, None
        return value.ordered()
    if isinstance(value, SortedSet):
        value.compact = False  # As Redis does, which sorts no listpack.
        members = [member for _, member in value.ranking]
        if query.unsorted and query.descending:
            members.reverse()
        return members
    raise Refusal(WRONG_TYPE)


def _weight(text: bytes | None) -> float:
    if not text:
        return 0.0
    value = as_real(text.lstrip(_BLANK))
    if value is None:
        raise Refusal("ERR One or more scores can't be converted into double")
    return value


def _sorted(call: Call, items: list[bytes], query: _Query) -> list[bytes]:
    """Put in order: by number and then by bytes, or by text; what has no text comes first."""
    by = query.by
    if not query.alpha:
        weights = [(_weight(_looked_up(call, by, item) if by is not None else item), item) for item in items]
        return [item for _, item in sorted(weights, reverse=query.descending)]
    if by is None:
        return sorted(items, reverse=query.descending)
    texts = [(_looked_up(call, by, item), item) for item in items]
    sign = -1 if query.descending else 1

    def compare(one: tuple[bytes | None, bytes], other: tuple[bytes | None, bytes]) -> int:
        if one[0] is None or other[0] is None:
            return sign * ((one[0] is not None) - (other[0] is not None))
        return sign * ((one[0] > other[0]) - (one[0] < other[0]))

    return [item for _, item in sorted(texts, key=cmp_to_key(compare))]


def _sort(call: Call, args: list[bytes], *, may_store: bool) -> Reply:
    query = _Query(args[2:], may_store=may_store)
    items = _items(call, args[1], query)
    if not query.unsorted:
        items = _sorted(call, items, query)
    start, end = query.window(len(items))
    items = items[start:end]
    if query.gets:
        shown: list[bytes | None] = [_looked_up(call, pattern, item) for item in items for pattern in query.gets]
    else:
        shown = list(items)
    if query.store is None:
        return shown
    return _store(call, query.store, [item or b"" for item in shown])


def _store(call: Call, target: bytes, items: list[bytes]) -> int:
    if items:
        results.put(call, target, List(items), "l", "sortstore", changes=len(items))
    else:
        results.clear(call, target)
    return len(items)


@command("SORT")
def sort(call: Call, args: list[bytes]) -> Reply:
    return _sort(call, args, may_store=True)


@command("SORT_RO")
def sort_ro(call: Call, args: list[bytes]) -> Reply:
    return _sort(call, args, may_store=False)
