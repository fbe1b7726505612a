"""Whatever bytes a peer sends, cut anywhere and under any trouble, it gets HTTP back or a close, never a traceback."""

import asyncio
import logging
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.services.http.connection import Connection
from simulator.services.http.frames import frame
from simulator.services.http.kit import API_SURFACE, Api, Call, WebSocket
from simulator.services.http.limits import Limits
from simulator.services.http.server import HttpServer
from simulator.services.trouble import Trouble
from tests.support.http_raw import request

HANDSHAKE = request(
    "GET", "/talk", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip
GOOD = [
    request("GET", "/films/a%20b?x=1"),
    request("PUT", "/films/a", body=b'{"a": 1}'),
    request("PUT", "/films/a", "Transfer-Encoding: chunked") + b"3\r\n{}\n\r\n0\r\nX-T: 1\r\n\r\n",
    request("PUT", "/films/a", "Expect: 100-continue", body=b"[]"),
    request("GET", "/stream"),
    request("HEAD", "/stream"),
    request("OPTIONS", "/films/a"),
    b"GET /nowhere HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    HANDSHAKE + frame(1, b"hello", mask=b"abcd") + frame(9, b"ping", mask=b"abcd") + frame(8, b"", mask=b"abcd"),
]


def service() -> Api:
    api = Api(rng=random.Random(1))

    @api.put("/films/{name}")
    def put(call: Call) -> Any:
        call.state[call.path["name"]] = call.json()
        return 201

    @api.get("/films/{name}")
    async def get(call: Call) -> Any:
        await asyncio.sleep(0)
        return call.state.get(call.path["name"]) or 404

    @api.get("/stream")
    async def stream(call: Call) -> Any:
        async def pieces() -> Any:
            yield "one"
            yield "two"

        return pieces()

    @api.websocket("/talk")
    async def talk(call: Call, socket: WebSocket) -> None:
        async for message in socket:
            await socket.send(message)

    return api


class Wire(asyncio.Transport):
    """A peer that keeps what it is sent, and is slow to take it now and then."""

    def __init__(self, protocol: Connection, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.protocol, self.loop = protocol, loop
        self.sent = bytearray()
        self.closed = self.paused = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.closed:
            return
        self.sent += data
        if len(self.sent) % 7 == 0 and not self.paused:
            self.paused = True
            self.protocol.pause_writing()
            self.loop.call_soon(self._resume)

    def _resume(self) -> None:
        self.paused = False
        self.protocol.resume_writing()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.loop.call_soon(self.protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0


def played(pieces: list[bytes], troubles: list[Trouble], *, eof: bool) -> tuple[bytes, list[str]]:
    """What the server sent and logged."""
    logged: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())

    async def main() -> bytes:
        api = service()
        for trouble in troubles:
            api.trouble(trouble)
        told: list[Any] = []
        limits = Limits(target_bytes_max=200, head_bytes_max=800, body_bytes_max=300, linger_s=0.01)
        server = HttpServer(api, limits=limits, troubles=api.troubles, tell=lambda kind, **fields: told.append(fields))
        loop = server.loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: logged.append(str(context)))
        connection = Connection(server)
        wire = Wire(connection, loop)
        connection.connection_made(wire)
        for piece in pieces:
            if wire.closed:
                break
            connection.data_received(piece)
            await asyncio.sleep(0)
        if eof and not wire.closed and not connection.eof_received():
            wire.close()
        for _ in range(30):
            await asyncio.sleep(0)
        await server.stop(grace_s=0.001)
        assert not server.connections
        assert not server._tasks
        return bytes(wire.sent)

    handler = Listener()
    for name in ("simulator.services.http", "asyncio"):
        logging.getLogger(name).addHandler(handler)
    try:
        return asyncio.run(main()), logged
    finally:
        for name in ("simulator.services.http", "asyncio"):
            logging.getLogger(name).removeHandler(handler)


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    stream = b"".join(draw(st.lists(st.sampled_from(GOOD), min_size=1, max_size=4)))
    for _ in range(draw(st.integers(0, 3))):
        at, drop = draw(st.integers(0, len(stream))), draw(st.integers(0, 4))
        put = draw(st.binary(max_size=4) | st.sampled_from([b"\r\n", b"\n", b"\0", b":", b" ", b"0", b"\r\n\r\n"]))
        stream = stream[:at] + put + stream[at + drop :]
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


troubles = st.builds(
    lambda kind, skip: Trouble(kind=kind, skip=skip, seconds=0.0 if "seconds" in API_SURFACE[kind].defaults else None),
    st.sampled_from(sorted(API_SURFACE)),
    st.integers(0, 1),
)


@given(streams(), st.lists(troubles, max_size=2), st.booleans())
def test_any_input_gets_http_or_a_close(pieces: list[bytes], troubles: list[Trouble], eof: bool) -> None:
    sent, logged = played(pieces, troubles, eof=eof)

    assert not sent or re.match(rb"HTTP/1\.[1x]|HTTP/?1?\.?$|H", sent)
    assert b"Traceback" not in sent
    assert logged == []


@pytest.mark.parametrize("good", GOOD)
def test_undamaged_input_is_answered(good: bytes) -> None:
    sent, logged = played([good], [], eof=False)

    assert re.match(rb"HTTP/1\.1 (200|201|204|404|101) ", sent)
    assert logged == []
