"""Connection: one client's socket, between asyncio and the server.

What arrives in one piece is answered in one piece. A client that does not read is not read from either, once more
than a little waits for it, and is cut off where client-output-buffer-limit says so.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

HIGH_WATER_BYTES: Final = 1 << 20


class Connection(asyncio.Protocol):
    """The protocol of one connection."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.session: Session | None = None
        self._transport: asyncio.Transport | None = None

    def __repr__(self) -> str:
        return f"<connection of {self.session}>"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        session = self._server.connect(
            transport, address=_address(transport, "peername"), local=_address(transport, "sockname")
        )
        if session is None:
            transport.close()
            return
        self.session = session

    def data_received(self, data: bytes) -> None:
        session, server = self.session, self._server
        if session is None:
            return
        server.receive(session, data)
        flush(server)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self.session is not None:
            self._server.forget(self.session)
            self._server.go_on()
            flush(self._server)

    def pause_writing(self) -> None:
        if self._transport is not None and self.session is not None and self.session.kind == "normal":
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        if self.session is not None and self.session.choked:
            self._server.unchoke(self.session)
            flush(self._server)


def flush(server: "Server") -> None:
    """Send what sessions have to say."""
    spoken = server.spoken
    while spoken:
        session, _ = spoken.popitem()
        _send(server, session)


def _send(server: "Server", session: "Session") -> None:
    wire, out = session.wire, session.out
    if wire is None or session.closed:
        out.clear()
        return
    if out and not session.silent:
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        session.out_bytes = 0
        server.statistics.output_bytes += len(data)
        server.statistics.writes += 1
        wire.write(data)
        waiting = wire.get_write_buffer_size()
        if session.choked and waiting <= HIGH_WATER_BYTES:
            server.later(0, server.unchoke, session)
        if waiting and server.upkeep.check_output(session, waiting):
            server.statistics.output_buffer_closed += 1
            server.forget(session)
            wire.abort()
            return
    elif session.silent:
        out.clear()
    if session.closing:
        server.forget(session)
        wire.close()


def _address(transport: asyncio.BaseTransport, which: str) -> str:
    found: Any = transport.get_extra_info(which)
    if isinstance(found, tuple) and len(found) >= 2:
        return f"[{found[0]}]:{found[1]}" if ":" in found[0] else f"{found[0]}:{found[1]}"
    return str(found or "?:0")
