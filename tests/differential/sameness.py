"""Sameness: whether two replies say the same. To the byte, but for what Redis promises nobody.

| what is free           | for which commands                                                              |
|------------------------|---------------------------------------------------------------------------------|
| the order of leaves    | those that walk a hash table                                                    |
| milliseconds, seconds  | those that tell of times; a stream's ids of the present                         |
| the leaf itself        | those that draw one                                                             |
"""

import re
from dataclasses import dataclass
from typing import Final

from tests.differential.replies import Tree, leaves, read

_WALKING: Final = frozenset(
    b"SMEMBERS SUNION SINTER SDIFF SPOP SRANDMEMBER KEYS SCAN HSCAN SSCAN ZSCAN HGETALL HKEYS HVALS HRANDFIELD"
    b" ZRANDMEMBER PUBSUB PUBLISH CONFIG COMMAND ACL FUNCTION SORT SORT_RO UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE"
    b" RESET".split()
)
_TIMED: Final = {
    **dict.fromkeys(b"PTTL PEXPIRETIME XPENDING XINFO".split(), 3000),
    **dict.fromkeys(b"TTL EXPIRETIME LASTSAVE TIME".split(), 3),
}
_ID_OF_NOW: Final = re.compile(rb"\d{13}-\d+")
_DRAWN: Final = frozenset(b"RANDOMKEY ID HELLO TIME LASTSAVE GENPASS".split())


@dataclass(frozen=True)
class Context:
    """The words that led to a reply: those of the step, and for EXEC those that were queued."""

    words: frozenset[bytes]

    @classmethod
    def of(cls, *commands: tuple[bytes, ...]) -> "Context":
        return cls(frozenset(word.upper() for words in commands for word in words))


def same(ours: bytes, real: bytes, context: Context) -> bool:
    """Whether two servers said the same to one client."""
    if ours == real:
        return True
    try:
        one, other = read(ours), read(real)
    except (ValueError, IndexError):
        return False
    if len(one) != len(other):
        return False
    left = [leaf for tree in one for leaf in leaves(tree)]
    right = [leaf for tree in other for leaf in leaves(tree)]
    if len(left) != len(right):
        return False
    if context.words & _WALKING and _shape(one) == _shape(other):
        left, right = sorted(left, key=repr), sorted(right, key=repr)
    tolerance = max((_TIMED[word] for word in context.words & _TIMED.keys()), default=0)
    drawn = bool(context.words & _DRAWN)
    return all(_alike(*pair, tolerance=tolerance, drawn=drawn) for pair in zip(left, right, strict=True))


def _shape(trees: list[Tree]) -> list[str]:
    """The outermost marks and lengths."""
    return [f"{mark}{len(content) if isinstance(content, tuple) else ''}" for mark, content in trees]


def _alike(one: Tree, other: Tree, *, tolerance: int, drawn: bool) -> bool:
    if one == other:
        return True
    if one[0] != other[0]:
        return False
    if drawn and one[0] in ":$":
        return True
    if one[0] == "$" and _ID_OF_NOW.fullmatch(one[1]) and _ID_OF_NOW.fullmatch(other[1]):
        return True
    return one[0] == ":" and abs(one[1] - other[1]) <= tolerance
