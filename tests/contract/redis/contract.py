"""Contract: what a story of a Redis client is, and how it is told to a server.

A story uses unmodified redis.asyncio (or a plain socket) and asserts what a Redis answers. The same stories are told
to a real redis-server, to ours over sockets, and to ours in simulation.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

PATIENCE_S: Final = 10
PROTOCOLS: Final = (2, 3)


@dataclass
class Server:
    """Where the server is, and the clients of one story."""

    host: str
    port: int
    protocol: int
    stack: AsyncExitStack

    async def client(self, **options: Any) -> Any:
        """Another client with connections of its own; it is closed when the story ends."""
        defaults: dict[str, Any] = {
            "decode_responses": True, "protocol": self.protocol, "socket_timeout": PATIENCE_S,
            "retry": Retry(NoBackoff(), 0),
        }  # fmt: skip
        made = aioredis.Redis(host=self.host, port=self.port, **(defaults | options))
        return await self.stack.enter_async_context(made)

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A plain connection."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        self.stack.callback(writer.close)
        return reader, writer


Story = Callable[[Server], Awaitable[None]]


async def tell(story: Story, *, host: str, port: int, protocol: int) -> None:
    """Tell a story to a server that holds nothing yet."""
    async with AsyncExitStack() as stack:
        server = Server(host, port, protocol, stack)
        first = await server.client()
        await first.flushall()
        await first.config_set("notify-keyspace-events", "")
        async with asyncio.timeout(60):
            await story(server)


def name_of(story: Story) -> str:
    """`blocking.wakes_in_order`."""
    return f"{story.__module__.rpartition('.')[2]}.{story.__name__}"
