"""Payments are added to an account; whoever hears no answer asks again."""

import asyncio
import random

from patience import patiently, redis_client

PAYMENTS = 25


async def main():
    async with redis_client() as redis:
        paid = 0
        for number in range(PAYMENTS):
            await asyncio.sleep(random.uniform(1, 3))
            amount = random.randint(1, 100)
            await patiently(redis.hset, "account", f"payment {number}", amount)  # Twice is once.
            paid += amount
        balance = sum(map(int, await patiently(redis.hvals, "account")))
        assert balance == paid, f"{paid} was paid, and the account says {balance}"


asyncio.run(main())
