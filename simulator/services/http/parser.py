"""Parser: bytes in, requests out; the server's side of HTTP/1.0 and 1.1 without any I/O.

    HEAD --head()--> BODY (fixed | size line, data, CRLF ... trailers) --body()--> HEAD ...

`feed` takes bytes as they come, cut anywhere. `head()` returns the next request once its head is here, `body()` is true
once the rest is here too. Whatever two readers of the same bytes could take for different requests is refused and
ends the connection: two lengths, a length beside a transfer coding, blanks before a colon, folded lines, bare line
feeds, NUL (RFC 9112, sections 2.2, 5 and 6). After `Refused` the parser is of no more use.
"""

import re
from collections.abc import Callable
from typing import Final

from simulator.services.http.limits import STANDARD, Limits
from simulator.services.http.message import Headers, Request, index_of

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_FIELDS: Final = rb"(?:" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*\r\n)*"
_HEAD: Final = re.compile(rb"(" + _TOKEN + rb") ([\x21\x22\x24-\x7e]+) HTTP/(1\.[01])\r\n(" + _FIELDS + rb")\r\n")
_TRAILERS: Final = re.compile(_FIELDS)
_FIELD: Final = re.compile(r"([^:]+):[ \t]*([^\r]*)\r\n")
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e]*)?")
_HOST: Final = re.compile(r"[A-Za-z0-9.\-_~%!$&'()*+,;=]*(?::\d*)?|\[[0-9A-Fa-f:.]+\](?::\d*)?")

_TOKEN_BYTES: Final = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_FRAMING: Final = frozenset({"host", "content-length", "transfer-encoding"})
_NOT_IN_TRAILERS: Final = _FRAMING | {"authorization", "connection", "content-encoding", "expect", "te", "trailer"}
_SMALL: Final = 8 << 10
_GATHER: Final = 64 << 10


class Refused(Exception):
    """A request that is not answered by the service: what the peer is told, and how the connection ends (closed)."""

    def __init__(self, status: int, text: str, request: Request | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.request = status, text, request


class Parser:
    """Reads the requests of one connection."""

    __slots__ = (
        "_blank", "_buffer", "_gathered", "_left", "_limits", "_overhead", "_searched", "_state", "peer", "request",
        "sink",
    )  # fmt: skip

    def __init__(self, limits: Limits = STANDARD, *, peer: str = "") -> None:
        self._limits = limits
        self.peer = peer
        self._buffer = bytearray()
        self._searched = self._blank = 0
        self.request: Request | None = None
        self.sink: Callable[[bytes], object] | None = None
        """Where the pieces of the body go; None for `request.body`."""
        self._state: Callable[[Request], bool | None] = self._fixed
        self._left = self._overhead = 0
        self._gathered = bytearray()

    @property
    def waiting(self) -> int:
        """How many bytes are here that belong to no request yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take bytes as they came."""
        if not self._buffer and self.request is not None and self._state == self._fixed and len(data) <= self._left:
            self._left -= len(data)  # the most frequent case of a large body, without a copy
            self._take(self.request, data)
        else:
            self._buffer += data

    def rest(self) -> bytes:
        """What came after the last request, for who takes the connection over."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    # --- the head -----------------------------------------------------------------------------------

    def head(self) -> Request | None:
        """The next request, its body still to come; None while the head is not whole."""
        assert self.request is None, "the body of the last request is still to be read"
        buffer = self._buffer
        if not buffer:
            return None
        while buffer.startswith(b"\r\n"):  # left over from a sloppy client's last body, RFC 9112, 2.2
            self._blank += 1
            if self._blank > 4:
                raise Refused(400, "empty lines instead of a request")
            del buffer[:2]
            self._searched = 0
        end = buffer.find(b"\r\n\r\n", self._searched)
        if end < 0:
            if buffer:
                self._unfinished()
            return None
        end += 4
        if end > self._limits.head_bytes_max:
            raise Refused(431, f"the head is longer than {self._limits.head_bytes_max} bytes (head_bytes_max)")
        head = bytes(buffer[:end])
        del buffer[:end]
        self._searched = self._blank = 0
        self.request = request = self._read(head)
        return request

    def _unfinished(self) -> None:
        """See early what can become no request; look at each byte once, for they may come one by one."""
        buffer, limits = self._buffer, self._limits
        if buffer[0] not in _TOKEN_BYTES and buffer != b"\r":
            raise Refused(400, "this is no HTTP request" + (": it looks like TLS" if buffer[0] == 0x16 else ""))
        newline = buffer.find(b"\n", self._searched)
        while newline >= 0:
            if buffer[newline - 1] != 0x0D:
                raise diagnosis(bytes(buffer))
            newline = buffer.find(b"\n", newline + 1)
        if len(buffer) > limits.target_bytes_max + 256 and b"\r\n" not in buffer:
            raise _too_long(limits)
        if len(buffer) > limits.head_bytes_max:
            raise Refused(431, f"the head is longer than {limits.head_bytes_max} bytes (head_bytes_max)")
        self._searched = max(len(buffer) - 3, 0)

    def _read(self, head: bytes) -> Request:
        found = _HEAD.fullmatch(head)
        if found is None:
            raise diagnosis(head)
        method, target, version, fields = found.groups()
        limits = self._limits
        if len(target) > limits.target_bytes_max:
            raise _too_long(limits)
        headers = read_fields(fields)
        index = {name.lower(): value for name, value in headers}
        if len(index) != len(headers):
            if len(headers) > limits.headers_max:
                raise Refused(431, f"more than {limits.headers_max} headers (headers_max)")
            for name in _FRAMING & index.keys():
                if sum(name == other.lower() for other, _ in headers) > 1:
                    raise Refused(400, f"more than one header {name}")
            index = index_of(headers)
        elif len(headers) > limits.headers_max:
            raise Refused(431, f"more than {limits.headers_max} headers (headers_max)")
        request = Request(
            method.decode(), target.decode(), headers, None, version=version.decode(), peer=self.peer, index=index
        )
        self._verify_target(request)
        self._frame(request)
        return request

    def _verify_target(self, request: Request) -> None:
        target, index = request.target, request.index
        if target[0] != "/" and not (target == "*" and request.method == "OPTIONS"):
            if request.method == "CONNECT":
                raise Refused(501, "CONNECT is not implemented", request)
            scheme, found, _ = target.partition("://")
            if not found or scheme.lower() not in {"http", "https"}:
                raise Refused(400, "the target is neither a path nor an http address", request)
        host = index.get("host")
        if host is None:
            if request.version == "1.1":
                raise Refused(400, "no header Host", request)
        elif not _HOST.fullmatch(host):
            raise Refused(400, "the header Host is no host", request)

    def _frame(self, request: Request) -> None:
        """How long the body is, and whether the connection goes on after it."""
        index = request.index
        connection = index.get("connection")
        if connection is None:
            request.keep_alive = request.version == "1.1"
        else:
            words = {word.strip() for word in connection.lower().split(",")}
            request.keep_alive = "close" not in words and (request.version == "1.1" or "keep-alive" in words)
        coding, length = index.get("transfer-encoding"), index.get("content-length")
        self._left = self._overhead = 0
        self._state = self._fixed
        if coding is not None:
            self._frame_chunks(request, coding, length)
        elif length is not None:
            if not (length.isascii() and length.isdigit() and len(length) <= 18):
                raise Refused(400, "the header Content-Length is no number", request)
            self._left = request.length = int(length)
            if self._left > self._limits.body_bytes_max:
                raise _too_large(self._limits, request)

    def _frame_chunks(self, request: Request, coding: str, length: str | None) -> None:
        if length is not None:
            raise Refused(400, "a Content-Length beside a Transfer-Encoding", request)
        if request.version == "1.0":
            raise Refused(400, "a Transfer-Encoding in HTTP/1.0", request)
        if coding.lower() != "chunked":
            raise Refused(501, "a Transfer-Encoding other than chunked", request)
        request.chunked = True
        self._state = self._size_line

    # --- the body -----------------------------------------------------------------------------------

    def body(self) -> bool:
        """Read on; true once the request is whole (the next call is then `head`)."""
        request = self.request
        assert request is not None, "no head was read"
        while True:
            done = self._state(request)
            if done is None:
                continue
            if done:
                self._flush(request)
                self.request = self.sink = None
            return done

    def _take(self, request: Request, piece: bytes) -> None:
        """Hand a piece on; small ones are gathered, or a body of single bytes would cost many times its size."""
        request.size += len(piece)
        if request.size > self._limits.body_bytes_max:
            raise _too_large(self._limits, request)
        gathered = self._gathered
        if len(piece) < _SMALL:
            gathered += piece
            if len(gathered) >= _GATHER:
                self._flush(request)
            return
        if gathered:
            self._flush(request)
        (self.sink or request.body.append)(piece)

    def _flush(self, request: Request) -> None:
        if self._gathered:
            (self.sink or request.body.append)(bytes(self._gathered))
            self._gathered.clear()

    def _piece(self, request: Request) -> None:
        count = min(self._left, len(self._buffer))
        if count:
            piece = bytes(self._buffer[:count])
            del self._buffer[:count]
            self._left -= count
            self._take(request, piece)

    def _fixed(self, request: Request) -> bool | None:
        if self._left:
            self._piece(request)
        return not self._left

    def _size_line(self, request: Request) -> bool | None:
        limit = self._limits.chunk_line_bytes_max
        end = self._buffer.find(b"\r\n", 0, limit)
        if end < 0:
            if len(self._buffer) >= limit:
                raise Refused(400, f"a chunk's first line is longer than {limit} bytes (chunk_line_bytes_max)", request)
            if b"\n" in self._buffer:
                raise Refused(400, "a chunk's first line ends with a bare line feed", request)
            return False
        line = _CHUNK_LINE.fullmatch(self._buffer, 0, end)
        if line is None:
            raise Refused(400, "a chunk's size is no hexadecimal number", request)
        digits = line[1]
        self._overhead += end - len(digits)
        if self._overhead > self._limits.chunk_overhead_bytes_max:
            raise Refused(400, "too many chunk extensions (chunk_overhead_bytes_max)", request)
        self._left = int(digits, 16)
        if request.size + self._left > self._limits.body_bytes_max:
            raise _too_large(self._limits, request)
        del self._buffer[: end + 2]
        self._state = self._data if self._left else self._trailer
        return None

    def _data(self, request: Request) -> bool | None:
        self._piece(request)
        if self._left:
            return False
        self._state = self._data_end
        return None

    def _data_end(self, request: Request) -> bool | None:
        if len(self._buffer) < 2:
            if self._buffer and self._buffer != b"\r":
                raise Refused(400, "a chunk is longer than its size says", request)
            return False
        if self._buffer[:2] != b"\r\n":
            raise Refused(400, "a chunk is longer than its size says", request)
        del self._buffer[:2]
        self._state = self._size_line
        return None

    def _trailer(self, request: Request) -> bool | None:
        buffer, limit = self._buffer, self._limits.trailer_bytes_max
        if buffer[:2] == b"\r\n":
            del buffer[:2]
            return True
        end = buffer.find(b"\r\n\r\n", 0, limit)
        if end < 0:
            if len(buffer) >= limit:
                raise Refused(431, f"the trailers are longer than {limit} bytes (trailer_bytes_max)", request)
            return False
        fields = bytes(buffer[: end + 2])
        del buffer[: end + 4]
        if not _TRAILERS.fullmatch(fields):
            raise diagnosis(b"GET / HTTP/1.1\r\n" + fields + b"\r\n", "trailer")
        request.trailers = read_fields(fields)
        if len(request.trailers) > self._limits.headers_max:
            raise Refused(431, f"more than {self._limits.headers_max} trailers (headers_max)", request)
        for name, _ in request.trailers:
            if name.lower() in _NOT_IN_TRAILERS:
                raise Refused(400, f"{name} in the trailers", request)
        return True


def read_fields(fields: bytes) -> Headers:
    """Names and values of lines that have the right form."""
    headers: Headers = _FIELD.findall(fields.decode("latin-1"))
    if b" \r\n" in fields or b"\t\r\n" in fields:
        headers = [(name, value.rstrip(" \t")) for name, value in headers]
    return headers


def _too_long(limits: Limits) -> Refused:
    return Refused(414, f"the target is longer than {limits.target_bytes_max} bytes (target_bytes_max)")


def _too_large(limits: Limits, request: Request) -> Refused:
    return Refused(413, f"the body is longer than {limits.body_bytes_max} bytes (body_bytes_max)", request)


def diagnosis(head: bytes, what: str = "header") -> Refused:
    """Say what is wrong with a head that does not have the form."""
    if b"\0" in head:
        return Refused(400, "a NUL in the head")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", head.rstrip(b"\r")):
        return Refused(400, "a bare carriage return or line feed in the head")
    line, _, rest = head.partition(b"\r\n")
    parts = line.split(b" ")
    if len(parts) != 3 or not re.fullmatch(_TOKEN, parts[0]) or not parts[1]:
        return Refused(400, "the request line is not 'METHOD target HTTP/1.1'")
    if not re.fullmatch(rb"HTTP/1\.[01]", parts[2]):
        if re.fullmatch(rb"HTTP/\d+(\.\d+)?", parts[2]):
            return Refused(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        return Refused(400, "the request line is not 'METHOD target HTTP/1.1'")
    if not re.fullmatch(rb"[\x21\x22\x24-\x7e]+", parts[1]):
        return Refused(400, "the target holds characters that must be percent-encoded")
    for field in rest.split(b"\r\n"):
        name, colon, value = field.partition(b":")
        if field[:1] in {b" ", b"\t"}:
            return Refused(400, f"a folded {what}")
        if field and not colon:
            return Refused(400, f"a {what} without a colon")
        if colon and name != name.strip():
            return Refused(400, f"a blank before the colon of a {what}")
        if colon and not re.fullmatch(_TOKEN, name):
            return Refused(400, f"a {what} whose name is no token")
        if re.search(rb"[^\t\x20-\x7e\x80-\xff]", value):
            return Refused(400, f"a control character in the value of a {what}")
    return Refused(400, f"malformed {what}s")
