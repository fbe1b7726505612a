"""Sets: SADD, SPOP and what is done to members."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands import results
from simulator.services.redis.commands.arguments import natural, signed_long
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, Refusal, Reply, SetOf
from simulator.services.redis.values.sets import Set


@command("SADD")
def sadd(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    value = call.db.write_as(Set, key)
    if value is None:
        value = Set()
        call.db.add(key, value)
    limits = call.db.limits
    added = sum(value.add(member, limits) for member in args[2:])
    if added:
        call.touch(key, added)
        call.notify("s", "sadd", key)
    return added


def _removed(call: Call, key: bytes, value: Set, event: str, count: int) -> None:
    """Say that members are gone, and drop the key with the last one."""
    results.lost(call, key, count, "s", event, empty=not value.members)


@command("SREM")
def srem(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    value = call.db.write_as(Set, key)
    if value is None:
        return 0
    count = sum(value.drop(member) for member in args[2:])
    if count:
        _removed(call, key, value, "srem", count)
    return count


@command("SMOVE")
def smove(call: Call, args: list[bytes]) -> Reply:
    source, target, member = args[1], args[2], args[3]
    value = call.db.write_as(Set, source)
    if value is None:
        return 0
    other = call.db.write_as(Set, target)
    if value is other:
        return int(member in value)
    if not value.drop(member):
        return 0
    call.notify("s", "srem", source)
    if not value.members:
        call.db.drop(source)
        call.notify("g", "del", source)
    call.touch(source)
    if other is None:
        other = Set()
        call.db.add(target, other)
    if other.add(member, call.db.limits):
        call.touch(target)
        call.notify("s", "sadd", target)
    return 1


@command("SISMEMBER")
def sismember(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Set, args[1])
    return int(value is not None and args[2] in value.members)


@command("SMISMEMBER")
def smismember(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Set, args[1])
    return [int(value is not None and member in value.members) for member in args[2:]]


@command("SCARD")
def scard(call: Call, args: list[bytes]) -> Reply:
    return len(call.db.read_as(Set, args[1]) or ())


@command("SMEMBERS")
def smembers(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Set, args[1])
    return SetOf([] if value is None else value.ordered())


@command("SPOP")
def spop(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    if len(args) > 3:
        raise Refusal(SYNTAX)
    if len(args) == 3:
        return _pop_many(call, key, natural(args[2]))
    value = call.db.write_as(Set, key)
    if value is None:
        return None
    member = value.draw(call.rng)
    value.drop(member)
    call.propagate([b"SREM", key, member])
    _removed(call, key, value, "spop", 1)
    return member


def _pop_many(call: Call, key: bytes, count: int) -> Reply:
    value = call.db.write_as(Set, key)
    if value is None or not count:
        return SetOf([])
    if count >= len(value):
        gone = value.ordered()
        value.members.clear()
        call.propagate([b"DEL", key])
    else:
        gone = [value.draw(call.rng)]
        value.drop(gone[0])
        while len(gone) < count:
            gone.append(value.draw(call.rng))
            value.drop(gone[-1])
        call.propagate([b"SREM", key, *gone])
    _removed(call, key, value, "spop", len(gone))
    return SetOf(gone)


@command("SRANDMEMBER")
def srandmember(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 3:
        raise Refusal(SYNTAX)
    if len(args) == 2:
        value = call.db.read_as(Set, args[1])
        return None if value is None else value.draw(call.rng)
    count = signed_long(args[2])
    value = call.db.read_as(Set, args[1])
    if value is None or not count:
        return []
    if count < 0:
        return [value.draw(call.rng) for _ in range(-count)]
    members = value.ordered()
    return members if count >= len(members) else call.rng.sample(members, count)
