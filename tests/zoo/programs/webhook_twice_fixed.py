"""A shop is told of payments over HTTP, and ships; who hears nothing in time tells again."""

import asyncio
import random

import aiohttp
from aiohttp import web

from patience import PASSING, patiently, redis_client

PAYMENTS, PORT = 12, 8080


class Shop:
    """Ships what was paid for."""

    def __init__(self, redis):
        self.redis, self.shipped = redis, []

    async def paid(self, request):
        """Somebody paid."""
        order = await request.text()
        await patiently(self.redis.hset, "orders", order, "paid")
        if order not in self.shipped:  # Told again, because it did not hear our answer.
            self.shipped.append(order)
        return web.Response()


async def tell(session, order):
    """Tell the shop of a payment until it says that it knows."""
    while True:
        try:
            async with session.post(f"http://127.0.0.1:{PORT}/paid", data=order) as answer:
                if answer.status == 200:
                    return
        except PASSING:
            await asyncio.sleep(1)


async def main():
    async with redis_client() as redis:
        shop = Shop(redis)
        app = web.Application()
        app.router.add_post("/paid", shop.paid)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", PORT).start()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            for number in range(PAYMENTS):
                await asyncio.sleep(random.uniform(1, 8))
                await tell(session, f"order {number}")
        await asyncio.sleep(100)  # Whatever is still being handled.
        await runner.cleanup()
    again = sorted({order for order in shop.shipped if shop.shipped.count(order) > 1})
    assert not again, f"paid once, shipped twice: {again}"
    assert len(shop.shipped) == PAYMENTS


asyncio.run(main())
