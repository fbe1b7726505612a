"""HyperLogLog: how many different things were seen, within a per cent, in the bytes that Redis keeps.

A header (`HYLL`, the encoding, eight bytes of the last count) and 16,384 registers: dense, six bits each, or sparse, as
runs of zeros and of equal values. Sparse becomes dense when a value or the text grows too large.
"""

from math import inf, sqrt
from typing import Final

from simulator.services.redis.values.strings import Text

REGISTERS: Final = 16384
INDEX_BITS: Final = 14
RANK_BITS: Final = 64 - INDEX_BITS
HEADER: Final = 16
DENSE, SPARSE = 0, 1
DENSE_BYTES: Final = HEADER + REGISTERS * 6 // 8
VALUE_MAX: Final = 32
RUN_MAX: Final = 4
ZEROS_MAX: Final = 64
ALPHA: Final = 0.721347520444481703680
SEED: Final = 0xADC83B19
_MASK: Final = (1 << 64) - 1
_MIX: Final = 0xC6A4A7935BD1E995
_MERGED_OPCODES: Final = 5

Run = tuple[int, int, int, int]
"""Where an opcode stands, how long it is, how many registers it covers, and their value."""


class Corrupted(ValueError):
    """What is not a HyperLogLog inside."""


def hashed(data: bytes) -> int:
    """MurmurHash64A, little-endian."""
    total = SEED ^ (len(data) * _MIX & _MASK)
    whole = len(data) & ~7
    for at in range(0, whole, 8):
        part = int.from_bytes(data[at : at + 8], "little") * _MIX & _MASK
        part = (part ^ part >> 47) * _MIX & _MASK
        total = (total ^ part) * _MIX & _MASK
    if whole < len(data):
        total = (total ^ int.from_bytes(data[whole:], "little")) * _MIX & _MASK
    total = (total ^ total >> 47) * _MIX & _MASK
    return total ^ total >> 47


def place(data: bytes) -> tuple[int, int]:
    """The register of an element and the value that it asks for."""
    number = hashed(data)
    rest = number >> INDEX_BITS | 1 << RANK_BITS
    return number & (REGISTERS - 1), (rest & -rest).bit_length()


def created() -> bytearray:
    """An empty one."""
    return bytearray(b"HYLL\x01" + bytes(11) + _zeros(REGISTERS))


def is_one(text: Text) -> bool:
    if len(text) < HEADER or text[:4] != b"HYLL" or text[4] not in {DENSE, SPARSE}:
        return False
    return text[4] == SPARSE or len(text) == DENSE_BYTES


def cached(text: Text) -> int | None:
    """The count of last time, if nothing was added since."""
    return None if text[15] & 0x80 else int.from_bytes(text[8:16], "little")


def remember(text: bytearray, count: int) -> None:
    text[8:16] = count.to_bytes(8, "little")


def invalidate(text: bytearray) -> None:
    text[15] |= 0x80


def registers(text: Text) -> list[int]:
    """All registers, whichever the encoding."""
    if text[4] == DENSE:
        values: list[int] = []
        for at in range(HEADER, DENSE_BYTES, 3):
            three = text[at] | text[at + 1] << 8 | text[at + 2] << 16
            values += (three & 63, three >> 6 & 63, three >> 12 & 63, three >> 18)
        return values
    values = []
    for _, _, count, value in _runs(text):
        values += [value] * count
    if len(values) != REGISTERS:
        raise Corrupted("the runs do not cover all registers")
    return values


def count(values: list[int]) -> int:
    """The estimate by Ertl's method."""
    histogram = [0] * 64
    for value in values:
        histogram[value] += 1
    size = float(REGISTERS)
    z = size * _tau((size - histogram[RANK_BITS + 1]) / size)
    for rank in range(RANK_BITS, 0, -1):
        z = (z + histogram[rank]) * 0.5
    z += size * _sigma(histogram[0] / size)
    return int(ALPHA * size * size / z + 0.5)


def _tau(x: float) -> float:
    if x in {0.0, 1.0}:
        return 0.0
    y, z, before = 1.0, 1 - x, inf
    while z != before:
        x = sqrt(x)
        before = z
        y *= 0.5
        z -= (1 - x) ** 2 * y
    return z / 3


def _sigma(x: float) -> float:
    if x == 1.0:
        return inf
    y, z, before = 1.0, x, inf
    while z != before:
        x *= x
        before = z
        z += x * y
        y += y
    return z


def raise_to(text: bytearray, index: int, value: int, sparse_bytes_max: int) -> bool:
    """Have a register hold at least this value; whether that changed it."""
    if text[4] == SPARSE:
        changed = _raise_sparse(text, index, value, sparse_bytes_max)
        if changed is not None:
            return changed
        become_dense(text)
    return _raise_dense(text, index, value)


def _raise_dense(text: bytearray, index: int, value: int) -> bool:
    at, shift = HEADER + index * 6 // 8, index * 6 & 7
    two = text[at] | (text[at + 1] << 8 if at + 1 < len(text) else 0)
    if two >> shift & 63 >= value:
        return False
    two = two & ~(63 << shift) | value << shift
    text[at] = two & 0xFF
    if at + 1 < len(text):
        text[at + 1] = two >> 8
    return True


def become_dense(text: bytearray) -> None:
    if text[4] == DENSE:
        return
    total = 0
    packed = bytearray()
    for index, value in enumerate(registers(text)):
        total |= value << 6 * (index & 3)
        if index & 3 == 3:
            packed += total.to_bytes(3, "little")
            total = 0
    text[HEADER:] = packed
    text[4] = DENSE


def _runs(text: Text) -> "list[Run]":
    """The opcodes of a sparse one."""
    runs: list[Run] = []
    at, end = HEADER, len(text)
    while at < end:
        code = text[at]
        if code & 0x80:
            runs.append((at, 1, (code & 3) + 1, (code >> 2 & 31) + 1))
            at += 1
        elif code & 0x40:
            if at + 1 == end:
                raise Corrupted("a run is cut off")
            runs.append((at, 2, ((code & 63) << 8 | text[at + 1]) + 1, 0))
            at += 2
        else:
            runs.append((at, 1, (code & 63) + 1, 0))
            at += 1
    return runs


def _zeros(length: int) -> bytes:
    if length > ZEROS_MAX:
        return bytes((0x40 | length - 1 >> 8, length - 1 & 0xFF))
    return bytes((length - 1,))


def _values(value: int, length: int) -> bytes:
    return bytes((0x80 | value - 1 << 2 | length - 1,))


def _raise_sparse(text: bytearray, index: int, value: int, bytes_max: int) -> bool | None:
    """The same for a sparse one; None if it must become dense for that."""
    if value > VALUE_MAX:
        return None
    at, end, first, before = HEADER, len(text), 0, HEADER
    code = covered = size = 0
    while at < end:
        code = text[at]
        size = 1
        if code & 0x80:
            covered = (code & 3) + 1
        elif code & 0x40:
            covered, size = ((code & 63) << 8 | text[at + 1]) + 1, 2
        else:
            covered = (code & 63) + 1
        if index < first + covered:
            break
        before = at
        first += covered
        at += size
    else:
        raise Corrupted("the runs do not cover all registers")
    old = (code >> 2 & 31) + 1 if code & 0x80 else 0
    if old >= value:
        return False
    left, right = index - first, first + covered - 1 - index
    pieces = _values(value, 1)
    if left:
        pieces = (_values(old, left) if old else _zeros(left)) + pieces
    if right:
        pieces += _values(old, right) if old else _zeros(right)
    grown = len(pieces) - size
    if grown > 0 and len(text) + grown > bytes_max:
        return None
    text[at : at + size] = pieces
    _merge(text, before)
    invalidate(text)
    return True


def _merge(text: bytearray, at: int) -> None:
    """Join neighbouring runs of one value, among the few opcodes from here on."""
    for _ in range(_MERGED_OPCODES):
        if at >= len(text):
            return
        code = text[at]
        if not code & 0x80:
            at += 2 if code & 0x40 else 1
            continue
        if at + 1 < len(text) and (following := text[at + 1]) & 0x80 and following >> 2 == code >> 2:
            length = (code & 3) + (following & 3) + 2
            if length <= RUN_MAX:
                text[at : at + 2] = bytes((code & ~3 | length - 1,))
                continue
        at += 1
