"""Readings are queued, and written in the background; the program ends when all are."""

import asyncio
import random

from patience import PASSING, patiently, redis_client

READINGS = 40


async def flush(redis, queue):
    """Write what is first in the queue, and then take it out."""
    while True:
        reading = await queue.get()
        try:
            await redis.sadd("readings", reading)
        except PASSING:
            queue.put_nowait(reading)
            raise
        finally:
            queue.task_done()


async def main():
    queue = asyncio.Queue()
    async with redis_client() as redis:
        writer = asyncio.create_task(flush(redis, queue))
        for reading in range(READINGS):
            queue.put_nowait(reading)
            await asyncio.sleep(random.uniform(0.5, 2))
        await queue.join()
        writer.cancel()
        assert await patiently(redis.scard, "readings") == READINGS


asyncio.run(main())
