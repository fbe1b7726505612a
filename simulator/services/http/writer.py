"""Writer: a response as bytes; no I/O.

A response never has two lengths and never a line more than it was given headers, whatever is in their values.
"""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from simulator.services.http.message import Piece, Request, Response

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK: Final = b"0\r\n\r\n"

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OURS: Final = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
_BODILESS: Final = frozenset({204, 205, 304})


@lru_cache(maxsize=8)
def http_date(second: int) -> str:
    """`Fri, 20 Nov 2026 17:36:58 GMT`, whatever the locale."""
    at = time.gmtime(second)
    return (
        f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year} "
        f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
    )


class Plan:
    """How a response goes out: its head, whether a body follows, in chunks or not, and whether the connection ends."""

    __slots__ = ("chunked", "close", "head", "length", "sends_body")

    def __init__(self, head: bytes, *, length: int | None, sends_body: bool, chunked: bool, close: bool) -> None:
        self.head, self.length, self.sends_body, self.chunked, self.close = head, length, sends_body, chunked, close


def plan(response: Response, request: Request | None, *, close: bool, now_s: int, server: str, chunk: bool) -> Plan:
    """Decide how a response is sent; `chunk` asks for chunks even where the length is known."""
    status = response.status
    own = {name.lower(): value for name, value in response.headers} if response.headers else {}
    length = length_of(response)
    if length is None and "content-length" in own:
        length = int(own["content-length"])
    modern = request is None or request.version == "1.1"
    bodiless = status in _BODILESS or status < 200
    chunked = modern and not bodiless and (chunk or length is None)
    if length is None and not modern:
        close = True  # the end of the body is the end of the connection
    close = close or response.close or own.get("connection", "").lower() == "close"
    lines = [f"HTTP/1.1 {status} {response.reason}"]
    own_framing = not _OURS.isdisjoint(own)
    for name, value in response.headers:
        if not own_framing or name.lower() not in _OURS:
            lines.append(f"{name}: {value}")
    lines.append(f"Date: {own.get('date') or http_date(now_s)}")
    if server or "server" in own:
        lines.append(f"Server: {own.get('server', server)}")
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    elif length is not None and (not bodiless or (status == 304 and length)):
        lines.append(f"Content-Length: {length}")
    if status == 101:
        lines.append(f"Connection: {own.get('connection', 'Upgrade')}")
    elif close:
        lines.append("Connection: close")
    elif not modern:
        lines.append("Connection: keep-alive")
    sends_body = not bodiless and (request is None or request.method != "HEAD")
    return Plan(_encoded(lines), length=length, sends_body=sends_body, chunked=chunked, close=close)


def _encoded(lines: list[str]) -> bytes:
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1 or "\0" in text:
        raise ValueError("a line break or a NUL in a header of a response")
    try:
        return text.encode("latin-1") + b"\r\n\r\n"
    except UnicodeEncodeError:
        return text.encode() + b"\r\n\r\n"  # as most servers do, and most clients expect


def length_of(response: Response) -> int | None:
    """How long the body is: as said, or as its pieces make it; None for a stream."""
    if response.length is not None:
        return response.length
    body = response.body
    return sum(map(len, body)) if isinstance(body, list | tuple) else None


def chunk(piece: Piece) -> bytes:
    """A piece as a chunk; an empty one is none, for it would end the body."""
    return b"".join((b"%x\r\n" % len(piece), piece, b"\r\n")) if len(piece) else b""


def last_chunk(trailers: Sequence[tuple[str, str]] | None) -> bytes:
    """The end of a chunked body."""
    return b"0\r\n" + _encoded([f"{name}: {value}" for name, value in trailers]) if trailers else LAST_CHUNK
