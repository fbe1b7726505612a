"""Three collectors put readings into a backlog; a writer stores whatever has come, and sleeps while nothing has."""

import asyncio
import random

from patience import patiently, redis_client

COLLECTORS, READINGS = 3, 6
backlog: list[str] = []
news = asyncio.Event()


async def collect(redis, name):
    """Fetch readings one by one; their order number comes from Redis."""
    for _ in range(READINGS):
        await asyncio.sleep(random.uniform(0, 0.002))
        number = await patiently(redis.incr, f"sensor:{name}")
        backlog.append(f"{name}-{number}")
        news.set()


async def write(redis):
    """Store what the collectors found, and note how far we are."""
    stored = 0
    while stored < COLLECTORS * READINGS:
        while backlog:
            await patiently(redis.sadd, "readings", backlog.pop(0))
            stored += 1
        await patiently(redis.set, "stored", stored)
        news.clear()
        if stored < COLLECTORS * READINGS:
            await news.wait()


async def main():
    async with redis_client() as redis, asyncio.TaskGroup() as group:
        group.create_task(write(redis))
        for name in range(COLLECTORS):
            group.create_task(collect(redis, name))
    assert not backlog, f"never written: {backlog}"


asyncio.run(main())
