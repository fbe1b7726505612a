"""Bits of a text: SETBIT, GETBIT, BITCOUNT, BITPOS and BITOP."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands import results
from simulator.services.redis.numerals import INT_MAX, INT_MIN, as_integer, bounded, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, Refusal, Reply
from simulator.services.redis.values.strings import Text, writable

BAD_OFFSET = "ERR bit offset is not an integer or out of range"


def bit_offset(call: Call, raw: bytes, width: int = 0) -> int:
    """The place of a bit; `#3` is the third field of that width."""
    factor = 1
    if width and raw.startswith(b"#"):
        raw, factor = raw[1:], width
    offset = as_integer(raw)
    if offset is None:
        raise Refusal(BAD_OFFSET)
    offset *= factor
    if offset < 0 or offset >> 3 >= call.db.limits.proto_max_bulk_len:
        raise Refusal(BAD_OFFSET)
    return offset


def grown(call: Call, key: bytes, last_bit: int) -> tuple[bytearray, bool]:
    """The text of a key, made so long that it holds that bit, and whether that made it longer; not stored yet."""
    text = writable(call.db.write_text(key))
    missing = (last_bit >> 3) + 1 - len(text)
    if missing > 0:
        text += bytes(missing)
    return text, missing > 0


def store(call: Call, key: bytes, text: Text) -> None:
    if key in call.db.data:
        call.db.exchange(key, text)
    else:
        call.db.add(key, text)


@command("SETBIT")
def setbit(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    offset = bit_offset(call, args[2])
    bit = bounded(args[3], 0, 1, "ERR bit is not an integer or out of range")
    text, longer = grown(call, key, offset)
    mask = 0x80 >> (offset & 7)
    before = text[offset >> 3]
    text[offset >> 3] = before | mask if bit else before & ~mask
    store(call, key, text)
    if longer or text[offset >> 3] != before:
        call.touch(key)
        call.notify("$", "setbit", key)
    return 1 if before & mask else 0


@command("GETBIT")
def getbit(call: Call, args: list[bytes]) -> Reply:
    offset = bit_offset(call, args[2])
    text = call.db.read_text(args[1]) or b""
    return text[offset >> 3] >> (7 - (offset & 7)) & 1 if offset >> 3 < len(text) else 0


def _range(words: list[bytes], size: int) -> tuple[int, int]:
    """The first and last bit of a range `start end [BYTE|BIT]` within so many bytes; the last one may come first."""
    start, end = integer(words[0]), integer(words[1]) if len(words) > 1 else -1
    bits = False
    if len(words) == 3:
        unit = words[2].upper()
        if unit not in {b"BIT", b"BYTE"}:
            raise Refusal(SYNTAX)
        bits = unit == b"BIT"
    total = size * 8 if bits else size
    start = max(start + total, 0) if start < 0 else start
    end = max(end + total, 0) if end < 0 else end
    end = min(end, total - 1)
    return (start, end) if bits else (start * 8, end * 8 + 7)


@command("BITCOUNT")
def bitcount(call: Call, args: list[bytes]) -> Reply:
    text = call.db.read_text(args[1])
    if text is None:
        return 0
    if len(args) == 2:
        return int.from_bytes(text).bit_count()
    if len(args) not in {4, 5}:
        raise Refusal(SYNTAX)
    start, end = integer(args[2]), integer(args[3])
    if start < 0 and end < 0 and start > end:
        return 0
    first, last = _range(args[2:], len(text))
    if first > last:
        return 0
    return _slice(text, first, last).bit_count()


def _slice(text: Text, first: int, last: int) -> int:
    """The bits from the first to the last one as a number."""
    number = int.from_bytes(text[first >> 3 : (last >> 3) + 1])
    width = last - first + 1
    return number >> (7 - (last & 7)) & ((1 << width) - 1)


@command("BITPOS")
def bitpos(call: Call, args: list[bytes]) -> Reply:
    bit = integer(args[2])
    if bit not in {0, 1}:
        raise Refusal("ERR The bit argument must be 1 or 0.")
    text = call.db.read_text(args[1])
    if text is None:
        return -1 if bit else 0
    if len(args) == 3:
        first, last = 0, len(text) * 8 - 1
    elif len(args) in {4, 5, 6}:
        first, last = _range(args[3:], len(text))
    else:
        raise Refusal(SYNTAX)
    if first > last:
        return -1
    number = _slice(text, first, last)
    width = last - first + 1
    if not bit:
        number ^= (1 << width) - 1
    if number:
        return first + width - number.bit_length()
    # Beyond a text there are zeros without end, unless the range has one.
    return len(text) * 8 if not bit and len(args) < 5 else -1


@command("BITOP")
def bitop(call: Call, args: list[bytes]) -> Reply:
    operation, target = args[1].upper(), args[2]
    if operation not in {b"AND", b"OR", b"XOR", b"NOT"}:
        raise Refusal(SYNTAX)
    if operation == b"NOT" and len(args) != 4:
        raise Refusal("ERR BITOP NOT must be called with a single source key.")
    texts = [call.db.read_text(key) or b"" for key in args[3:]]
    size = max(map(len, texts))
    if not size:
        results.clear(call, target)
        return 0
    numbers = [int.from_bytes(text) << 8 * (size - len(text)) for text in texts]
    result = numbers[0]
    for number in numbers[1:]:
        if operation == b"AND":
            result &= number
        elif operation == b"OR":
            result |= number
        else:
            result ^= number
    if operation == b"NOT":
        result ^= (1 << 8 * size) - 1
    results.put(call, target, bytearray(result.to_bytes(size)), "$", "set")
    return size


class _Field:
    """One operation of a BITFIELD."""

    __slots__ = ("operation", "offset", "width", "signed", "value", "overflow")

    def __init__(self, operation: bytes, offset: int, width: int, signed: bool, value: int, overflow: bytes) -> None:
        self.operation, self.offset, self.width, self.signed = operation, offset, width, signed
        self.value, self.overflow = value, overflow

    def get(self, text: Text) -> int:
        last = self.offset + self.width - 1
        part = text[self.offset >> 3 : (last >> 3) + 1]
        part = bytes(part) + bytes((last >> 3) + 1 - (self.offset >> 3) - len(part))
        number = int.from_bytes(part) >> (7 - (last & 7)) & ((1 << self.width) - 1)
        return number - (1 << self.width) if self.signed and number >> (self.width - 1) else number

    def put(self, text: bytearray, number: int) -> None:
        last = self.offset + self.width - 1
        mask = ((1 << self.width) - 1) << (7 - (last & 7))
        start, end = self.offset >> 3, (last >> 3) + 1
        bits = (number & ((1 << self.width) - 1)) << (7 - (last & 7))
        text[start:end] = (int.from_bytes(text[start:end]) & ~mask | bits).to_bytes(end - start)

    def fitted(self, number: int) -> int | None:
        """The number as it fits, by the rule for overflows; None if it must not be stored."""
        least = -(1 << (self.width - 1)) if self.signed else 0
        most = (1 << (self.width - self.signed)) - 1
        if least <= number <= most:
            return number
        if self.overflow == b"FAIL":
            return None
        if self.overflow == b"SAT":
            return most if number > most else least
        number &= (1 << self.width) - 1
        return number - (1 << self.width) if self.signed and number > most else number


def _fields(call: Call, args: list[bytes]) -> list[_Field]:
    fields: list[_Field] = []
    overflow = b"WRAP"
    at = 2
    while at < len(args):
        word, left = args[at].upper(), len(args) - at - 1
        if word == b"OVERFLOW" and left >= 1:
            overflow = args[at + 1].upper()
            if overflow not in {b"WRAP", b"SAT", b"FAIL"}:
                raise Refusal("ERR Invalid OVERFLOW type specified")
            at += 2
            continue
        needed = {b"GET": 2, b"SET": 3, b"INCRBY": 3}.get(word)
        if needed is None or left < needed:
            raise Refusal(SYNTAX)
        signed, width = _field_type(args[at + 1])
        offset = bit_offset(call, args[at + 2], width)
        value = integer(args[at + 3]) if needed == 3 else 0
        fields.append(_Field(word, offset, width, signed, value, overflow))
        at += needed + 1
    return fields


def _field_type(raw: bytes) -> tuple[bool, int]:
    signed = raw[:1] == b"i"
    width = as_integer(raw[1:])
    if raw[:1] not in {b"i", b"u"} or width is None or not 1 <= width <= (64 if signed else 63):
        raise Refusal(
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
        )
    return signed, width


@command("BITFIELD")
def bitfield(call: Call, args: list[bytes]) -> Reply:
    return _bitfield(call, args, _fields(call, args))


@command("BITFIELD_RO")
def bitfield_ro(call: Call, args: list[bytes]) -> Reply:
    fields = _fields(call, args)
    if any(field.operation != b"GET" for field in fields):
        raise Refusal("ERR BITFIELD_RO only supports the GET subcommand")
    return _bitfield(call, args, fields)


def _bitfield(call: Call, args: list[bytes], fields: list[_Field]) -> Reply:
    key = args[1]
    writing = [field for field in fields if field.operation != b"GET"]
    if not writing:
        text = call.db.read_text(key) or b""
        return [field.get(text) for field in fields]
    buffer, longer = grown(call, key, max(field.offset + field.width - 1 for field in writing))
    store(call, key, buffer)
    replies: list[int | None] = []
    changes = 0
    for field in fields:
        before = field.get(buffer)
        if field.operation == b"GET":
            replies.append(before)
            continue
        adding = field.operation == b"INCRBY"
        after = field.fitted(before + field.value if adding else _as_sent(field))
        if after is None:
            replies.append(None)
            continue
        field.put(buffer, after)
        changes += longer or after != before
        replies.append(after if adding else before)
    if changes:
        call.touch(key, changes)
        call.notify("$", "setbit", key)
    return replies


def _as_sent(field: _Field) -> int:
    """The value of a SET: an unsigned field reads a negative one as 64 bits."""
    return field.value if field.signed or field.value >= 0 else field.value & (INT_MAX - INT_MIN)
