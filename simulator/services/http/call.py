"""Call: what an endpoint of a service is handed, and how what it returns becomes a response.

An endpoint returns what it has: a dict, list or `msgspec.Struct` (JSON), a string or bytes, a status, `(status, body)`,
`(status, body, headers)`, None (204), an async iterator (a stream, in chunks), or a whole `Response`.
"""

import random
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from simulator.services.http.message import REASONS, Headers, Request, Response

_JSON: Final = ("Content-Type", "application/json")
_TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")
_BYTES: Final = ("Content-Type", "application/octet-stream")


class Refusal(Exception):
    """Raised by an endpoint: answer this status, with a JSON object that has `error` and whatever else is given."""

    def __init__(self, status: int, error: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(f"{status} {error}".strip())
        self.status = status
        self.body = {"error": error or REASONS.get(status, "")} | more
        self.headers = headers or {}


class Call:
    """One request to an endpoint.

    `path` holds the parameters in the path, `state` the state of the service, `who` what its check of the token said.
    """

    def __init__(self, request: Request, path: dict[str, str], state: Any, rng: random.Random) -> None:
        self.request, self.path, self.state, self.rng = request, path, state, rng
        self.who: Any = None

    def __repr__(self) -> str:
        return f"<call {self.request.method} {self.request.target}>"

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters after the question mark; of one that is there twice, the last."""
        return dict(self.queries)

    @cached_property
    def queries(self) -> list[tuple[str, str]]:
        """All of them, in their order."""
        return parse_qsl(self.request.query, keep_blank_values=True)

    def header(self, name: str, default: str = "") -> str:
        return self.request.get(name) or default

    @property
    def body(self) -> bytes:
        return self.request.whole()

    @property
    def text(self) -> str:
        """The body as UTF-8; 400 if it is not."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise Refusal(400, "the body is not UTF-8") from None

    def json(self, into: Any = Any) -> Any:
        """The body as JSON, in the form of a type if one is given; 400 if it is no JSON, 422 if of another form."""
        try:
            return msgspec.json.decode(self.body, type=into)
        except msgspec.ValidationError as error:
            raise Refusal(422, str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refusal(400, f"the body is no JSON: {error}") from None


def response_of(result: Any) -> Response:
    """What an endpoint returned, as a response."""
    if isinstance(result, Response):
        return result
    status, more, body = 200, [], result
    if isinstance(result, tuple):
        status, body, *rest = result
        more = list(dict(rest[0]).items()) if rest else []
    elif isinstance(result, int) and not isinstance(result, bool):
        status, body = result, None if result in {204, 304} else {"error": REASONS.get(result, "")}
        if result < 400:
            body = None
    if body is None:
        return Response(204 if result is None else status, more)
    pieces, kind = _body(body)
    if not any(name.lower() == "content-type" for name, _ in more):
        more = [kind, *more]
    return Response(status, more, pieces)


def _body(body: Any) -> tuple[Any, tuple[str, str]]:
    if isinstance(body, str):
        return [body.encode()], _TEXT
    if isinstance(body, bytes | bytearray | memoryview):
        return [bytes(body)], _BYTES
    if isinstance(body, AsyncIterator):
        return _encoded(body), _BYTES
    return [msgspec.json.encode(body)], _JSON


async def _encoded(pieces: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    """Bytes as they are, text as UTF-8, anything else as a line of JSON."""
    try:
        async for piece in pieces:
            if isinstance(piece, str):
                yield piece.encode()
            elif isinstance(piece, bytes | bytearray | memoryview):
                yield bytes(piece)
            else:
                yield msgspec.json.encode(piece) + b"\n"
    finally:
        if hasattr(pieces, "aclose"):
            await pieces.aclose()


def refusal_of(error: Refusal) -> Response:
    headers: Headers = [_JSON, *error.headers.items()]
    return Response(error.status, headers, [msgspec.json.encode(error.body)])
