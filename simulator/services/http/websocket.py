"""WebSocket: an endpoint's side of a websocket, as a program uses it.

    async for message in socket:            # str or bytes, until the peer goes
        await socket.send("you said " + message)

A peer that closes or goes ends the loop; `close_code` and `close_reason` say how (1006: without a good-bye). `send`
waits while the peer does not read, `push` does not. `drop`, `reset` and `cut` end it as a bad network would.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from simulator.services.http.frames import (
    ABNORMAL,
    BINARY,
    CLOSE,
    GOING_AWAY,
    INTERNAL_ERROR,
    NO_STATUS,
    NORMAL,
    PING,
    PONG,
    TEXT,
    Broken,
    Frames,
    Message,
    accept,
    close_frame,
    frame,
)
from simulator.services.http.message import Request, Response
from simulator.services.http.upgrade import Upgrade
from simulator.services.trouble import Surface, Switchboard, kind_of_trouble, surface

if TYPE_CHECKING:
    from simulator.services.http.connection import Connection

_LOG: Final = logging.getLogger("simulator.services.http")
_QUEUED_MAX: Final = 64
"""So many messages wait for the service; then the peer is read no further."""
_CLOSE_S: Final = 5.0
"""How long the peer has to answer a close."""

SOCKET_SURFACE: Final[Surface] = surface(
    kind_of_trouble("message-lost", "A message of a websocket is lost.", layer="websocket"),
    kind_of_trouble("message-twice", "A message of a websocket comes twice.", layer="websocket"),
    kind_of_trouble(
        "message-late", "A message of a websocket waits, and so do those behind it.", layer="websocket", seconds=5.0
    ),
    kind_of_trouble("socket-dropped", "The connection closes without a good-bye, instead.", layer="websocket"),
    kind_of_trouble("socket-cut", "The connection closes within the message.", layer="websocket"),
    kind_of_trouble("socket-reset", "The connection is reset, instead.", layer="websocket"),
)
"""What the messages of websockets meet, under the operations `SEND /path` (to the client) and `RECEIVE /path`."""


class WebSocket:
    """One open websocket."""

    def __init__(self, connection: "Connection", request: Request, *, name: str, message_bytes_max: int) -> None:
        self.request, self.name = request, name
        self.close_code, self.close_reason = 0, ""
        self._connection = connection
        self._troubles: Switchboard = connection.server.troubles
        self._frames = Frames(message_bytes_max=message_bytes_max)
        self._messages: deque[str | bytes] = deque()
        self._here: asyncio.Future[None] | None = None
        self._sending, self._receiving = asyncio.Lock(), asyncio.Lock()
        self._held = self._said_goodbye = False

    def __repr__(self) -> str:
        state = f"closed ({self.close_code})" if self.closed else "open"
        return f"<websocket {self.name} with {self._connection.peer}: {state}>"

    @property
    def closed(self) -> bool:
        return bool(self.close_code)

    # --- receiving --------------------------------------------------------------------------------------

    async def receive(self) -> str | bytes | None:
        """The next message; None once the peer is gone."""
        while not self._messages:
            if self.closed:
                return None
            self._here = self._connection.server.loop.create_future()
            await self._here
        message = self._messages.popleft()
        if self._held and len(self._messages) < _QUEUED_MAX // 2:
            self._held = False
            self._connection.transport.resume_reading()
        return message

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while (message := await self.receive()) is not None:
            yield message

    async def receive_json(self) -> Any:
        """The next message, read as JSON; None once the peer is gone."""
        message = await self.receive()
        return None if message is None else msgspec.json.decode(message)

    # --- sending ----------------------------------------------------------------------------------------

    async def send(self, message: str | bytes) -> None:
        """Send a message; wait while the peer does not read. `ConnectionResetError` when it is gone."""
        async with self._sending:
            if self.closed:
                raise ConnectionResetError(f"the websocket is closed ({self.close_code})")
            for _ in range(await self._meet("SEND", message)):
                self.push(message)
            await self._connection.out.drain()

    async def send_json(self, value: Any) -> None:
        await self.send(msgspec.json.encode(value).decode())

    def push(self, message: str | bytes) -> None:
        """Send a message without waiting, and without meeting trouble; nothing happens when the peer is gone."""
        if not self.closed and not self._said_goodbye:
            self._connection.out.write(_framed(message))

    def ping(self, data: bytes = b"") -> None:
        if not self.closed:
            self._connection.out.write(frame(PING, data))

    # --- ending -----------------------------------------------------------------------------------------

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say good-bye and wait, not for long, until the peer did so too."""
        self._goodbye(code, reason)
        if self._held:
            self._held = False
            self._connection.transport.resume_reading()
        try:
            async with asyncio.timeout(_CLOSE_S):
                while not self.closed:
                    self._messages.clear()
                    self._here = self._connection.server.loop.create_future()
                    await self._here
        except TimeoutError:
            self._end(ABNORMAL)
        self._connection.close()

    def _goodbye(self, code: int, reason: str) -> None:
        if not self.closed and not self._said_goodbye:
            self._said_goodbye = True
            self._connection.out.write(close_frame(code, reason))

    def drop(self) -> None:
        """Close the connection without a good-bye."""
        self._end(ABNORMAL)
        self._connection.close()

    def reset(self) -> None:
        """Reset the connection."""
        self._end(ABNORMAL)
        self._connection.abort()

    def cut(self, message: str | bytes) -> None:
        """Send the first half of a message's frame, then close the connection."""
        sent = _framed(message)
        self._connection.out.write(sent[: max(len(sent) // 2, 1)])
        self.drop()

    def _end(self, code: int, reason: str = "") -> None:
        if not self.close_code:
            self.close_code, self.close_reason = code, reason
        self._wake()

    def _wake(self) -> None:
        if self._here is not None and not self._here.done():
            self._here.set_result(None)

    # --- trouble ----------------------------------------------------------------------------------------

    async def _meet(self, what: str, message: str | bytes) -> int:
        """Let a message meet its troubles; how often it is then to be handed on."""
        times = 1
        for trouble in self._troubles.meet(f"{what} {self.name}", self.request.path):
            if trouble.kind == "message-lost":
                times = 0
            elif trouble.kind == "message-twice":
                times *= 2
            elif trouble.kind == "message-late":
                await asyncio.sleep(trouble.seconds or 0)
            elif trouble.kind in {"socket-dropped", "socket-cut", "socket-reset"}:
                if trouble.kind == "socket-cut":
                    self.cut(message)
                elif trouble.kind == "socket-reset":
                    self.reset()
                else:
                    self.drop()
                raise ConnectionResetError(f"{trouble.kind} struck the websocket")
        return times

    # --- what the connection hands over -----------------------------------------------------------------

    def received(self, data: bytes) -> None:
        try:
            for message in self._frames.read(data):
                self._take(message)
        except Broken as broken:
            self._goodbye(broken.code, str(broken))
            self._end(broken.code, str(broken))
            self._connection.end(linger=True)

    def _take(self, message: Message) -> None:
        connection = self._connection
        if message.kind == PING:
            assert isinstance(message.data, bytes)
            if not self._said_goodbye:
                connection.out.write(frame(PONG, message.data))
        elif message.kind == CLOSE:
            self._goodbye(NORMAL if message.code == NO_STATUS else message.code, "")
            self._end(message.code, str(message.data))
            connection.close()
        elif message.kind in {TEXT, BINARY} and not self._said_goodbye:
            if self._receiving.locked() or not self._troubles.quiet:
                connection.server.spawn(self._take_later(message.data))
            else:
                self._queue(message.data)

    async def _take_later(self, data: str | bytes) -> None:
        async with self._receiving:
            if self.closed:
                return
            try:
                for _ in range(await self._meet("RECEIVE", data)):
                    self._queue(data)
            except ConnectionResetError:
                return

    def _queue(self, data: str | bytes) -> None:
        self._messages.append(data)
        if len(self._messages) > _QUEUED_MAX and not self._held:
            self._held = True
            self._connection.transport.pause_reading()
        self._wake()

    def ended(self) -> None:
        self._end(ABNORMAL)
        self._connection.close()

    def lost(self) -> None:
        self._end(ABNORMAL)

    def retire(self) -> None:
        self._goodbye(GOING_AWAY, "the server stops")
        self._connection.deadline.after(_CLOSE_S)


def _framed(message: str | bytes) -> bytes:
    return frame(TEXT, message.encode()) if isinstance(message, str) else frame(BINARY, bytes(message))


Endpoint = Callable[[WebSocket], Awaitable[object]]


def upgrade(request: Request, endpoint: Endpoint, *, name: str, message_bytes_max: int = 1 << 20) -> Response:
    """Answer a handshake: a 101 after which `endpoint` has the websocket, or why there is none."""
    words = {word.strip().lower() for word in (request.get("connection") or "").split(",")}
    if (request.get("upgrade") or "").lower() != "websocket" or "upgrade" not in words or request.method != "GET":
        return Response(426, [("Upgrade", "websocket"), ("Connection", "Upgrade")], [b"a websocket is expected\n"])
    if request.get("sec-websocket-version") != "13":
        return Response(426, [("Sec-WebSocket-Version", "13")], [b"only version 13 is spoken here\n"])
    key = accept(request.get("sec-websocket-key") or "")
    if key is None:
        return Response(400, body=[b"Sec-WebSocket-Key is no key\n"])

    def take_over(connection: "Connection") -> WebSocket:
        socket = WebSocket(connection, request, name=name, message_bytes_max=message_bytes_max)
        connection.server.spawn(_attend(socket, endpoint))
        return socket

    return Upgrade([("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", key)], take_over)


async def _attend(socket: WebSocket, endpoint: Endpoint) -> None:
    """Run an endpoint; when it returns, the websocket is closed."""
    code = NORMAL
    try:
        await endpoint(socket)
    except ConnectionResetError:
        pass  # the peer left while it was sent something
    except Exception as error:  # Of the service; it ends this websocket, and no other.
        _LOG.error("websocket %s failed", socket.name, exc_info=error)
        code = INTERNAL_ERROR
    await socket.close(code)
