"""Message: what an HTTP service is asked and what it answers, free of any I/O.

An `App` is all that a service has to be: it says what a request is about, may refuse it from its head alone, and
answers it once it is whole. The server in `server.py` does everything else.

    class Hello:
        def operation(self, request): return "Hello", request.path
        def early(self, request): return None
        def answer(self, request): return Response(200, [("Content-Type", "text/plain")], [b"hello"])
"""

from collections.abc import AsyncIterator, Awaitable, Iterable
from typing import Any, Final, Protocol

from simulator.services.trouble import Trouble

Headers = list[tuple[str, str]]
Piece = bytes | memoryview

REASONS: Final = {
    100: "Continue", 101: "Switching Protocols",
    200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content",
    205: "Reset Content", 206: "Partial Content", 207: "Multi-Status",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
    411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type", 416: "Range Not Satisfiable", 417: "Expectation Failed",
    421: "Misdirected Request", 422: "Unprocessable Content", 423: "Locked", 425: "Too Early",
    426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
}  # fmt: skip


class Request:
    """A request as it came; `body` grows while it arrives, and whoever answers gets it whole."""

    __slots__ = (
        "body", "chunked", "context", "headers", "index", "keep_alive", "key", "length", "method", "operation", "path",
        "peer", "query", "received_ns", "size", "target", "trailers", "troubles", "version",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        target: str,
        headers: Headers | None = None,
        body: list[bytes] | None = None,
        *,
        version: str = "1.1",
        peer: str = "",
        received_ns: int = 0,
        index: dict[str, str] | None = None,
    ) -> None:
        self.method, self.target, self.version = method, target, version
        self.path, self.query = split_target(target)
        self.headers: Headers = headers if headers is not None else []
        self.index = index if index is not None else index_of(self.headers)
        """Values by name in small letters; those of a repeated name are joined by `, `."""
        self.body: list[bytes] = body if body is not None else []
        """The pieces as they arrived, without the transfer coding."""
        self.size = sum(map(len, self.body)) if body else 0
        self.length: int | None = None
        """Content-Length, if the client sent one."""
        self.chunked = False
        self.keep_alive = True
        self.trailers: Headers = []
        self.peer = peer
        self.received_ns = received_ns
        self.operation = self.key = ""
        """What it is about, as the service said from the head."""
        self.troubles: tuple[Trouble, ...] = ()
        """The troubles that strike this request and that the server leaves to the service."""
        self.context: Any = None
        """For the service: what `operation` or `early` found out and `answer` wants to know."""

    def __repr__(self) -> str:
        return f"<{self.method} {self.target}, {self.size} bytes>"

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of a header, in any case of letters; several of one name are joined by `, `."""
        return self.index.get(name.lower(), default)

    def whole(self) -> bytes:
        """The body in one piece."""
        return self.body[0] if len(self.body) == 1 else b"".join(self.body)


def split_target(target: str) -> tuple[str, str]:
    """Path and query of a target, raw as sent; an absolute form loses its scheme and host."""
    if target[:1] != "/":
        _, scheme, rest = target.partition("://")
        if scheme:
            ends = [place for place in (rest.find("/"), rest.find("?")) if place >= 0]
            target = rest[min(ends) :] if ends else "/"
            if target[0] == "?":
                target = "/" + target
    path, _, query = target.partition("?")
    return path, query


def index_of(headers: Headers) -> dict[str, str]:
    """Headers by name in small letters, repeated ones joined as the RFC allows."""
    index: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        index[name] = f"{index[name]}, {value}" if name in index else value
    return index


class Response:
    """An answer: its length follows from the pieces, unless it is given or the body is a stream.

    `body` is a list of pieces, or any iterable of them when `length` says how many bytes they make (they are drawn
    as the client takes them), or an async iterator, which is sent in chunks if it has no `length`.
    For HEAD and 304, `length` alone is enough: no body is sent. `close` ends the connection after the answer.
    """

    __slots__ = ("body", "close", "headers", "length", "reason", "status", "trailers")

    def __init__(
        self,
        status: int = 200,
        headers: Headers | None = None,
        body: Iterable[Piece] | AsyncIterator[Piece] = (),
        *,
        length: int | None = None,
        reason: str = "",
        trailers: Headers | None = None,
        close: bool = False,
    ) -> None:
        self.status = status
        self.headers: Headers = headers if headers is not None else []
        self.body = body
        self.length = length
        self.reason = reason or REASONS.get(status, "Unknown")
        self.trailers = trailers
        self.close = close

    def __repr__(self) -> str:
        return f"<{self.status} {self.reason}>"


class App(Protocol):
    """A service, as the server sees it. Each method must be quick and must not block.

    Three more things are used if an app has them: `events: str`, the family of its events (`http` otherwise: they are
    `http.request` with operation, key, method, target, bytes, checksum, conn, and `http.response` with operation, key,
    status, bytes, checksum, conn);
    `failure(request, status, code) -> Response`, which words the errors that troubles cause (request is None when it
    could not be read); and `sink(request) -> Callable[[bytes], None] | None`, asked once the head is here: the
    pieces of the body then go there as they arrive, and not into `request.body`.
    """

    def operation(self, request: Request) -> tuple[str, str]:
        """What is asked and about what, from the head alone: `("UploadPart", "bucket/key")`."""
        ...

    def early(self, request: Request) -> Response | None:
        """The head is here: refuse it before the body is read (and before "100 Continue"), or None."""
        ...

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        """The whole request is here. Whatever raises becomes a 500."""
        ...
