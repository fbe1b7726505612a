"""EXPIRE and its relatives: when keys end."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands.arguments import c_text
from simulator.services.redis.numerals import INT_MAX, INT_MIN, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import Refusal, Reply

NO_KEY = -2
NO_EXPIRY = -1


def invalid_expiry(call: Call) -> Refusal:
    return Refusal(f"ERR invalid expire time in '{call.command.full}' command")


def deadline(call: Call, raw: bytes, unit: bytes) -> int:
    """The Unix time in milliseconds that an option EX, PX, EXAT or PXAT means; it must be positive."""
    when = integer(raw)
    if when <= 0 or (unit in {b"EX", b"EXAT"} and when > INT_MAX // 1000):
        raise invalid_expiry(call)
    if unit in {b"EX", b"EXAT"}:
        when *= 1000
    if unit in {b"EX", b"PX"}:
        if when > INT_MAX - call.now_ms:
            raise invalid_expiry(call)
        when += call.now_ms
    return when


def end_at(call: Call, key: bytes, when_ms: int, *, propagated: bool = False) -> None:
    """Give a key its time to end, or end it at once if that time is over; says so to everyone."""
    if when_ms <= call.now_ms:
        call.db.drop(key)
        call.propagate([b"DEL", key])
        call.touch(key)
        call.notify("g", "del", key)
        return
    call.db.expire_at(key, when_ms)
    if not propagated:
        call.propagate([b"PEXPIREAT", key, b"%d" % when_ms])
    call.touch(key)
    call.notify("g", "expire", key)


def _conditions(words: list[bytes]) -> set[bytes]:
    given: set[bytes] = set()
    for word in words:
        option = word.upper()
        if option not in {b"NX", b"XX", b"GT", b"LT"}:
            raise Refusal(b"ERR Unsupported option " + c_text(word))
        given.add(option)
    if b"NX" in given and len(given) > 1:
        raise Refusal("ERR NX and XX, GT or LT options at the same time are not compatible")
    if b"GT" in given and b"LT" in given:
        raise Refusal("ERR GT and LT options at the same time are not compatible")
    return given


def _expire(call: Call, args: list[bytes], base_ms: int, unit_ms: int) -> Reply:
    key = args[1]
    given = _conditions(args[3:])
    when = integer(args[2])
    if unit_ms == 1000:
        if when > INT_MAX // 1000 or when < -(-INT_MIN // 1000):
            raise invalid_expiry(call)
        when *= 1000
    if when > INT_MAX - base_ms:
        raise invalid_expiry(call)
    when += base_ms
    db = call.db
    if db.write(key) is None:
        return 0
    now = db.expires.get(key)
    if given:
        if b"NX" in given and now is not None:
            return 0
        if b"XX" in given and now is None:
            return 0
        if b"GT" in given and (now is None or when <= now):
            return 0
        if b"LT" in given and now is not None and when >= now:
            return 0
    end_at(call, key, when)
    return 1


@command("EXPIRE")
def expire(call: Call, args: list[bytes]) -> Reply:
    return _expire(call, args, call.now_ms, 1000)


@command("PEXPIRE")
def pexpire(call: Call, args: list[bytes]) -> Reply:
    return _expire(call, args, call.now_ms, 1)


@command("EXPIREAT")
def expireat(call: Call, args: list[bytes]) -> Reply:
    return _expire(call, args, 0, 1000)


@command("PEXPIREAT")
def pexpireat(call: Call, args: list[bytes]) -> Reply:
    return _expire(call, args, 0, 1)


def _end_of(call: Call, key: bytes) -> int:
    """When a key ends, or what stands for "never" and "there is none"."""
    if call.db.look(key) is None:
        return NO_KEY
    return call.db.expires.get(key, NO_EXPIRY)


@command("TTL")
def ttl(call: Call, args: list[bytes]) -> Reply:
    when = _end_of(call, args[1])
    return when if when < 0 else (max(when - call.now_ms, 0) + 500) // 1000


@command("PTTL")
def pttl(call: Call, args: list[bytes]) -> Reply:
    when = _end_of(call, args[1])
    return when if when < 0 else max(when - call.now_ms, 0)


@command("EXPIRETIME")
def expiretime(call: Call, args: list[bytes]) -> Reply:
    when = _end_of(call, args[1])
    return when if when < 0 else (when + 500) // 1000


@command("PEXPIRETIME")
def pexpiretime(call: Call, args: list[bytes]) -> Reply:
    return _end_of(call, args[1])


@command("PERSIST")
def persist(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    if call.db.write(key) is None or key not in call.db.expires:
        return 0
    call.db.expire_at(key, None)
    call.touch(key)
    call.notify("g", "persist", key)
    return 1
