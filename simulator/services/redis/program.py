"""Program: a Redis server as an asyncio program, on a simulated host or on a real one.

await serve_redis(Settings(port=6379))
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable

from simulator.services.redis import commands
from simulator.services.redis.connection import Connection, flush
from simulator.services.redis.follower import Follower
from simulator.services.redis.server import Server
from simulator.services.redis.settings import Settings


class Redis:
    """A server with its sockets: `await redis.start()`, `await redis.stop()`."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        rng: random.Random | None = None,
        tell: Callable[..., object] | None = None,
    ) -> None:
        commands.load()
        self._loop = asyncio.get_running_loop()
        self.server = Server(
            settings,
            now_ns=now_ns,
            later=self._later,
            rng=rng or random.Random(os.urandom(32)),
            tell=tell,
        )
        self.settings = self.server.settings
        self._listener: asyncio.Server | None = None
        self.stopped = self._loop.create_future()
        self.server.ended = self._ended
        self.server.failed = self._failed
        self.server.away = self._away
        self.server.gave_up = self._gave_up
        self.server.replication.follow = self._follow

    def __repr__(self) -> str:
        return f"<redis on port {self.port}: {len(self.server.sessions)} clients, {len(self.server.keyspace)} keys>"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        if self._listener is None or not self._listener.sockets:
            return self.settings.port
        return int(self._listener.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Load what was kept, and listen."""
        self.server.persistence.start()
        await self._listen(self.settings.port)
        self.server.port = self.port
        self.server.config.start_with("port", str(self.port))
        if self.settings.replica_of is not None:
            self.server.replication.become_replica(*self.settings.replica_of)

    async def _listen(self, port: int) -> None:
        backlog = self.server.config["tcp-backlog"]
        self._listener = await self._loop.create_server(
            lambda: Connection(self.server), self.settings.host, port, backlog=backlog, reuse_address=True
        )

    async def stop(self) -> None:
        """Listen no more, keep what is to be kept, and hang up on everybody."""
        if self.server.replication.follower is not None:
            self.server.replication.follower.stop()
        if not self.server.closing:
            self.server.persistence.end(None)
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for session in list(self.server.sessions.values()):
            self.server.hang_up(session)
        flush(self.server)

    # ---------------------------------------------------------------- what the server asks for

    def _failed(self, error: Exception) -> None:
        self._loop.call_exception_handler({"message": "a Redis command failed", "exception": error})

    def _ended(self) -> None:
        if not self.stopped.done():
            self.stopped.set_result(None)

    def _gave_up(self, error: OSError) -> None:
        if self._listener is not None:
            self._listener.close()
        if not self.stopped.done():
            self.stopped.set_exception(error)

    def _away(self, seconds: float) -> None:
        """Take no connections for a while."""
        if self._listener is not None and seconds > 0:
            port = self.port
            self._listener.close()
            self._listener = None
            self._loop.call_later(seconds, self._back, port)

    def _back(self, port: int) -> None:
        self._coming = self._loop.create_task(self._listen(port))

    def _follow(self, host: str, port: int) -> Follower:
        return Follower(self.server, host, port, flush=lambda: flush(self.server))

    def _later(self, seconds: float, callback: Callable[..., object], *args: object) -> asyncio.TimerHandle:
        def run() -> None:
            callback(*args)
            flush(self.server)

        return self._loop.call_later(seconds, run)


async def serve_redis(
    settings: Settings | None = None,
    *,
    now_ns: Callable[[], int] = time.time_ns,
    rng: random.Random | None = None,
    tell: Callable[..., object] | None = None,
    ready: Callable[[Redis], object] | None = None,
) -> None:
    """Serve until SHUTDOWN, SIGTERM, SIGINT or cancellation; `ready` is called once it listens."""
    redis = Redis(settings, now_ns=now_ns, rng=rng, tell=tell)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, redis.server.shut_down, None)
    await redis.start()
    if ready is not None:
        ready(redis)
    try:
        await redis.stopped
    finally:
        await redis.stop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
