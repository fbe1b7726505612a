"""Persistence: SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF, DUMP, RESTORE."""

from simulator.services.redis.call import Call
from simulator.services.redis.numerals import integer
from simulator.services.redis.rdb.compact import compact
from simulator.services.redis.rdb.dump import opened, payload
from simulator.services.redis.rdb.lzf import BadData
from simulator.services.redis.rdb.primitive import Source
from simulator.services.redis.rdb.restore import restore as restored
from simulator.services.redis.registry import command
from simulator.services.redis.reply import OK, SYNTAX, Error, Refusal, Reply, Status


@command("SAVE")
def save(call: Call, args: list[bytes]) -> Reply:
    if call.server.persistence.saving:
        raise Refusal("ERR Background save already in progress")
    return OK if call.server.persistence.save() else Error("ERR")


@command("BGSAVE")
def bgsave(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 2 or (len(args) == 2 and args[1].upper() != b"SCHEDULE"):
        raise Refusal(SYNTAX)
    if call.server.persistence.saving:
        raise Refusal("ERR Background save already in progress")
    call.server.persistence.save_soon()
    return Status(b"Background saving started")


@command("LASTSAVE")
def lastsave(call: Call, args: list[bytes]) -> Reply:
    return call.server.persistence.last_save_ms // 1000


@command("BGREWRITEAOF")
def bgrewriteaof(call: Call, args: list[bytes]) -> Reply:
    call.server.later(0, call.server.persistence.rewrite)
    return Status(b"Background append only file rewriting started")


@command("DUMP")
def dump(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read(args[1])
    return None if value is None else payload(*compact(value))


@command("RESTORE")
@command("RESTORE-ASKING")
def restore(call: Call, args: list[bytes]) -> Reply:
    replace, absolute, idle_s, frequency, at = False, False, None, None, 4
    while at < len(args):
        word, more = args[at].upper(), at + 1 < len(args)
        if word == b"REPLACE":
            replace = True
        elif word == b"ABSTTL":
            absolute = True
        elif word == b"IDLETIME" and more and frequency is None:
            idle_s = _whole(args[at + 1], 2**63 - 1, "ERR Invalid IDLETIME value, must be >= 0")
            at += 1
        elif word == b"FREQ" and more and idle_s is None:
            frequency = _whole(args[at + 1], 255, "ERR Invalid FREQ value, must be >= 0 and <= 255")
            at += 1
        else:
            raise Refusal(SYNTAX)
        at += 1
    key = args[1]
    if not replace and call.db.peek(key) is not None:
        raise Refusal("BUSYKEY Target key name already exists.")
    ttl_ms = integer(args[2])
    if ttl_ms < 0:
        raise Refusal("ERR Invalid TTL value, must be >= 0")
    found = opened(args[3])
    if found is None:
        raise Refusal("ERR DUMP payload version or checksum are wrong")
    try:
        value = restored(found[0], Source(found[1]), call.server.keyspace.limits)
    except (BadData, ValueError, IndexError):
        raise Refusal("ERR Bad data format") from None
    _put(call, key, value, ttl_ms if absolute or not ttl_ms else call.now_ms + ttl_ms, args)
    if idle_s is not None and key in call.db.data:
        call.db.seen[key] = call.now_ms - idle_s * 1000
    if frequency is not None and key in call.db.data:
        call.db.uses[key] = (frequency, call.now_ms // 60_000)
    return OK


def _whole(raw: bytes, highest: int, refusal: str) -> int:
    """A number from 0 on; another one is refused in words of its own."""
    value = integer(raw)
    if not 0 <= value <= highest:
        raise Refusal(refusal)
    return value


def _put(call: Call, key: bytes, value: object, when_ms: int, args: list[bytes]) -> None:
    """Make the key, or remove it where its time is over already."""
    was_there = call.db.drop(key)
    if when_ms and when_ms <= call.now_ms:
        if was_there:
            call.touch(key)
            call.notify("g", "del", key)
            call.propagate([b"DEL", key])
        return
    call.db.put(key, value)
    if when_ms:
        call.db.expire_at(key, when_ms)
        rest = [word for word in args[4:] if word.upper() != b"ABSTTL"]
        call.propagate([args[0], key, b"%d" % when_ms, args[3], b"ABSTTL", *rest])
    call.touch(key)
    call.notify("g", "restore", key)
