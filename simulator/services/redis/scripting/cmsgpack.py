"""cmsgpack: MessagePack for scripts, as lua-cmsgpack writes and reads it."""

import struct
from collections.abc import Callable
from typing import Any, Final

Kind = Callable[[Any], str]
Table = Callable[[Any], Any]
DEPTH_MAX: Final = 16  # deeper tables are written as nil, as lua-cmsgpack does


class PackError(Exception):
    """What cannot be read."""


def pack(values: tuple[Any, ...], kind: Kind) -> bytes:
    """Write values one after the other."""
    if not values:
        raise PackError("bad argument #0 to 'pack' (MessagePack pack needs input.)")
    return b"".join(_pack(value, kind, 0) for value in values)


def _pack(value: Any, kind: Kind, depth: int) -> bytes:
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, bytes):
        return _head(len(value), b"\xa0", 31, (0xD9, 0xDA, 0xDB)) + value
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**63:
            return _integer(int(value))
        single = struct.pack(">f", value) if abs(value) < 3e38 else b""
        if single and struct.unpack(">f", single)[0] == value:
            return b"\xca" + single
        return b"\xcb" + struct.pack(">d", value)
    if value is None or kind(value) != "table" or depth >= DEPTH_MAX:
        return b"\xc0"
    pairs = list(value.items())
    keys = {key for key, _ in pairs}
    if pairs and keys == set(range(1, len(pairs) + 1)):
        known = dict(pairs)
        head = _head(len(pairs), b"\x90", 15, (0, 0xDC, 0xDD))
        return head + b"".join(_pack(known[at], kind, depth + 1) for at in range(1, len(pairs) + 1))
    if not pairs:
        return b"\x90"
    body = b"".join(_pack(key, kind, depth + 1) + _pack(item, kind, depth + 1) for key, item in pairs)
    return _head(len(pairs), b"\x80", 15, (0, 0xDE, 0xDF)) + body


def _head(size: int, small: bytes, small_max: int, wide: tuple[int, int, int]) -> bytes:
    if size <= small_max:
        return bytes([small[0] | size])
    if size < 1 << 8 and wide[0]:
        return struct.pack(">BB", wide[0], size)
    if size < 1 << 16:
        return struct.pack(">BH", wide[1], size)
    return struct.pack(">BI", wide[2], size)


def _integer(value: int) -> bytes:
    if value >= 0:
        if value < 128:
            return bytes([value])
        for code, form, limit in ((0xCC, ">BB", 1 << 8), (0xCD, ">BH", 1 << 16), (0xCE, ">BI", 1 << 32)):
            if value < limit:
                return struct.pack(form, code, value)
        return struct.pack(">BQ", 0xCF, value)
    if value >= -32:
        return struct.pack(">b", value)
    for code, form, limit in ((0xD0, ">Bb", -(1 << 7)), (0xD1, ">Bh", -(1 << 15)), (0xD2, ">Bi", -(1 << 31))):
        if value >= limit:
            return struct.pack(form, code, value)
    return struct.pack(">Bq", 0xD3, value)


_FIXED: Final = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b",
    0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_SIZED: Final = {
    0xD9: (">B", "text"), 0xDA: (">H", "text"), 0xDB: (">I", "text"), 0xC4: (">B", "text"), 0xC5: (">H", "text"),
    0xC6: (">I", "text"), 0xDC: (">H", "array"), 0xDD: (">I", "array"), 0xDE: (">H", "map"), 0xDF: (">I", "map"),
}  # fmt: skip


class Reader:
    """Reads values from a text, one after the other."""

    def __init__(self, data: bytes, table: Table, at: int = 0) -> None:
        self._data, self._table, self.at = data, table, at

    @property
    def more(self) -> bool:
        return self.at < len(self._data)

    def _take(self, count: int) -> bytes:
        if self.at + count > len(self._data):
            raise PackError("Missing bytes in input.")
        taken = self._data[self.at : self.at + count]
        self.at += count
        return taken

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def next(self) -> Any:
        """Read one value."""
        code = self._take(1)[0]
        if code < 0x80:
            return code
        if code >= 0xE0:
            return code - 256
        if code < 0x90:
            return self._collect("map", code & 15)
        if code < 0xA0:
            return self._collect("array", code & 15)
        if code < 0xC0:
            return self._take(code & 31)
        if code in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[code]
        if code in _FIXED:
            return self._number(_FIXED[code])
        if code in _SIZED:
            form, what = _SIZED[code]
            size = int(self._number(form))
            return self._take(size) if what == "text" else self._collect(what, size)
        raise PackError("Bad data format in input.")

    def _collect(self, what: str, count: int) -> Any:
        if what == "array":
            return self._table([self.next() for _ in range(count)])
        pairs = {}
        for _ in range(count):
            key = self.next()
            pairs[key] = self.next()
        return self._table(pairs)
