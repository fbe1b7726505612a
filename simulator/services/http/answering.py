"""Answering: the half of a connection that asks the service and sends what it says."""

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any, Final

from simulator.services.http.deadline import Deadline
from simulator.services.http.message import Request, Response
from simulator.services.http.outlet import Outlet, exactly
from simulator.services.http.upgrade import Upgrade, Upgraded
from simulator.services.http.writer import Plan, chunk, last_chunk, plan

if TYPE_CHECKING:
    from simulator.services.http.server import HttpServer

_LOG: Final = logging.getLogger("simulator.services.http")
_NOW: Final = struct.pack("ii", 1, 0)
"""SO_LINGER, no time: what was not sent is dropped and the close is a reset."""
_JOINED: Final = 64 << 10
"""Up to this size, head and body go out in one write."""


class Answering(asyncio.Protocol):
    """What `Connection` needs to answer a request; one answer at a time."""

    transport: asyncio.Transport
    out: Outlet
    deadline: Deadline

    def __init__(self, server: "HttpServer") -> None:
        self.server, self.app, self.limits = server, server.app, server.limits
        self.peer = ""
        self.busy = False
        """A request is being answered."""
        self.ending = False
        """No request is answered after the one under way."""
        self.over = False
        """Whatever comes is dropped."""
        self.upgraded: Upgraded | None = None
        self._streaming: asyncio.Task[None] | None = None
        self._gone: asyncio.Future[None] | None = None
        self._parked: bool | None = None
        """What is left to do once the peer took what is written: to finish, lingering or not."""

    # --- asking the service -----------------------------------------------------------------------------

    # Whatever a service raises becomes a 500 in its words, and is logged by the server (`broken`): one
    # request that goes wrong must not take the connections of the others with it.

    def apply(self, request: Request) -> Response | Awaitable[Response]:
        """Let the service answer."""
        self.server.heard(self, request)
        try:
            return self.app.answer(request)
        except Exception as error:
            return self.server.broken(request, error)

    async def applied(self, request: Request) -> Response:
        """The service's answer, waited for."""
        result = self.apply(request)
        if isinstance(result, Response):
            return result
        try:
            return await result
        except Exception as error:
            return self.server.broken(request, error)

    async def answer_later(self, request: Request, result: Awaitable[Response]) -> None:
        """Send an answer that takes its time."""
        try:
            response = await result
        except Exception as error:
            response = self.server.broken(request, error)
        self.send(request, response)

    # --- sending ----------------------------------------------------------------------------------------

    def planned(self, request: Request | None, response: Response, *, chunk: bool = False) -> Plan:
        """How a response goes out."""
        server = self.server
        close = request is None or not request.keep_alive or self.ending
        return plan(response, request, close=close, now_s=server.now_ns() // 10**9, server=server.name, chunk=chunk)

    def send(self, request: Request | None, response: Response, *, linger: bool = False) -> None:
        """Send a response; afterwards the connection is idle again, or ends."""
        try:
            planned = self.planned(request, response)
        except Exception as error:  # The service's headers cannot be sent.
            assert request is not None, "our own refusals can be sent"
            response = self.server.broken(request, error)
            planned = self.planned(request, response)
        self.server.answered(self, request, response)
        self.send_planned(response, planned, linger=linger)

    def send_planned(self, response: Response, planned: Plan, *, linger: bool = False) -> None:
        """Send a response as planned."""
        if isinstance(response, Upgrade):
            self._upgrade(response, planned)
            return
        body, length = response.body, planned.length
        if planned.close:
            self.ending = True
        if not planned.sends_body:
            self.out.write(planned.head)
        elif isinstance(body, list | tuple) and length is not None and length <= _JOINED and not planned.chunked:
            self.out.write(b"".join((planned.head, *body)))
        elif isinstance(body, AsyncIterator):
            self._streaming = self.server.spawn(self._stream(planned, body, response))
            return
        else:
            self.out.write(planned.head)
            self._pump(planned, response, linger)
            return
        self.finish(linger=linger)

    def _pump(self, planned: Plan, response: Response, linger: bool) -> None:
        body: Any = response.body

        def done(error: BaseException | None) -> None:
            if error is not None:
                self._broke_off(error)
                return
            if planned.chunked:
                self.out.write(last_chunk(response.trailers))
            self.finish(linger=linger)

        if planned.chunked:
            self.out.pump((chunk(piece) for piece in body), done)
        else:
            self.out.pump(body if planned.length is None else exactly(body, planned.length), done)

    async def _stream(self, planned: Plan, body: AsyncIterator[Any], response: Response) -> None:
        left = planned.length or 0
        try:
            self.out.write(planned.head)
            async for piece in body:
                left -= len(piece)
                if planned.length is not None and left < 0:
                    raise ValueError(f"a body of {planned.length} bytes was promised, and there are more")
                self.out.write(chunk(piece) if planned.chunked else piece)
                await self.out.drain()
            if planned.length is not None and left:
                raise ValueError(f"a body of {planned.length} bytes was promised, and {left} are missing")
        except (asyncio.CancelledError, ConnectionResetError):
            self.close()
        except Exception as error:  # A fault in drawing the body: told, and the answer ends where it stands.
            self._broke_off(error)
        else:
            if planned.chunked:
                self.out.write(last_chunk(response.trailers))
            self._streaming = None
            self.finish()
        finally:
            self._streaming = None
            if hasattr(body, "aclose"):
                await body.aclose()

    def _broke_off(self, error: BaseException) -> None:
        _LOG.error("the body of an answer broke off", exc_info=error)
        self.abort()

    # --- afterwards -------------------------------------------------------------------------------------

    def finish(self, *, linger: bool = False) -> None:
        """The answer is written: go on with the next request, or end."""
        if self.out.lost:
            return
        if self.ending:
            self.end(linger=linger)
        elif self.out.paused:
            self._parked = linger  # or a peer that asks but never reads would fill our memory
        else:
            self.busy = False
            self.next()

    def next(self) -> None:
        """Read the next request; what `Connection` does."""
        raise NotImplementedError

    def end(self, *, linger: bool = False) -> None:
        """Close once everything is sent; `linger` when the peer may still be sending."""
        if linger and not self.out.lost:
            # Closing with input unread makes a reset that may overtake the answer; so read it, for a while.
            self.over = True
            self.deadline.after(self.limits.linger_s)
            if self.transport.can_write_eof():
                self.transport.write_eof()
        else:
            self.close()

    def close(self) -> None:
        """Close once everything is sent; a peer that takes nothing is not waited for long."""
        self.over = True
        if not self.out.lost:
            self.deadline.after(self.limits.write_stall_s)
            self.transport.close()

    def abort(self) -> None:
        """End with a reset: the peer sees ECONNRESET."""
        self.over = True
        sock = self.transport.get_extra_info("socket")
        if sock is not None and not self.out.lost:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW)
        self.transport.abort()

    async def silence(self, seconds: float) -> None:
        """Say nothing until the peer goes or the time is over, then close."""
        if not self.out.lost:
            loop = self.server.loop
            self._gone = loop.create_future()
            timer = loop.call_later(seconds, _settle, self._gone)
            await self._gone
            timer.cancel()
        self.close()

    def _left(self) -> None:
        """The peer is gone, or sends no more."""
        if self._streaming is not None:
            self._streaming.cancel()
        if self._gone is not None:
            _settle(self._gone)

    def _upgrade(self, response: Upgrade, planned: Plan) -> None:
        raise NotImplementedError


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
