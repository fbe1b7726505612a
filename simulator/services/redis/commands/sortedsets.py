"""Sorted sets: ZADD, ZSCORE and what is done to members."""

from math import isnan

from simulator.services.redis.call import Call
from simulator.services.redis.commands import results
from simulator.services.redis.commands.arguments import signed_long
from simulator.services.redis.numerals import INT_MAX, real
from simulator.services.redis.registry import command
from simulator.services.redis.reply import OUT_OF_RANGE, SYNTAX, Double, Refusal, Reply
from simulator.services.redis.values.ranking import Pair
from simulator.services.redis.values.sortedsets import SortedSet

_FLAGS = frozenset((b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"))


def with_scores(call: Call, pairs: list[Pair]) -> list[Reply]:
    """Members and scores: in pairs for RESP3, in turn for RESP2."""
    if call.resp == 3:
        return [[member, Double(score)] for score, member in pairs]
    return [word for score, member in pairs for word in (member, Double(score))]


@command("ZADD")
def zadd(call: Call, args: list[bytes]) -> Reply:
    at = 2
    flags: set[bytes] = set()
    while at < len(args) and (flag := args[at].upper()) in _FLAGS:
        flags.add(flag)
        at += 1
    return add(call, args[1], flags, args[at:])


def _check(flags: set[bytes], words: list[bytes]) -> None:
    if not words or len(words) % 2:
        raise Refusal(SYNTAX)
    if b"NX" in flags and b"XX" in flags:
        raise Refusal("ERR XX and NX options at the same time are not compatible")
    if len(flags & {b"NX", b"GT", b"LT"}) > 1:
        raise Refusal("ERR GT, LT, and/or NX options at the same time are not compatible")
    if b"INCR" in flags and len(words) > 2:
        raise Refusal("ERR INCR option supports a single increment-element pair")


def add(call: Call, key: bytes, flags: set[bytes], words: list[bytes]) -> Reply:
    _check(flags, words)
    scores = [real(raw) for raw in words[::2]]
    adding = b"INCR" in flags
    value = call.db.write_as(SortedSet, key)
    if value is None:
        if b"XX" in flags:
            return None if adding else 0
        value = SortedSet()
        call.db.add(key, value)
    limits = call.db.limits
    added = changed = 0
    done: float | None = None
    for score, member in zip(scores, words[1::2], strict=True):
        before = value.scores.get(member)
        if flags:
            if before is None and b"XX" in flags:
                continue
            if before is not None:
                if b"NX" in flags:
                    continue
                score = score + before if adding else score
                if isnan(score):
                    raise Refusal("ERR resulting score is not a number (NaN)")
                if (b"GT" in flags and score <= before) or (b"LT" in flags and score >= before):
                    continue
        done = score
        if value.put(member, score, limits):
            added += 1
        elif score != before:
            changed += 1
    if added or changed:
        call.touch(key, added + changed)
        call.notify("z", "zincr" if adding else "zadd", key)
    if adding:
        return None if done is None else Double(done)
    return added + changed if b"CH" in flags else added


@command("ZINCRBY")
def zincrby(call: Call, args: list[bytes]) -> Reply:
    return add(call, args[1], {b"INCR"}, args[2:])


def removed(call: Call, key: bytes, value: SortedSet, event: str, count: int) -> None:
    """Say that members are gone, and drop the key with the last one."""
    results.lost(call, key, count, "z", event, empty=not value.scores)


@command("ZREM")
def zrem(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    value = call.db.write_as(SortedSet, key)
    if value is None:
        return 0
    count = sum(value.drop(member) is not None for member in args[2:])
    if count:
        removed(call, key, value, "zrem", count)
    return count


@command("ZCARD")
def zcard(call: Call, args: list[bytes]) -> Reply:
    return len(call.db.read_as(SortedSet, args[1]) or ())


@command("ZSCORE")
def zscore(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(SortedSet, args[1])
    score = None if value is None else value.scores.get(args[2])
    return None if score is None else Double(score)


@command("ZMSCORE")
def zmscore(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(SortedSet, args[1])
    if value is None:
        return [None] * (len(args) - 2)
    found = (value.scores.get(member) for member in args[2:])
    return [None if score is None else Double(score) for score in found]


@command("ZRANK")
def zrank(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(SortedSet, args[1])
    return None if value is None else value.rank(args[2])


@command("ZREVRANK")
def zrevrank(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(SortedSet, args[1])
    rank = None if value is None else value.rank(args[2])
    return None if value is None or rank is None else len(value) - 1 - rank


@command("ZRANDMEMBER")
def zrandmember(call: Call, args: list[bytes]) -> Reply:
    if len(args) == 2:
        value = call.db.read_as(SortedSet, args[1])
        return None if value is None else value.draw(call.rng)
    count = signed_long(args[2])
    scored = len(args) == 4
    if len(args) > 4 or (scored and args[3].upper() != b"WITHSCORES"):
        raise Refusal(SYNTAX)
    if scored and abs(count) > INT_MAX // 2:
        raise Refusal(OUT_OF_RANGE)
    value = call.db.read_as(SortedSet, args[1])
    if value is None or not count:
        return []
    if count < 0:
        members = [value.draw(call.rng) for _ in range(-count)]
    elif count >= len(value):
        members = [member for _, member in value.ranking][::-1]  # Redis goes from the highest score down.
    else:
        members = call.rng.sample(list(value.scores), count)
    if not scored:
        return members
    return with_scores(call, [(value.scores[member], member) for member in members])
