"""Payments are added to an account; whoever hears no answer asks again."""

import asyncio
import random

from patience import patiently, redis_client

PAYMENTS = 25


async def main():
    async with redis_client() as redis:
        paid = 0
        for _ in range(PAYMENTS):
            await asyncio.sleep(random.uniform(1, 3))
            amount = random.randint(1, 100)
            await patiently(redis.incrby, "account", amount)
            paid += amount
        balance = int(await patiently(redis.get, "account"))
        assert balance == paid, f"{paid} was paid, and the account says {balance}"


asyncio.run(main())
