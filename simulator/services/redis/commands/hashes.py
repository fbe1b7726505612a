"""Hashes: HSET, HGET and what is done to fields."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands import results
from simulator.services.redis.commands.arguments import signed_long
from simulator.services.redis.commands.strings import summed
from simulator.services.redis.numerals import INT_MAX, INT_MIN, as_integer, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NOT_FLOAT, OK, OUT_OF_RANGE, SYNTAX, Map, Refusal, Reply
from simulator.services.redis.values import longdouble
from simulator.services.redis.values.hashes import Hash


def _for_writing(call: Call, key: bytes) -> Hash:
    """The hash of a key; a new one is made where there is none."""
    value = call.db.write_as(Hash, key)
    if value is None:
        value = Hash()
        call.db.add(key, value)
    return value


def _set(call: Call, args: list[bytes]) -> int:
    if len(args) % 2:
        raise Refusal(f"ERR wrong number of arguments for '{call.command.full}' command")
    key = args[1]
    value = _for_writing(call, key)
    limits = call.db.limits
    value.expect(args[2:], limits)
    created = 0
    for at in range(2, len(args), 2):
        created += value.put(args[at], args[at + 1], limits)
    call.touch(key, (len(args) - 2) // 2)
    call.notify("h", "hset", key)
    return created


@command("HSET")
def hset(call: Call, args: list[bytes]) -> Reply:
    return _set(call, args)


@command("HMSET")
def hmset(call: Call, args: list[bytes]) -> Reply:
    _set(call, args)
    return OK


@command("HSETNX")
def hsetnx(call: Call, args: list[bytes]) -> Reply:
    key, field = args[1], args[2]
    value = _for_writing(call, key)
    if field in value.fields:
        return 0
    value.expect(args[2:], call.db.limits)
    value.put(field, args[3], call.db.limits)
    call.touch(key)
    call.notify("h", "hset", key)
    return 1


@command("HGET")
def hget(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Hash, args[1])
    return None if value is None else value.fields.get(args[2])


@command("HMGET")
def hmget(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Hash, args[1])
    if value is None:
        return [None] * (len(args) - 2)
    return [value.fields.get(field) for field in args[2:]]


@command("HDEL")
def hdel(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    value = call.db.write_as(Hash, key)
    if value is None:
        return 0
    count = 0
    for field in args[2:]:
        count += value.drop(field)
        if not value.fields:
            break
    if count:
        results.lost(call, key, count, "h", "hdel", empty=not value.fields)
    return count


@command("HLEN")
def hlen(call: Call, args: list[bytes]) -> Reply:
    return len(call.db.read_as(Hash, args[1]) or ())


@command("HSTRLEN")
def hstrlen(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Hash, args[1])
    return 0 if value is None else len(value.fields.get(args[2], b""))


@command("HEXISTS")
def hexists(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Hash, args[1])
    return int(value is not None and args[2] in value.fields)


@command("HKEYS")
def hkeys(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Hash, args[1])
    return [] if value is None else list(value.fields)


@command("HVALS")
def hvals(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Hash, args[1])
    return [] if value is None else list(value.fields.values())


@command("HGETALL")
def hgetall(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(Hash, args[1])
    return Map(() if value is None else value.fields.items())


def _replace(call: Call, key: bytes, value: Hash, field: bytes, text: bytes, event: str) -> None:
    value.expect([field, text], call.db.limits)
    value.put(field, text, call.db.limits)
    call.touch(key)
    call.notify("h", event, key)


@command("HINCRBY")
def hincrby(call: Call, args: list[bytes]) -> Reply:
    key, field = args[1], args[2]
    by = integer(args[3])
    value = call.db.write_as(Hash, key)
    before = value.fields.get(field) if value is not None else None
    now = 0 if before is None else as_integer(before)
    if now is None:
        raise Refusal("ERR hash value is not an integer")
    now += by
    if not INT_MIN <= now <= INT_MAX:
        raise Refusal("ERR increment or decrement would overflow")
    _replace(call, key, _for_writing(call, key), field, b"%d" % now, "hincrby")
    return now


@command("HINCRBYFLOAT")
def hincrbyfloat(call: Call, args: list[bytes]) -> Reply:
    key, field = args[1], args[2]
    by = longdouble.read(args[3])
    if by is None:
        raise Refusal(NOT_FLOAT)
    if isinstance(by, float):
        raise Refusal("ERR value is NaN or Infinity")
    value = call.db.write_as(Hash, key)
    before = value.fields.get(field) if value is not None else None
    total = summed(before, args[3], "ERR hash value is not a float")
    call.propagate([b"HSET", key, field, total])
    _replace(call, key, _for_writing(call, key), field, total, "hincrbyfloat")
    return total


@command("HRANDFIELD")
def hrandfield(call: Call, args: list[bytes]) -> Reply:
    if len(args) == 2:
        value = call.db.read_as(Hash, args[1])
        return None if value is None else value.draw(call.rng)
    count = signed_long(args[2])
    with_values = len(args) == 4
    if len(args) > 4 or (with_values and args[3].upper() != b"WITHVALUES"):
        raise Refusal(SYNTAX)
    if with_values and abs(count) > INT_MAX // 2:
        raise Refusal(OUT_OF_RANGE)
    value = call.db.read_as(Hash, args[1])
    if value is None or not count:
        return []
    if count < 0:
        fields = [value.draw(call.rng) for _ in range(-count)]
    elif count >= len(value):
        fields = list(value.fields)
    else:
        fields = call.rng.sample(list(value.fields), count)
    if not with_values:
        return fields
    pairs = [(field, value.fields[field]) for field in fields]
    return pairs if call.resp == 3 else [word for pair in pairs for word in pair]
