"""lzf: reading what LibLZF compressed."""


class BadData(Exception):
    """Bytes are not what their format says."""


def expand(data: bytes, size: int) -> bytes:
    """Return the text that was compressed, of a size that is known."""
    out, at = bytearray(), 0
    try:
        while at < len(data):
            control = data[at]
            at += 1
            if control < 32:
                out += data[at : at + control + 1]
                at += control + 1
                continue
            length = control >> 5
            if length == 7:
                length += data[at]
                at += 1
            back = ((control & 0x1F) << 8 | data[at]) + 1
            at += 1
            start = len(out) - back
            if start < 0:
                raise BadData("a reference before the beginning")
            for step in range(length + 2):
                out.append(out[start + step])
            if len(out) > size:
                raise BadData("more data than announced")
    except IndexError:
        raise BadData("compressed data ends too soon") from None
    if len(out) != size:
        raise BadData("less data than announced")
    return bytes(out)
