"""Visitors use one of a few desks for a while, at most for three seconds, and leave it free for others."""

import random

import anyio

from patience import patiently, redis_client

DESKS, VISITS = 3, 25


async def visit(redis, number):
    """Take a desk, work, and leave."""
    with anyio.move_on_after(3):
        await patiently(redis.sadd, "taken", f"desk {number % DESKS}")
        try:
            await anyio.sleep(random.uniform(0.5, 2.5))
            await patiently(redis.incr, "work done")
        finally:
            await patiently(redis.srem, "taken", f"desk {number % DESKS}")


async def main():
    async with redis_client() as redis:
        for number in range(VISITS):
            await visit(redis, number)
            await anyio.sleep(0.5)
            left = await patiently(redis.smembers, "taken")
            assert not left, f"nobody is here, and {sorted(left)} is taken for ever"


anyio.run(main)
