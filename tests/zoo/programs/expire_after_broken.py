"""A nightly job may run once at a time: whoever starts it takes a lock that lasts ten seconds."""

import asyncio
import random
from uuid import uuid4

from patience import patiently, redis_client

RUNS, LOCK_S = 12, 10


async def locked(redis, token):
    """Whether we have the lock now."""
    if await redis.setnx("lock", token):
        await redis.expire("lock", LOCK_S)
        return True
    return False


async def run(redis, number):
    """Run the job, when it is free."""
    token = uuid4().hex
    try:
        async with asyncio.timeout(300):
            while not await patiently(locked, redis, token):
                await asyncio.sleep(1)
    except TimeoutError:
        raise TimeoutError(f"run {number} waits for a lock that lasts ten seconds") from None
    await patiently(redis.sadd, "runs", number)
    if await patiently(redis.get, "lock") == token:
        await patiently(redis.delete, "lock")


async def main():
    async with redis_client() as redis:
        for number in range(RUNS):
            await asyncio.sleep(random.uniform(2, 6))
            await run(redis, number)
        assert await patiently(redis.scard, "runs") == RUNS


asyncio.run(main())
