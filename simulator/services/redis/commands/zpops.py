"""Taking from sorted sets: ZPOPMIN, ZMPOP, and waiting for them with BZPOPMIN and BZMPOP.

What is passed on is what happened: a pop from one key that does not wait.
"""

from simulator.services.redis.call import Blocked, Call
from simulator.services.redis.commands.arguments import deadline, natural, popping
from simulator.services.redis.commands.sortedsets import removed, with_scores
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NULL_ARRAY, SYNTAX, Double, Refusal, Reply
from simulator.services.redis.values.ranking import Pair
from simulator.services.redis.values.sortedsets import SortedSet

MIN, MAX = b"MIN", b"MAX"
EVENTS = {MIN: "zpopmin", MAX: "zpopmax"}


def _take(call: Call, key: bytes, value: SortedSet, end: bytes, count: int) -> list[Pair]:
    size = len(value)
    count = min(count, size)
    pairs = value.ranking.span(0, count) if end == MIN else value.ranking.span(size - count, size)[::-1]
    for _, member in pairs:
        value.drop(member)
    removed(call, key, value, EVENTS[end], count)
    return pairs


def _pop(call: Call, args: list[bytes], end: bytes) -> Reply:
    if len(args) > 3:
        raise Refusal(SYNTAX)
    count = natural(args[2]) if len(args) == 3 else 1
    value = call.db.write_as(SortedSet, args[1])
    if value is None or not count:
        return []
    pairs = _take(call, args[1], value, end, count)
    if len(args) == 2:
        return [pairs[0][1], Double(pairs[0][0])]
    return with_scores(call, pairs)


@command("ZPOPMIN")
def zpopmin(call: Call, args: list[bytes]) -> Reply:
    return _pop(call, args, MIN)


@command("ZPOPMAX")
def zpopmax(call: Call, args: list[bytes]) -> Reply:
    return _pop(call, args, MAX)


def _first(call: Call, keys: list[bytes], *, waited: bool) -> tuple[bytes, SortedSet] | None:
    """The first key that holds a sorted set; one that waits overlooks what is something else."""
    for key in keys if call.woken_by is None else [call.woken_by]:
        value = call.db.write(key)
        if type(value) is SortedSet:
            return key, value
        if value is not None and not waited:
            call.db.write_as(SortedSet, key)
    return None


def _wait_one(call: Call, keys: list[bytes], until_ms: int | None, end: bytes, *, waited: bool = False) -> Reply:
    if found := _first(call, keys, waited=waited):
        key, value = found
        score, member = _take(call, key, value, end, 1)[0]
        call.propagate([EVENTS[end].upper().encode(), key])
        return [key, member, Double(score)]
    return Blocked(keys, until_ms, lambda again: _wait_one(again, keys, until_ms, end, waited=True))


@command("BZPOPMIN")
def bzpopmin(call: Call, args: list[bytes]) -> Reply:
    return _wait_one(call, args[1:-1], deadline(call, args[-1]), MIN)


@command("BZPOPMAX")
def bzpopmax(call: Call, args: list[bytes]) -> Reply:
    return _wait_one(call, args[1:-1], deadline(call, args[-1]), MAX)


def _take_many(call: Call, key: bytes, value: SortedSet, end: bytes, count: int) -> Reply:
    pairs = _take(call, key, value, end, count)
    call.propagate([EVENTS[end].upper().encode(), key, b"%d" % len(pairs)])
    return [key, [[member, Double(score)] for score, member in pairs]]


@command("ZMPOP")
def zmpop(call: Call, args: list[bytes]) -> Reply:
    keys, end, count = popping(args, 1, (MIN, MAX))
    found = _first(call, keys, waited=False)
    return _take_many(call, *found, end, count) if found else NULL_ARRAY


def _wait_many(
    call: Call, keys: list[bytes], until_ms: int | None, end: bytes, count: int, *, waited: bool = False
) -> Reply:
    if found := _first(call, keys, waited=waited):
        return _take_many(call, *found, end, count)
    return Blocked(keys, until_ms, lambda again: _wait_many(again, keys, until_ms, end, count, waited=True))


@command("BZMPOP")
def bzmpop(call: Call, args: list[bytes]) -> Reply:
    keys, end, count = popping(args, 2, (MIN, MAX))
    return _wait_many(call, keys, deadline(call, args[1]), end, count)
