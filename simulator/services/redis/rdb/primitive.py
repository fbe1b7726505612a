"""primitive: the lengths and strings that everything in an RDB file is made of."""

import struct
from typing import Final

from simulator.services.redis.numerals import as_integer
from simulator.services.redis.rdb.lzf import BadData, expand

STRING_MAX: Final = 1 << 32  # no length in a file is believed beyond this


def length(size: int) -> bytes:
    if size < 64:
        return bytes([size])
    if size < 16384:
        return bytes([0x40 | size >> 8, size & 0xFF])
    if size < 1 << 32:
        return b"\x80" + struct.pack(">I", size)
    return b"\x81" + struct.pack(">Q", size)


def string(text: bytes) -> bytes:
    """Write a text, short integers in their binary form."""
    number = as_integer(text) if len(text) <= 11 else None
    if number is not None:
        if -128 <= number <= 127:
            return b"\xc0" + struct.pack("<b", number)
        if -(1 << 15) <= number < 1 << 15:
            return b"\xc1" + struct.pack("<h", number)
        if -(1 << 31) <= number < 1 << 31:
            return b"\xc2" + struct.pack("<i", number)
    return length(len(text)) + text


class Source:
    """Bytes that are read from the left."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise BadData("the data ends too soon")
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def unpack(self, form: str) -> float:
        found: float = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return found

    def integer(self, form: str) -> int:
        return int(self.unpack(form))

    def length(self) -> int:
        size, special = self._length()
        if special:
            raise BadData("a string where a length belongs")
        return size

    def _length(self) -> tuple[int, bool]:
        first = self.byte()
        kind = first >> 6
        if kind == 0:
            return first & 0x3F, False
        if kind == 1:
            return (first & 0x3F) << 8 | self.byte(), False
        if kind == 3:
            return first & 0x3F, True
        if first == 0x80:
            return self.integer(">I"), False
        if first == 0x81:
            return self.integer(">Q"), False
        raise BadData("a length of no known form")

    def string(self) -> bytes:
        size, special = self._length()
        if not special:
            return self.take(size)
        if size == 0:
            return b"%d" % self.integer("<b")
        if size == 1:
            return b"%d" % self.integer("<h")
        if size == 2:
            return b"%d" % self.integer("<i")
        if size == 3:
            packed, plain = self.length(), self.length()
            if plain > STRING_MAX:
                raise BadData("a text longer than any")
            return expand(self.take(packed), plain)
        raise BadData("a string of no known form")
