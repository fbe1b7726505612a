"""Prices are cached; who changes one takes it out of the cache."""

import asyncio
import random

from patience import patiently, redis_client

NAMES = ("apple", "pear")
cache = {}


async def price(redis, name):
    """What something costs, from the cache if it is there."""
    if name not in cache:
        cache[name] = await patiently(redis.get, name)
    return cache[name]


async def change(redis, name, value):
    """Change a price."""
    await patiently(redis.set, name, value)
    cache.pop(name, None)


async def sell(redis):
    """Ask for prices."""
    while True:
        await asyncio.sleep(random.uniform(0, 0.002))
        await price(redis, random.choice(NAMES))


async def main():
    async with redis_client() as redis:
        await patiently(redis.mset, dict.fromkeys(NAMES, 0))
        sellers = [asyncio.create_task(sell(redis)) for _ in range(3)]
        for value in range(1, 16):
            name = random.choice(NAMES)
            cache.clear()  # As caches are, now and then.
            await asyncio.sleep(random.uniform(0.0003, 0.001))
            await change(redis, name, value)
            await asyncio.sleep(0.003)  # By now everybody knows.
            shown = cache.get(name, str(value))
            assert shown == str(value), f"{name} costs {value}, and is sold for {shown}"
        for seller in sellers:
            seller.cancel()
        await asyncio.gather(*sellers, return_exceptions=True)


asyncio.run(main())
