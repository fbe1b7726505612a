"""Orders are published; a kitchen listens, and cooks what it hears of."""

import asyncio
import random

from patience import PASSING, patiently, redis_client

ORDERS = 20


async def publish(redis):
    """Note every order, and tell of it."""
    for order in range(ORDERS):
        await asyncio.sleep(random.uniform(1, 4))
        await patiently(redis.hset, "orders", order, "wanted")
        await patiently(redis.publish, "orders", order)


async def listen(redis, cook):
    """Cook what is heard, over as many connections as that takes."""
    while True:
        try:
            async with redis.pubsub() as heard:
                await heard.subscribe("orders")
                while True:
                    message = await heard.get_message(ignore_subscribe_messages=True, timeout=1)
                    if message is not None:
                        await cook(message["data"])
                    else:
                        await heard.ping()  # Or nobody would notice that the connection is gone.
                        await asyncio.sleep(3)
        except PASSING:
            await asyncio.sleep(1)


async def main():
    cooked = set()

    async def cook(order):
        await asyncio.sleep(0.1)
        cooked.add(order)

    async with redis_client() as redis:
        kitchen = asyncio.create_task(listen(redis, cook))
        await publish(redis)
        await asyncio.sleep(200)  # Long after the last trouble.
        kitchen.cancel()
        await asyncio.gather(kitchen, return_exceptions=True)
    missing = {str(order) for order in range(ORDERS)} - cooked
    assert not missing, f"nobody cooked {sorted(missing, key=int)}"


asyncio.run(main())
