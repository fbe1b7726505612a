"""Three connections are shared by many short requests, each of which has two seconds."""

import asyncio
import random
from contextlib import asynccontextmanager

from patience import PASSING, redis_client

CONNECTIONS, REQUESTS = 3, 30


class Pool:
    """Clients to be borrowed and given back."""

    def __init__(self):
        self.clients = [redis_client(single_connection_client=True) for _ in range(CONNECTIONS)]
        self.idle = asyncio.Queue()
        for client in self.clients:
            self.idle.put_nowait(client)

    @asynccontextmanager
    async def borrowed(self):
        """A client that is known to be well."""
        client = await self.idle.get()
        try:  # From here on: a request that is cancelled while it pings gives back as well.
            await client.ping()
            yield client
        finally:
            self.idle.put_nowait(client)

    async def close(self):
        """Close them all."""
        for client in self.clients:
            await client.aclose()


async def request(pool, number):
    """Note one visit; tries a few times, and says whether it was done."""
    for _ in range(100):
        try:
            async with asyncio.timeout(2), pool.borrowed() as client:
                return await client.sadd("visits", number)
        except PASSING:
            await asyncio.sleep(2)
    raise TimeoutError(f"request {number} found no connection, {pool.idle.qsize()} of {CONNECTIONS} are idle")


async def main():
    pool = Pool()
    async with asyncio.TaskGroup() as group:
        for number in range(REQUESTS):
            group.create_task(request(pool, number))
            await asyncio.sleep(random.uniform(0.5, 3.5))
    left = pool.idle.qsize()
    await pool.close()
    assert left == CONNECTIONS, f"{CONNECTIONS - left} of {CONNECTIONS} connections never came back"


asyncio.run(main())
