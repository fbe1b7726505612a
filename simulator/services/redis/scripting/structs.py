"""struct: binary layouts for scripts, as the Lua `struct` library has them."""

import struct
from collections.abc import Iterator
from typing import Any, Final

_SIZES: Final = {"b": 1, "B": 1, "h": 2, "H": 2, "l": 8, "L": 8, "T": 8, "f": 4, "d": 8, "x": 1}
_ALIGN_MAX: Final = 16
SIZE_MAX: Final = 1 << 29


class BadFormat(Exception):
    """A format or its data does not make sense."""


def _items(form: str) -> Iterator[tuple[str, int, str, int]]:
    """Yield kind, size, byte order and alignment of each item."""
    order, align, at = "<", 1, 0
    while at < len(form):
        kind = form[at]
        at += 1
        digits = ""
        while at < len(form) and form[at].isdigit():
            digits += form[at]
            at += 1
        if kind in "<>":
            order = kind
        elif kind == "=":
            order = "<"
        elif kind == "!":
            align = int(digits or 8)
            if align > _ALIGN_MAX or align & (align - 1):
                raise BadFormat("alignment is not a power of 2")
        elif kind in "iI":
            size = int(digits or 4)
            if size > 32:
                raise BadFormat(f"integral size {size} is larger than limit of 32")
            yield kind, size, order, align
        elif kind == "c":
            yield kind, int(digits or 1), order, 1
        elif kind == "s":
            yield kind, 0, order, 1
        elif kind in _SIZES:
            yield kind, _SIZES[kind], order, align
        elif kind != " ":
            raise BadFormat(f"invalid format option '{kind}'")


def _padding(at: int, size: int, align: int, kind: str) -> int:
    if kind in "xcs" or align <= 1 or size <= 1:
        return 0
    return -at % min(size, align)


def pack(form: bytes, *values: Any) -> bytes:
    out, left = bytearray(), list(values)

    def value() -> Any:
        if not left:
            raise BadFormat("bad argument #2 to 'pack' (value expected)")
        return left.pop(0)

    for kind, size, order, align in _items(form.decode("latin-1")):
        out += bytes(_padding(len(out), size, align, kind))
        if kind == "x":
            out.append(0)
        elif kind in "fd":
            out += struct.pack(order + kind, float(value()))
        elif kind == "s":
            out += _text(value()) + b"\0"
        elif kind == "c":
            text = _text(value())
            size = size or len(text)
            if len(text) < size:
                raise BadFormat("bad argument #2 to 'pack' (string too short)")
            out += text[:size]
        else:
            number = int(float(value())) & ((1 << 8 * size) - 1)
            out += number.to_bytes(size, "little" if order == "<" else "big")
        if len(out) > SIZE_MAX:
            raise BadFormat("result too large")
    return bytes(out)


def _text(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"%.14g" % value


def unpack(form: bytes, data: bytes, start: int = 1) -> list[Any]:
    """Return the values and, last, where to go on."""
    at, found = start - 1, list[Any]()
    if at < 0:
        raise BadFormat("bad argument #3 to 'unpack' (offset must be 1 or greater)")
    for kind, size, order, align in _items(form.decode("latin-1")):
        at += _padding(at, size, align, kind)
        if kind == "s":
            end = data.find(b"\0", at)
            if end < 0:
                raise BadFormat("unfinished string in data")
            found.append(data[at:end])
            at = end + 1
            continue
        if kind == "c" and size == 0:
            size = int(found.pop()) if found else 0
        if at + size > len(data):
            raise BadFormat("data string too short")
        raw = data[at : at + size]
        at += size
        if kind == "c":
            found.append(raw)
        elif kind in "fd":
            found.append(struct.unpack(order + kind, raw)[0])
        elif kind != "x":
            signed = kind in "bhil"
            found.append(int.from_bytes(raw, "little" if order == "<" else "big", signed=signed))
    return [*found, at + 1]


def size(form: bytes) -> int:
    total = 0
    for kind, width, _, align in _items(form.decode("latin-1")):
        if kind == "s" or (kind == "c" and not width):
            raise BadFormat("variable-length format" if kind == "s" else "variable-size format in 'size'")
        total += _padding(total, width, align, kind) + width
    return total
