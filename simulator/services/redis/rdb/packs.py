"""packs: the compact forms of small collections: listpacks, ziplists, intsets."""

import struct
from typing import Final

from simulator.services.redis.numerals import as_integer
from simulator.services.redis.rdb.lzf import BadData

_END: Final = 0xFF


def _back_length(size: int) -> bytes:
    """Return an entry's length as it stands behind it, to be read from the right."""
    digits = []
    while True:
        digits.append(size & 127)
        size >>= 7
        if not size:
            break
    digits.reverse()
    return bytes([digits[0], *(digit | 128 for digit in digits[1:])])


def _entry(item: bytes | int) -> bytes:
    number = item if isinstance(item, int) else as_integer(item)
    if number is not None:
        if 0 <= number <= 127:
            return bytes([number])
        if -4096 <= number <= 4095:
            value = number & 0x1FFF
            return bytes([0xC0 | value >> 8, value & 0xFF])
        for code, size in ((0xF1, 2), (0xF2, 3), (0xF3, 4), (0xF4, 8)):
            if -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1:
                return bytes([code]) + number.to_bytes(size, "little", signed=True)
    assert isinstance(item, bytes)
    if len(item) < 64:
        return bytes([0x80 | len(item)]) + item
    if len(item) < 4096:
        return bytes([0xE0 | len(item) >> 8, len(item) & 0xFF]) + item
    return b"\xf0" + struct.pack("<I", len(item)) + item


def write_listpack(items: list[bytes | int]) -> bytes:
    """Write a listpack; texts that read as integers are kept as such."""
    parts = []
    for item in items:
        entry = _entry(item)
        parts.append(entry + _back_length(len(entry)))
    body = b"".join(parts)
    count = min(65535, len(items))
    return struct.pack("<IH", len(body) + 7, count) + body + bytes([_END])


def read_listpack(data: bytes) -> list[bytes]:
    """Read a listpack; integers come as texts."""
    items, at = list[bytes](), 6
    try:
        while data[at] != _END:
            item, size = _read_entry(data, at)
            items.append(item)
            at += size + len(_back_length(size))
    except (IndexError, struct.error):
        raise BadData("a listpack ends too soon") from None
    return items


def _read_entry(data: bytes, at: int) -> tuple[bytes, int]:
    code = data[at]
    if code < 0x80:
        return b"%d" % code, 1
    if code < 0xC0:
        size = code & 0x3F
        return data[at + 1 : at + 1 + size], 1 + size
    if code < 0xE0:
        value = (code & 0x1F) << 8 | data[at + 1]
        return b"%d" % (value - 8192 if value >= 4096 else value), 2
    if code < 0xF0:
        size = (code & 0x0F) << 8 | data[at + 1]
        return data[at + 2 : at + 2 + size], 2 + size
    if code == 0xF0:
        size = struct.unpack_from("<I", data, at + 1)[0]
        return data[at + 5 : at + 5 + size], 5 + size
    width = {0xF1: 2, 0xF2: 3, 0xF3: 4, 0xF4: 8}.get(code)
    if width is None:
        raise BadData("a listpack entry of no known kind")
    return b"%d" % int.from_bytes(data[at + 1 : at + 1 + width], "little", signed=True), 1 + width


def read_ziplist(data: bytes) -> list[bytes]:
    """Read a ziplist, the listpack's predecessor."""
    items, at = list[bytes](), 10
    try:
        while data[at] != _END:
            at += 5 if data[at] == 254 else 1
            code = data[at]
            if code < 0xC0:
                if code < 0x40:
                    size, at = code & 0x3F, at + 1
                elif code < 0x80:
                    size, at = (code & 0x3F) << 8 | data[at + 1], at + 2
                else:
                    size, at = struct.unpack_from(">I", data, at + 1)[0], at + 5
                items.append(data[at : at + size])
                at += size
                continue
            if 0xF1 <= code <= 0xFD:
                items.append(b"%d" % ((code & 0x0F) - 1))
                at += 1
                continue
            width = {0xC0: 2, 0xD0: 4, 0xE0: 8, 0xF0: 3, 0xFE: 1}.get(code)
            if width is None:
                raise BadData("a ziplist entry of no known kind")
            items.append(b"%d" % int.from_bytes(data[at + 1 : at + 1 + width], "little", signed=True))
            at += 1 + width
    except (IndexError, struct.error):
        raise BadData("a ziplist ends too soon") from None
    return items


def read_intset(data: bytes) -> list[bytes]:
    """Read a set of integers."""
    try:
        width, count = struct.unpack_from("<II", data)
    except struct.error:
        raise BadData("an intset ends too soon") from None
    if width not in (2, 4, 8) or len(data) < 8 + width * count:
        raise BadData("an intset of an unknown width or that ends too soon")
    span = range(8, 8 + width * count, width)
    return [b"%d" % int.from_bytes(data[at : at + width], "little", signed=True) for at in span]
