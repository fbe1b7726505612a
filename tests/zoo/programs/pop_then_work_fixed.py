"""Parcels wait in a list; a worker takes one after the other, and notes each that it delivered."""

import asyncio

from patience import patiently, redis_client

PARCELS = [f"parcel {number}" for number in range(25)]


async def fill(redis):
    """Put the parcels into the list, once."""
    if not await patiently(redis.exists, "filled"):
        both = redis.pipeline(transaction=True).delete("waiting").rpush("waiting", *PARCELS).set("filled", 1)
        await patiently(both.execute)


async def take(redis):
    """The next parcel."""
    return await patiently(redis.lindex, "waiting", 0)


async def deliver(redis, parcel):
    """Take a parcel to its door."""
    await asyncio.sleep(2)
    await patiently(redis.sadd, "delivered", parcel)
    await patiently(redis.lrem, "waiting", 1, parcel)  # Only now; it may be delivered twice, never not at all.


async def main():
    async with redis_client() as redis:
        await fill(redis)
        while parcel := await take(redis):
            await deliver(redis, parcel)
        missing = set(PARCELS) - await patiently(redis.smembers, "delivered")
        assert not missing, f"never delivered: {sorted(missing)}"


asyncio.run(main())
