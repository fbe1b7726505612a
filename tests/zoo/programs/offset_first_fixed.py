"""Films of a list are converted one by one; a file says how far we are, and who starts again goes on from there."""

import asyncio
import os

from patience import patiently, redis_client

FILMS, OFFSET = 30, "/data/offset"


def load():
    """How many films are done."""
    if not os.path.exists(OFFSET):
        return 0
    with open(OFFSET) as file:
        return int(file.read())


def save(done):
    """Note how many films are done; whoever reads finds the old number or the new one."""
    with open(f"{OFFSET}.new", "w") as file:
        file.write(str(done))
    os.replace(f"{OFFSET}.new", OFFSET)


async def convert(redis, number):
    """Make a small film of a large one."""
    await asyncio.sleep(1.5)
    await patiently(redis.sadd, "converted", number)


async def main():
    async with redis_client() as redis:
        for number in range(load(), FILMS):
            await convert(redis, number)
            save(number + 1)  # A film may be converted twice; never not at all.
            await asyncio.sleep(0.5)
        converted = await patiently(redis.smembers, "converted")
        missing = {str(number) for number in range(FILMS)} - converted
        assert not missing, f"never converted: {sorted(missing, key=int)}"


asyncio.run(main())
