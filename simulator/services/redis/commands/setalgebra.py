"""Sets against sets: SINTER, SUNION, SDIFF, what stores their results, and SINTERCARD."""

from collections.abc import Callable

from simulator.services.redis.call import Call
from simulator.services.redis.commands import results
from simulator.services.redis.commands.arguments import NUMKEYS_MAX, NUMKEYS_MIN
from simulator.services.redis.numerals import INT_MAX, bounded
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, Refusal, Reply, SetOf
from simulator.services.redis.values.sets import Set

Combine = Callable[[list[Set | None]], list[bytes]]


def _inter(sets: list[Set | None]) -> list[bytes]:
    present = [one for one in sets if one is not None]
    if len(present) < len(sets):
        return []
    first, *others = sorted(present, key=len)
    return [member for member in first.ordered() if all(member in other.members for other in others)]


def _union(sets: list[Set | None]) -> list[bytes]:
    return Set(member for one in sets if one is not None for member in one.ordered()).ordered()


def _diff(sets: list[Set | None]) -> list[bytes]:
    if sets[0] is None:
        return []
    others = [one for one in sets[1:] if one is not None]
    return [member for member in sets[0].ordered() if not any(member in other.members for other in others)]


def _read(call: Call, keys: list[bytes]) -> list[Set | None]:
    return [call.db.read_as(Set, key) for key in keys]


def _store(call: Call, args: list[bytes], combine: Combine, event: str) -> Reply:
    target = args[1]
    members = combine(_read(call, args[2:]))
    if members:
        results.put(call, target, Set(members, call.db.limits), "s", event)
    else:
        results.clear(call, target)
    return len(members)


@command("SINTER")
def sinter(call: Call, args: list[bytes]) -> Reply:
    return SetOf(_inter(_read(call, args[1:])))


@command("SUNION")
def sunion(call: Call, args: list[bytes]) -> Reply:
    return SetOf(_union(_read(call, args[1:])))


@command("SDIFF")
def sdiff(call: Call, args: list[bytes]) -> Reply:
    return SetOf(_diff(_read(call, args[1:])))


@command("SINTERSTORE")
def sinterstore(call: Call, args: list[bytes]) -> Reply:
    return _store(call, args, _inter, "sinterstore")


@command("SUNIONSTORE")
def sunionstore(call: Call, args: list[bytes]) -> Reply:
    return _store(call, args, _union, "sunionstore")


@command("SDIFFSTORE")
def sdiffstore(call: Call, args: list[bytes]) -> Reply:
    return _store(call, args, _diff, "sdiffstore")


@command("SINTERCARD")
def sintercard(call: Call, args: list[bytes]) -> Reply:
    numkeys = bounded(args[1], 1, INT_MAX, NUMKEYS_MIN)
    if numkeys > len(args) - 2:
        raise Refusal(NUMKEYS_MAX)
    limit = 0
    words = iter(args[2 + numkeys :])
    for word in words:
        raw = next(words, None)
        if word.upper() != b"LIMIT" or raw is None:
            raise Refusal(SYNTAX)
        limit = bounded(raw, 0, INT_MAX, "ERR LIMIT can't be negative")
    count = len(_inter(_read(call, args[2 : 2 + numkeys])))
    return min(count, limit) if limit else count
