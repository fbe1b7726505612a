"""Guests book seats at the same time; each looks whether a seat is free, and takes it."""

import asyncio
import random

from patience import patiently, redis_client

SEATS, GUESTS = 9, 4


async def book(redis, guest):
    """Try one seat after the other until one is free; returns it."""
    while True:
        await asyncio.sleep(random.uniform(0, 0.01))
        seat = f"seat:{random.randrange(SEATS)}"
        if not await patiently(redis.exists, seat):
            await patiently(redis.set, seat, guest)
            return seat


async def main():
    async with redis_client() as redis:
        guests = [f"guest {number}" for number in range(GUESTS)]
        seats = await asyncio.gather(*(book(redis, guest) for guest in guests))
        for guest, seat in zip(guests, seats, strict=True):
            holder = await patiently(redis.get, seat)
            assert holder == guest, f"{guest} was promised {seat}, which is {holder}'s"


asyncio.run(main())
