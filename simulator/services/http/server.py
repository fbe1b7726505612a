"""Server: carries an `App` over any asyncio loop, on a simulated host or a real machine.

    server = HttpServer(app)
    await server.start("127.0.0.1", 0)
    print(server.port)
    ...
    await server.stop()

`serve` does this until the program is told to end. Requests and answers are told as `http.request` and
`http.response`, or in the family that the app names.
"""

import asyncio
import logging
import signal
import ssl
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final
from zlib import crc32

from simulator.services.http.answering import Answering
from simulator.services.http.connection import Connection
from simulator.services.http.limits import STANDARD, Limits
from simulator.services.http.message import REASONS, App, Request, Response
from simulator.services.http.parser import Refused
from simulator.services.http.troubles import HTTP_SURFACE
from simulator.services.trouble import Switchboard

_LOG: Final = logging.getLogger("simulator.services.http")
_SUMMED: Final = 1 << 20
"""Bodies up to this size are told with their checksum."""


class HttpServer:
    """An app on a listening socket."""

    def __init__(
        self,
        app: App,
        *,
        limits: Limits = STANDARD,
        troubles: Switchboard | None = None,
        tell: Callable[..., object] | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        name: str = "",
    ) -> None:
        self.app, self.limits, self.now_ns, self.name = app, limits, now_ns, name
        self.troubles = troubles if troubles is not None else Switchboard(HTTP_SURFACE, tell=tell)
        self.tell = tell
        family = getattr(app, "events", "http")
        self._heard, self._answered = f"{family}.request", f"{family}.response"
        self.sink: Callable[[Request], Callable[[bytes], object] | None] | None = getattr(app, "sink", None)
        self._failure: Callable[[Request | None, int, str], Response] = getattr(app, "failure", plain_failure)
        self.connections: dict[int, Connection] = {}
        self.requests = 0
        self._numbers = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._stopping = False
        self._empty: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        place = f"port {self.port}" if self._server is not None else "not started"
        return f"<HTTP server, {place}: {len(self.connections)} connections, {self.requests} requests so far>"

    async def start(
        self,
        host: str | None = None,
        port: int = 0,
        *,
        sock: Any = None,
        tls: ssl.SSLContext | None = None,
        backlog: int = 1024,
    ) -> None:
        """Listen, on a socket that is bound already or on a port of a host; port 0 takes a free one."""
        self.loop = asyncio.get_running_loop()
        place: dict[str, Any] = {"sock": sock} if sock is not None else {"host": host, "port": port}
        self._server = await self.loop.create_server(lambda: Connection(self), ssl=tls, backlog=backlog, **place)

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None, "the server was not started"
        return int(self._server.sockets[0].getsockname()[1]) if self._server.sockets else 0

    async def stop(self, *, grace_s: float = 10.0) -> None:
        """Listen no more, finish what is under way, and after `grace_s` cut the rest."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections.values()):
            connection.retire()
        if self.connections:
            self._empty = self.loop.create_future()
            timer = self.loop.call_later(grace_s, _settle, self._empty)
            await self._empty
            timer.cancel()
        for connection in list(self.connections.values()):
            connection.abort()
        await asyncio.sleep(0)  # for the loop to tell them
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)

    # --- what connections say and ask -----------------------------------------------------------------

    def admit(self, connection: Connection) -> bool:
        """Whether there is room for one connection more."""
        self._numbers += 1
        connection.number = self._numbers
        if len(self.connections) >= self.limits.connections_max:
            return False
        self.connections[connection.number] = connection
        if self._stopping:
            connection.retire()
        return True

    def forget(self, connection: Connection) -> None:
        self.connections.pop(connection.number, None)
        if self._empty is not None and not self.connections:
            _settle(self._empty)

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """A task that lives no longer than the server."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def failure(self, request: Request | None, status: int, code: str) -> Response:
        """An error in the words of the service."""
        try:
            return self._failure(request, status, code)
        except Exception as error:  # Of the service; the peer is owed an answer all the same.
            _LOG.error("the service could not word an error", exc_info=error)
            return plain_failure(request, status, code)

    def broken(self, request: Request, error: Exception) -> Response:
        """The answer when the service raised: it says nothing of the reason; the log does."""
        _LOG.error("%s %s failed", request.method, request.path, exc_info=error)
        return self.failure(request, 500, "InternalError")

    def heard(self, connection: Answering, request: Request) -> None:
        """The service is asked."""
        self.requests += 1
        if self.tell is not None:
            self.tell(
                self._heard,
                operation=request.operation,
                key=request.key,
                method=request.method,
                target=request.target,
                bytes=request.size,
                checksum=_checksum(request.body, request.size),
                conn=connection.peer,
            )

    def answered(self, connection: Answering, request: Request | None, response: Response) -> None:
        """The service answered."""
        if self.tell is None:
            return
        body = response.body
        size = response.length
        if isinstance(body, list | tuple):
            size = sum(map(len, body))
        self.tell(
            self._answered,
            operation=request.operation if request is not None else "",
            key=request.key if request is not None else "",
            status=response.status,
            bytes=size,
            checksum=_checksum(body, size) if isinstance(body, list | tuple) else "",
            conn=connection.peer,
        )

    def refusal(self, connection: Connection, refused: Refused) -> Response:
        """What a peer is told whose input cannot be right."""
        if self.tell is not None:
            self.tell("http.refused", status=refused.status, conn=connection.peer, why=str(refused))
        if self._failure is plain_failure:
            return plain_failure(refused.request, refused.status, refused.text)
        return self.failure(refused.request, refused.status, "")


def plain_failure(request: Request | None, status: int, code: str) -> Response:
    """An error in plain text."""
    text = f"{status} {REASONS.get(status, '')}".strip() + (f": {code}" if code else "") + "\n"
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], [text.encode()])


def _checksum(pieces: Any, size: int | None) -> str:
    if not size or size > _SUMMED or not pieces:
        return ""
    value = 0
    for piece in pieces:
        value = crc32(piece, value)
    return f"{value:08x}"


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


async def serve(
    app: App,
    host: str | None = None,
    port: int = 8080,
    *,
    ready: Callable[[HttpServer], object] | None = None,
    grace_s: float = 10.0,
    tls: ssl.SSLContext | None = None,
    **options: Any,
) -> None:
    """Serve until SIGTERM, SIGINT or cancellation, then finish what is under way.

    `ready` is called with the server once it listens; further options are those of `HttpServer`.
    """
    server = HttpServer(app, **options)
    await server.start(host, port, tls=tls)
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            server.loop.add_signal_handler(number, told_to_end.set)
        except (NotImplementedError, RuntimeError, ValueError):
            pass  # not in the main thread, or not on this system: then the task is cancelled
    try:
        if ready is not None:
            ready(server)
        await told_to_end.wait()
    finally:
        await server.stop(grace_s=grace_s)
