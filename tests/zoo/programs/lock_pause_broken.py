"""Two workers add to one ledger; a lock that lasts ten seconds lets one of them in at a time."""

import asyncio
import random
from uuid import uuid4

from patience import patiently, redis_client

LOCK_MS, ENTRIES = 10_000, 12


async def acquire(redis):
    """Wait for the lock; returns the token that says whose it is."""
    token = uuid4().hex
    while True:
        await patiently(redis.set, "lock", token, nx=True, px=LOCK_MS)
        if await patiently(redis.get, "lock") == token:
            return token
        await asyncio.sleep(random.uniform(0.1, 0.5))


async def release(redis, token):
    """Give the lock back, if it is still ours."""
    if await patiently(redis.get, "lock") == token:
        await patiently(redis.delete, "lock")


async def store(redis, known, ledger):
    """Replace the ledger."""
    await redis.set("ledger", ledger)
    return True


async def work(redis, name):
    """Add entries, each of which takes a second."""
    for number in range(ENTRIES):
        stored = False
        while not stored:
            token = await acquire(redis)
            known = await patiently(redis.get, "ledger") or ""
            for _ in range(4):
                await asyncio.sleep(0.25)  # An entry is made in several steps.
            stored = await patiently(store, redis, known, f"{known} {name}{number}")
            await release(redis, token)
        await asyncio.sleep(random.uniform(0, 2))


async def main():
    async with redis_client() as redis:
        await asyncio.gather(work(redis, "a"), work(redis, "b"))
        ledger = (await patiently(redis.get, "ledger")).split()
        missing = {f"{name}{number}" for name in "ab" for number in range(ENTRIES)} - set(ledger)
        assert not missing, f"overwritten: {sorted(missing)}"


asyncio.run(main())
