"""Settings change over time; each change is stored with its time, and the latest one counts."""

import asyncio
import random

from patience import patiently, redis_client

CHANGES = 25


async def change(redis, value):
    """Store a new value behind those that there are."""
    number = await patiently(redis.incr, "changes")
    await patiently(redis.zadd, "colour", {value: number})


async def main():
    async with redis_client() as redis:
        for number in range(CHANGES):
            await change(redis, f"colour {number}")
            await asyncio.sleep(random.uniform(1, 4))
            [latest] = await patiently(redis.zrange, "colour", -1, -1)
            assert latest == f"colour {number}", f"colour {number} was chosen last, and {latest} is in force"


asyncio.run(main())
