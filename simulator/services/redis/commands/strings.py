"""Strings: SET, GET and what is done to texts and counters."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands.expiry import deadline, end_at
from simulator.services.redis.numerals import INT_MAX, INT_MIN, as_integer, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NOT_FLOAT, NOT_INTEGER, OK, SYNTAX, TOO_BIG, Refusal, Reply
from simulator.services.redis.values import longdouble
from simulator.services.redis.values.strings import Plain, writable

_UNITS = frozenset((b"EX", b"PX", b"EXAT", b"PXAT"))


def _text(value: bytes | bytearray | None) -> bytes | None:
    """A value as it goes into a reply: a copy of what may still change."""
    return value if value is None or type(value) is bytes else bytes(value)


@command("GET")
def get(call: Call, args: list[bytes]) -> Reply:
    return _text(call.db.read_text(args[1]))


class _SetOptions:
    """What stands behind a SET."""

    __slots__ = ("unit", "when", "condition", "keep_expiry", "get")

    def __init__(self, words: list[bytes]) -> None:
        self.unit = self.when = self.condition = b""
        self.keep_expiry = self.get = False
        rest = iter(words)
        for word in rest:
            option = word.upper()
            if option in {b"NX", b"XX"} and self.condition in {b"", option}:
                self.condition = option
            elif option == b"GET":
                self.get = True
            elif option == b"KEEPTTL" and not self.unit:
                self.keep_expiry = True
            elif option in _UNITS and not self.keep_expiry and self.unit in {b"", option}:
                self.unit = option
                self.when = next(rest, b"")
                if self.when == b"" and len(words) == words.index(word) + 1:
                    raise Refusal(SYNTAX)
            else:
                raise Refusal(SYNTAX)


@command("SET")
def set_(call: Call, args: list[bytes]) -> Reply:
    key, value = args[1], args[2]
    if len(args) == 3:
        call.db.put(key, value)
        call.touch(key)
        call.notify("$", "set", key)
        return OK
    options = _SetOptions(args[3:])
    when = deadline(call, options.when, options.unit) if options.unit else None
    before = call.db.read_text(key) if options.get else None
    if options.condition and (call.db.write(key) is not None) != (options.condition == b"XX"):
        return _text(before)
    _store(call, key, value, when, options.keep_expiry)
    if when is None and options.get:
        call.propagate([word for place, word in enumerate(args) if place < 3 or word.upper() != b"GET"])
    return _text(before) if options.get else OK


def _store(call: Call, key: bytes, value: bytes, when: int | None, keep_expiry: bool = False) -> None:
    call.db.put(key, value, keep_expiry=keep_expiry)
    call.touch(key)
    call.notify("$", "set", key)
    if when is not None:
        call.db.expire_at(key, when)
        call.propagate([b"SET", key, value, b"PXAT", b"%d" % when])
        call.notify("g", "expire", key)


@command("SETNX")
def setnx(call: Call, args: list[bytes]) -> Reply:
    if call.db.write(args[1]) is not None:
        return 0
    _store(call, args[1], args[2], None)
    return 1


@command("SETEX")
def setex(call: Call, args: list[bytes]) -> Reply:
    _store(call, args[1], args[3], deadline(call, args[2], b"EX"))
    return OK


@command("PSETEX")
def psetex(call: Call, args: list[bytes]) -> Reply:
    _store(call, args[1], args[3], deadline(call, args[2], b"PX"))
    return OK


@command("GETSET")
def getset(call: Call, args: list[bytes]) -> Reply:
    before = _text(call.db.read_text(args[1]))
    _store(call, args[1], args[2], None)
    call.propagate([b"SET", args[1], args[2]])
    return before


@command("GETDEL")
def getdel(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    before = _text(call.db.read_text(key))
    if before is not None:
        call.db.drop(key)
        call.propagate([b"DEL", key])
        call.touch(key)
        call.notify("g", "del", key)
    return before


@command("GETEX")
def getex(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    unit, raw = b"", b""
    if len(args) > 2:
        unit = args[2].upper()
        if unit == b"PERSIST" and len(args) == 3:
            pass
        elif unit in _UNITS and len(args) == 4:
            raw = args[3]
        else:
            raise Refusal(SYNTAX)
    value = _text(call.db.read_text(key))
    if value is None:
        return None
    if unit == b"PERSIST":
        if key in call.db.expires:
            call.db.expire_at(key, None)
            call.propagate([b"PERSIST", key])
            call.touch(key)
            call.notify("g", "persist", key)
    elif unit:
        end_at(call, key, deadline(call, raw, unit))
    return value


@command("MGET")
def mget(call: Call, args: list[bytes]) -> Reply:
    found: list[bytes | None] = []
    for key in args[1:]:
        value = call.db.read(key)
        found.append(_text(value) if isinstance(value, bytes | bytearray) else None)
    return found


def _mset(call: Call, args: list[bytes]) -> None:
    for at in range(1, len(args), 2):
        call.db.put(args[at], args[at + 1])
        call.touch(args[at])
        call.notify("$", "set", args[at])


@command("MSET")
def mset(call: Call, args: list[bytes]) -> Reply:
    if len(args) % 2 == 0:
        raise Refusal("ERR wrong number of arguments for 'mset' command")
    _mset(call, args)
    return OK


@command("MSETNX")
def msetnx(call: Call, args: list[bytes]) -> Reply:
    if len(args) % 2 == 0:
        raise Refusal("ERR wrong number of arguments for 'msetnx' command")
    if any(call.db.write(args[at]) is not None for at in range(1, len(args), 2)):
        return 0
    _mset(call, args)
    return 1


@command("STRLEN")
def strlen(call: Call, args: list[bytes]) -> Reply:
    return len(call.db.read_text(args[1]) or b"")


def _check_size(call: Call, size: int) -> None:
    if size > call.db.limits.proto_max_bulk_len:
        raise Refusal(TOO_BIG)


@command("APPEND")
def append(call: Call, args: list[bytes]) -> Reply:
    key, more = args[1], args[2]
    value = call.db.write_text(key)
    if value is None:
        call.db.add(key, more)
        size = len(more)
    else:
        size = len(value) + len(more)
        _check_size(call, size)
        text = writable(value)
        text += more
        call.db.exchange(key, text)
    call.touch(key)
    call.notify("$", "append", key)
    return size


@command("SETRANGE")
def setrange(call: Call, args: list[bytes]) -> Reply:
    key, more = args[1], args[3]
    offset = integer(args[2])
    if offset < 0:
        raise Refusal("ERR offset is out of range")
    value = call.db.write_text(key)
    if not more:
        return len(value or b"")
    end = offset + len(more)
    _check_size(call, end)
    text = writable(value)
    if len(text) < end:
        text += bytes(end - len(text))
    text[offset:end] = more
    if value is None:
        call.db.add(key, text)
    else:
        call.db.exchange(key, text)
    call.touch(key)
    call.notify("$", "setrange", key)
    return len(text)


@command("GETRANGE")
def getrange(call: Call, args: list[bytes]) -> Reply:
    start, end = integer(args[2]), integer(args[3])
    value = call.db.read_text(args[1])
    size = len(value or b"")
    if value is None or (start < 0 and end < 0 and start > end):
        return b""
    start = max(start + size, 0) if start < 0 else start
    end = max(end + size, 0) if end < 0 else end
    end = min(end, size - 1)
    if start > end or not size:
        return b""
    return bytes(value[start : end + 1])


@command("SUBSTR")
def substr(call: Call, args: list[bytes]) -> Reply:
    return getrange(call, args)


def _count(call: Call, key: bytes, by: int) -> int:
    value = call.db.write_text(key)
    now = 0 if value is None else as_integer(bytes(value))
    if now is None:
        raise Refusal(NOT_INTEGER)
    now += by
    if not INT_MIN <= now <= INT_MAX:
        raise Refusal("ERR increment or decrement would overflow")
    if value is None:
        call.db.add(key, b"%d" % now)
    else:
        call.db.exchange(key, b"%d" % now)
    call.touch(key)
    call.notify("$", "incrby", key)
    return now


@command("INCR")
def incr(call: Call, args: list[bytes]) -> Reply:
    return _count(call, args[1], 1)


@command("DECR")
def decr(call: Call, args: list[bytes]) -> Reply:
    return _count(call, args[1], -1)


@command("INCRBY")
def incrby(call: Call, args: list[bytes]) -> Reply:
    return _count(call, args[1], integer(args[2]))


@command("DECRBY")
def decrby(call: Call, args: list[bytes]) -> Reply:
    by = integer(args[2])
    if by == INT_MIN:
        raise Refusal("ERR decrement would overflow")
    return _count(call, args[1], -by)


def summed(before: bytes | None, by: bytes, not_float: str) -> bytes:
    """The text of a sum of two long doubles; `not_float` is said of the first one."""
    now = longdouble.read(before) if before is not None else longdouble.Finite(0, 0)
    if now is None:
        raise Refusal(not_float)
    more = longdouble.read(by)
    if more is None:
        raise Refusal(NOT_FLOAT)
    total = None if isinstance(now, float) or isinstance(more, float) else longdouble.total(now, more)
    if total is None:
        raise Refusal("ERR increment would produce NaN or Infinity")
    return longdouble.human(total)


@command("INCRBYFLOAT")
def incrbyfloat(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    value = call.db.write_text(key)
    total = summed(_text(value), args[2], NOT_FLOAT)
    if value is None:
        call.db.add(key, Plain(total))
    else:
        call.db.exchange(key, Plain(total))
    call.propagate([b"SET", key, total, b"KEEPTTL"])
    call.touch(key)
    call.notify("$", "incrbyfloat", key)
    return total
