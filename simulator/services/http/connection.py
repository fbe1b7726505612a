"""Connection: one peer of an HTTP server; requests are answered one after the other, in the order of their coming.

    idle --bytes--> head --> body --> busy (answering, sending) --> idle
      any of them, on input that cannot be right --> over (say so, read and drop for a while) --> closed

While it is busy, what the peer sends waits in the parser, and beyond `read_ahead_bytes_max` in the peer.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from simulator.services.http.answering import Answering
from simulator.services.http.deadline import Deadline
from simulator.services.http.message import Request, Response
from simulator.services.http.outlet import Outlet
from simulator.services.http.parser import Parser, Refused
from simulator.services.http.troubles import HTTP_SURFACE, Met
from simulator.services.http.upgrade import Upgrade
from simulator.services.http.writer import CONTINUE, Plan

if TYPE_CHECKING:
    from simulator.services.http.server import HttpServer

_AT_ONCE: Final = 64
"""So many pipelined requests are answered before others get their turn."""


class Connection(Answering):
    """The protocol of one connection."""

    def __init__(self, server: "HttpServer") -> None:
        super().__init__(server)
        self.number = 0
        self._parser = Parser(server.limits)
        self._request: Request | None = None
        """The request whose body is being read."""
        self._verdict: Response | None = None
        """What it will be answered without asking the service, once it was read to its end."""
        self._met: Met | None = None
        self._advancing = self._eof = self._held = False
        self._began_s: float | None = None
        """When the first part of an unfinished head or body came."""
        self._dropped = 0
        self._unsent = 0

    def __repr__(self) -> str:
        return f"<connection {self.number} from {self.peer}: {self.state}>"

    @property
    def state(self) -> str:
        """What it does, in a word."""
        if self.over:
            return "over"
        if self.upgraded is not None:
            return "websocket"
        if self.busy:
            return "busy"
        return "body" if self._request is not None else "head" if self._parser.waiting else "idle"

    # --- what the transport says ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        loop = self.server.loop
        self.transport = transport
        self.out = Outlet(transport, loop)
        self.deadline = Deadline(loop, self._too_late)
        peer = transport.get_extra_info("peername")
        self.peer = self._parser.peer = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else str(peer or "")
        if self.server.admit(self):
            self.deadline.after(self.limits.idle_s)
        else:
            full = f"more than {self.limits.connections_max} connections (connections_max)"
            self.refuse(Refused(503, full), linger=False)

    def data_received(self, data: bytes) -> None:
        if self.over:
            self._dropped += len(data)
            if self._dropped > self.limits.linger_bytes_max:
                self.transport.abort()
        elif self.upgraded is not None:
            self.upgraded.received(data)
        else:
            self._parser.feed(data)
            if not self.busy:
                self._advance()
            elif self._parser.waiting > self.limits.read_ahead_bytes_max and not self._held:
                self._held = True
                self.transport.pause_reading()

    def eof_received(self) -> bool:
        """A peer that sends no more may still wait for its answer, but not for the end of an endless one."""
        self._eof = True
        if self.upgraded is not None:
            self.upgraded.ended()
        waits = self.busy and self._streaming is None and self._gone is None
        self._left()
        return waits and self.transport.can_write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self.over = True
        self.out.close()
        self.deadline.close()
        self._left()
        if self.upgraded is not None:
            self.upgraded.lost()
        self.server.forget(self)

    def pause_writing(self) -> None:
        self.out.pause()
        self._unsent = self.transport.get_write_buffer_size()
        self.deadline.after(self.limits.write_stall_s)

    def resume_writing(self) -> None:
        self.deadline.clear()
        self.out.resume()
        if self._parked is not None and not self.out.paused:
            linger, self._parked = self._parked, None
            self.finish(linger=linger)

    def _too_late(self) -> None:
        """A deadline passed; which one follows from the state."""
        state = self.state
        if self.out.paused or self.transport.is_closing():
            unsent = self.transport.get_write_buffer_size()
            if 0 < unsent < self._unsent:
                self.deadline.after(self.limits.write_stall_s)
            else:
                self.abort()
            self._unsent = unsent
        elif state == "head":
            self.refuse(Refused(408, "the head took too long (head_s)"))
        elif state == "body":
            self.refuse(Refused(408, "the body came too slowly (body_stall_s, body_bytes_per_s_min)", self._request))
        elif state in {"idle", "over", "websocket"}:
            self.close()

    # --- reading ----------------------------------------------------------------------------------------

    def next(self) -> None:
        if self._held:
            self._held = False
            self.transport.resume_reading()
        self._advance()

    def _advance(self) -> None:
        """Read and answer what is here, until something has to be waited for."""
        if self._advancing:
            return
        self._advancing = True
        try:
            for _ in range(_AT_ONCE):
                if self.busy or self.over or not self._one():
                    return
            self.server.loop.call_soon(self._advance)
        except Refused as refused:
            self.refuse(refused)
        finally:
            self._advancing = False

    def _one(self) -> bool:
        """Read one request and begin to answer it; false when the rest of it is still to come."""
        parser, request = self._parser, self._request
        if request is None:
            request = parser.head()
            if request is None:
                self._await_head()
                return False
            self._request = request
            self._begin(request)
            if self.over or self.busy:
                return False
        whole = parser.body()
        if self._met is not None and self._met.resets_at(request, whole=whole):
            self.abort()
            return False
        if not whole:
            self._await_body(request)
            return False
        self._request = None
        self._complete(request)
        return True

    def _await_head(self) -> None:
        if self._eof:
            self.close()
        elif not self._parser.waiting:
            self.deadline.after(self.limits.idle_s)
        elif self._began_s is None:
            self._began_s = self.server.loop.time()
            self.deadline.after(self.limits.head_s)

    def _await_body(self, request: Request) -> None:
        limits, now_s = self.limits, self.server.loop.time()
        if self._eof:
            self.close()
        elif self._verdict is not None and request.size > limits.drain_bytes_max:
            self._refuse_early(request, self._verdict)
        else:
            if self._began_s is None:
                self._began_s = now_s
            slowest_s = self._began_s + limits.body_stall_s + request.size / limits.body_bytes_per_s_min
            self.deadline.at(min(now_s + limits.body_stall_s, slowest_s))

    def _begin(self, request: Request) -> None:
        """The head is here: whom it concerns, which troubles it meets, and whether it is refused at once."""
        server = self.server
        self._began_s = None
        request.received_ns = server.now_ns()
        self._verdict = self._met = None
        try:
            request.operation, request.key = self.app.operation(request)
            troubles = server.troubles.meet(request.operation, request.key)
            if troubles:
                self._met = met = Met.of(troubles)
                request.troubles = tuple(trouble for trouble in troubles if trouble.kind not in HTTP_SURFACE)
                if met is not None and met.resets_first:
                    self.abort()
                    return
                self._verdict = None if met is None else met.refusal(request, server.failure)
            if self._verdict is None:
                self._verdict = self.app.early(request)
            if self._verdict is None and server.sink is not None:
                self._parser.sink = server.sink(request)
        except Exception as error:  # Of the service, which is asked here whether it wants the body.
            self._verdict = server.broken(request, error)
        if "expect" in request.index or self._verdict is not None:
            self._meet_expectation(request)

    def _meet_expectation(self, request: Request) -> None:
        """Say that the body may come; or refuse it, and read it to its end only if it comes anyway and is small."""
        verdict = self._verdict
        asks = "expect" in request.index and request.version == "1.1"
        if asks and request.index["expect"].lower() != "100-continue":
            raise Refused(417, "an expectation other than 100-continue", request)
        # A body of no bytes is asked for as well: an answer instead, botocore takes for that to the next request.
        bodiless = request.length is None and not request.chunked
        if verdict is None:
            if asks and not bodiless and not self._parser.waiting:
                self.out.write(CONTINUE)
        elif (asks and not bodiless) or (request.length or 0) > self.limits.drain_bytes_max:
            self._refuse_early(request, verdict)
        else:
            self._parser.sink = len  # to nowhere

    def _refuse_early(self, request: Request, verdict: Response) -> None:
        """Answer without the body: the peer may send it or not, so nothing after it can be read."""
        self.ending = self.busy = True
        self.server.heard(self, request)
        self.send(request, verdict, linger=True)

    def _complete(self, request: Request) -> None:
        """The request is whole."""
        self.deadline.clear()
        self._began_s = None
        self.busy = True
        verdict = self._verdict
        if self._met is not None and self._met.carries:
            self.server.spawn(self._met.carry(self, request, verdict))
        elif verdict is not None:
            self.server.heard(self, request)
            self.send(request, verdict)
        else:
            result = self.apply(request)
            if isinstance(result, Response):
                self.send(request, result)
            else:
                self.server.spawn(self.answer_later(request, result))

    # --- ending -----------------------------------------------------------------------------------------

    def refuse(self, refused: Refused, *, linger: bool = True) -> None:
        """Say what is wrong with the input, and end."""
        self.busy = self.ending = True
        response = self.server.refusal(self, refused)
        self.send_planned(response, self.planned(refused.request, response), linger=linger)

    def retire(self) -> None:
        """The server stops: finish what is under way, begin nothing more."""
        self.ending = True
        if self.upgraded is not None:
            self.upgraded.retire()
        elif self.state in {"idle", "head"}:
            self.close()

    def _upgrade(self, response: Upgrade, planned: Plan) -> None:
        self.out.write(planned.head)
        self.deadline.clear()
        self.upgraded = response.take_over(self)
        rest = self._parser.rest()
        if rest:
            self.upgraded.received(rest)
