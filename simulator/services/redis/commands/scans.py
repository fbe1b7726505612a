"""SCAN, HSCAN, SSCAN and ZSCAN: going over a collection in steps.

Every element that stays is returned once, whatever comes and goes meanwhile; what comes is not returned. Compact
collections come whole, in their own order; others from the youngest element to the oldest (`values/roll.py`).
"""

import re
from collections.abc import Iterable

from simulator.services.redis.call import Call
from simulator.services.redis.globs import Match, matcher
from simulator.services.redis.keyspace import type_name
from simulator.services.redis.numerals import as_text, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, Refusal, Reply
from simulator.services.redis.values.hashes import Hash
from simulator.services.redis.values.roll import Roll
from simulator.services.redis.values.sets import Set
from simulator.services.redis.values.sortedsets import SortedSet

COUNT = 10
_CURSOR = re.compile(rb"[+-]?\d{1,20}|")


def _cursor(raw: bytes) -> int:
    cursor = int(raw or 0) if _CURSOR.fullmatch(raw) else 1 << 64
    if abs(cursor) >= 1 << 64:
        raise Refusal("ERR invalid cursor")
    return cursor % (1 << 64)


class _Options:
    __slots__ = ("count", "fits", "type")

    def __init__(self, words: list[bytes], *, typed: bool = False) -> None:
        self.count = COUNT
        self.fits: Match | None = None
        self.type: bytes | None = None
        for at in range(0, len(words), 2):
            option = words[at].upper()
            if at + 1 == len(words):
                raise Refusal(SYNTAX)
            if option == b"COUNT":
                self.count = integer(words[at + 1])
                if self.count < 1:
                    raise Refusal(SYNTAX)
            elif option == b"MATCH":
                self.fits = None if words[at + 1] == b"*" else matcher(words[at + 1])
            elif option == b"TYPE" and typed:
                self.type = words[at + 1].lower()
            else:
                raise Refusal(SYNTAX)

    def pick(self, names: Iterable[bytes]) -> list[bytes]:
        fits = self.fits
        return list(names) if fits is None else [name for name in names if fits(name)]

    def step(self, whole: Iterable[bytes] | None, roll: Roll | None, cursor: int) -> tuple[bytes, list[bytes]]:
        """The next names: all at once, or those that the roll calls."""
        if roll is None:
            return b"0", self.pick(whole or ())
        cursor, names = roll.call(cursor, self.count)
        return b"%d" % cursor, self.pick(names)


@command("SCAN")
def scan(call: Call, args: list[bytes]) -> Reply:
    cursor = _cursor(args[1])
    options = _Options(args[2:], typed=True)
    cursor, keys = call.db.scan(cursor, options.count)
    db = call.db
    found = []
    for key in options.pick(keys):
        value = db.peek(key)
        if value is not None and (options.type is None or type_name(value) == options.type):
            found.append(key)
    return [b"%d" % cursor, found]


@command("HSCAN")
def hscan(call: Call, args: list[bytes]) -> Reply:
    cursor = _cursor(args[2])
    value = call.db.read_as(Hash, args[1])
    if value is None:
        return [b"0", []]
    options = _Options(args[3:])
    after, fields = options.step(value.fields, None if value.compact else value.names(), cursor)
    return [after, [word for field in fields for word in (field, value.fields[field])]]


@command("SSCAN")
def sscan(call: Call, args: list[bytes]) -> Reply:
    cursor = _cursor(args[2])
    value = call.db.read_as(Set, args[1])
    if value is None:
        return [b"0", []]
    options = _Options(args[3:])
    if value.integers:
        return list(options.step(value.ordered(), None, cursor))
    return list(options.step(None, value.names(), cursor))


@command("ZSCAN")
def zscan(call: Call, args: list[bytes]) -> Reply:
    cursor = _cursor(args[2])
    value = call.db.read_as(SortedSet, args[1])
    if value is None:
        return [b"0", []]
    options = _Options(args[3:])
    roll = None if value.compact else value.names()
    after, members = options.step((member for _, member in value.ranking), roll, cursor)
    return [after, [word for member in members for word in (member, as_text(value.scores[member]))]]
