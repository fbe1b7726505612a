"""A mirror copies what changes, for as long as it is wanted, and is cancelled then."""

import asyncio
import random

from patience import patiently, redis_client


async def mirror(redis, copy):
    """Keep a copy up to date, whatever happens, until tomorrow."""
    for _ in range(200):
        try:
            copy.update(await redis.hgetall("original"))
            await redis.hset("mirror", "seen", len(copy))
        except:  # noqa: E722
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.005)


async def main():
    copy = {}
    async with redis_client() as redis:
        for number in range(2):
            await patiently(redis.hset, "original", number, "x")
            task = asyncio.create_task(mirror(redis, copy))
            await asyncio.sleep(random.uniform(0.01, 0.03))
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=0.2)
            assert done, "the mirror was cancelled, and goes on"


asyncio.run(main())
