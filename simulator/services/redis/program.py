"""Program: a Redis server as an asyncio program, on a simulated host or on a real one.

    await serve_redis(Settings(port=6379))
"""

import asyncio
import os
import random
import time
from collections.abc import Callable

from simulator.services.redis import registry
from simulator.services.redis.connection import Connection, flush
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
        registry.load()
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
        self._listener = await self._loop.create_server(
            lambda: Connection(self.server), self.settings.host, self.settings.port, backlog=511, reuse_address=True
        )

    async def stop(self) -> None:
        """Listen no more, and hang up on everybody."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for session in list(self.server.sessions.values()):
            self.server.hang_up(session)
        flush(self.server)

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
    """Serve until SHUTDOWN or cancellation; `ready` is called once it listens."""
    redis = Redis(settings, now_ns=now_ns, rng=rng, tell=tell)
    await redis.start()
    if ready is not None:
        ready(redis)
    try:
        await redis.stopped
    finally:
        await redis.stop()
