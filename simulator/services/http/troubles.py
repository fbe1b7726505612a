"""Troubles of HTTP: those that the server itself causes, alike for every service that it carries.

A request meets its troubles when its head is here. Some end it there; the others are carried by a task of their
own, from the moment when the request is whole.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from simulator.services.http.message import Piece, Request, Response
from simulator.services.http.outlet import slices
from simulator.services.http.writer import chunk, last_chunk
from simulator.services.trouble import Surface, Trouble, kind_of_trouble, surface

if TYPE_CHECKING:
    from simulator.services.http.connection import Connection

HTTP_SURFACE: Final[Surface] = surface(
    kind_of_trouble(
        "request-lost",
        "The request never reaches the service; its client hears nothing, and then the connection closes.",
        layer="http",
        seconds=120.0,
    ),
    kind_of_trouble(
        "reply-lost",
        "The service does what it was asked for, but its client hears nothing, and then the connection closes.",
        layer="http",
        seconds=120.0,
    ),
    kind_of_trouble(
        "late", "The request reaches the service late, even if its client left.", layer="http", seconds=5.0
    ),
    kind_of_trouble("twice", "The request reaches the service twice.", layer="http", answer="last"),
    kind_of_trouble("slow-first-byte", "The answer begins late, after the effect.", layer="http", seconds=5.0),
    kind_of_trouble("trickle", "The body of the answer comes slowly.", layer="http", bytes_per_s=1024),
    kind_of_trouble(
        "cut-body",
        "The answer ends early with a close, half-way or at a byte of its body (one without a body: within its head).",
        layer="http",
        at_byte=None,
    ),
    kind_of_trouble("reset-before", "The connection is reset when the head is here; no effect.", layer="http"),
    kind_of_trouble(
        "reset-during",
        "The connection is reset while the body of the request arrives, half-way or at a byte of it; no effect.",
        layer="http",
        at_byte=None,
    ),
    kind_of_trouble("reset-after", "The connection is reset after the effect, before the answer.", layer="http"),
    kind_of_trouble("reset-body", "The answer ends early as in cut-body, with a reset.", layer="http", at_byte=None),
    kind_of_trouble(
        "error-before",
        "The service answers an error and does nothing.",
        layer="http",
        status=500,
        code="InternalError",
    ),
    kind_of_trouble(
        "error-after",
        "The service does what it was asked for and answers an error.",
        layer="http",
        status=500,
        code="InternalError",
    ),
    kind_of_trouble(
        "throttled",
        "The service does nothing and asks to come again (Retry-After, unless seconds=0).",
        layer="http",
        status=503,
        code="SlowDown",
        seconds=1.0,
    ),
    kind_of_trouble(
        "malformed-chunk",
        "The body of the answer comes in chunks, of which one, half-way or at a byte, has no size.",
        layer="http",
        at_byte=None,
    ),
)
"""What every service behind this server can meet; a service's own surface is `HTTP_SURFACE | surface(...)`."""

_AT_THE_HEAD: Final = frozenset({"reset-before", "reset-during", "error-before", "throttled"})
_BEATS_PER_S: Final = 10
_FLUSH_S: Final = 0.02
"""What was written gets so long to leave the machine before a reset throws away the rest."""

Failure = Callable[[Request | None, int, str], Response]


class Met:
    """The troubles of HTTP that one request meets, by kind."""

    __slots__ = ("_by_kind", "carries", "resets_first")

    def __init__(self, by_kind: dict[str, Trouble]) -> None:
        self._by_kind = by_kind
        self.resets_first = "reset-before" in by_kind
        self.carries = not _AT_THE_HEAD.issuperset(by_kind)
        """Whether something is left once the request is whole."""

    @classmethod
    def of(cls, troubles: tuple[Trouble, ...]) -> "Met | None":
        """Those among the troubles that are the server's; the first of each kind counts."""
        by_kind: dict[str, Trouble] = {}
        for trouble in troubles:
            if trouble.kind in HTTP_SURFACE:
                by_kind.setdefault(trouble.kind, trouble)
        return cls(by_kind) if by_kind else None

    def resets_at(self, request: Request, *, whole: bool) -> bool:
        """Whether the connection is reset now that so much of the body is here."""
        trouble = self._by_kind.get("reset-during")
        if trouble is None:
            return False
        at_byte = trouble.at_byte if trouble.at_byte is not None else max((request.length or 0) // 2, 1)
        return whole or request.size >= at_byte

    def refusal(self, request: Request, failure: Failure) -> Response | None:
        """What a request is answered that must have no effect."""
        trouble = self._by_kind.get("throttled") or self._by_kind.get("error-before")
        return None if trouble is None else _failed(request, trouble, failure)

    # --- what happens to a whole request ----------------------------------------------------------------

    async def carry(self, connection: "Connection", request: Request, verdict: Response | None) -> None:
        """Bring a request to the service and its answer back, with what happens on the way."""
        met, server = self._by_kind, connection.server
        if "request-lost" in met:
            await connection.silence(_seconds(met["request-lost"]))
            return
        if "late" in met:
            await asyncio.sleep(_seconds(met["late"]))
        if verdict is not None:
            response = verdict
        else:
            response = await self._applied(connection, request)
        if "error-after" in met:
            response = _failed(request, met["error-after"], server.failure)
        if "reply-lost" in met:
            server.answered(connection, request, response)
            await connection.silence(_seconds(met["reply-lost"]))
        elif "reset-after" in met:
            server.answered(connection, request, response)
            connection.abort()
        else:
            if "slow-first-byte" in met:
                await asyncio.sleep(_seconds(met["slow-first-byte"]))
            if met.keys() & {"cut-body", "malformed-chunk", "reset-body", "trickle"}:
                await self._play(connection, request, response)
            else:
                connection.send(request, response)

    async def _applied(self, connection: "Connection", request: Request) -> Response:
        response = await connection.applied(request)
        twice = self._by_kind.get("twice")
        if twice is None:
            return response
        again = await connection.applied(request)
        return again if twice.answer == "last" else response

    async def _play(self, connection: "Connection", request: Request, response: Response) -> None:
        """Send an answer slowly, or not to its end."""
        met, out = self._by_kind, connection.out
        ends = met.get("cut-body") or met.get("reset-body") or met.get("malformed-chunk")
        bare = ends is not None and ends.kind == "malformed-chunk"
        planned = connection.planned(request, response, chunk=bare)
        connection.server.answered(connection, request, response)
        whole = planned.sends_body and (planned.length != 0 or planned.chunked)
        if not whole and (ends is None or bare):
            connection.send_planned(response, planned)
            return
        out.write(planned.head if whole else planned.head[: len(planned.head) // 2])
        at_byte = (
            None if ends is None else ends.at_byte if ends.at_byte is not None else max((planned.length or 2) // 2, 0)
        )
        rate = met["trickle"].bytes_per_s if "trickle" in met else None
        try:
            async for piece in _paced(response.body if whole else (), at_byte, rate):
                out.write(chunk(piece) if planned.chunked else piece)
                await out.drain()
        except ConnectionResetError:
            return
        if ends is None:
            if planned.chunked:
                out.write(last_chunk(response.trailers))
            connection.ending = connection.ending or planned.close
            connection.finish()
            return
        if bare:
            out.write(b"no size\r\n\r\n")
        if ends.kind == "reset-body":
            await asyncio.sleep(_FLUSH_S)
            connection.abort()
        else:
            connection.close()


def _seconds(trouble: Trouble) -> float:
    assert trouble.seconds is not None, "the switchboard fills in what is missing"
    return trouble.seconds


def _failed(request: Request, trouble: Trouble, failure: Failure) -> Response:
    response = failure(request, trouble.status or 500, trouble.code or "")
    if trouble.kind == "throttled" and trouble.seconds:
        response.headers = [*response.headers, ("Retry-After", str(max(round(trouble.seconds), 1)))]
    return response


async def _pieces(body: Any) -> AsyncIterator[Piece]:
    if isinstance(body, AsyncIterator):
        async for piece in body:
            yield piece
    else:
        for piece in body:
            yield piece


async def _paced(
    body: Iterable[Piece] | AsyncIterator[Piece], end: int | None, rate: int | None
) -> AsyncIterator[Piece]:
    """The bytes of a body up to `end`, no faster than `rate` a second."""
    at = 0
    beat = max(rate // _BEATS_PER_S, 1) if rate else 0
    async for piece in _pieces(body):
        for part in slices([piece]):
            view = memoryview(part)
            if end is not None:
                view = view[: end - at]
            step = beat or len(view) or 1
            for start in range(0, len(view), step):
                part = view[start : start + step]
                if rate:
                    await asyncio.sleep(len(part) / rate)
                yield part
            at += len(view)
            if end is not None and at >= end:
                return
