"""A catalogue follows a folder in which editors save their texts: under a new name, in place of the old file."""

import asyncio
import os
import random
from pathlib import Path

from watchfiles import awatch

from patience import patiently, redis_client

FOLDER, TEXTS, SAVES = Path("/data/texts"), ("a.txt", "b.txt"), 6


async def follow(redis, stop):
    """Keep the catalogue as the folder is."""
    async for changes in awatch(FOLDER, stop_event=stop, debounce=300, step=50, rust_timeout=1000):
        for _, path in sorted(changes):
            name = os.path.basename(path)
            if not name.endswith(".txt"):
                continue
            if not os.path.exists(path):  # What is there now counts, not what happened once.
                await patiently(redis.srem, "catalogue", name)
            else:
                await patiently(redis.sadd, "catalogue", name)


async def edit(name):
    """Save a text again and again; some editors put the old one out of the way first."""
    for number in range(SAVES):
        await asyncio.sleep(random.uniform(0.2, 4))
        (FOLDER / f"{name}.new").write_text(f"version {number}")
        if random.random() < 0.08:
            (FOLDER / name).unlink(missing_ok=True)
        os.rename(FOLDER / f"{name}.new", FOLDER / name)


async def main():
    FOLDER.mkdir()
    stop = asyncio.Event()
    async with redis_client() as redis:
        follower = asyncio.create_task(follow(redis, stop))
        await asyncio.sleep(1)
        await asyncio.gather(*map(edit, TEXTS))
        await asyncio.sleep(5)
        stop.set()
        await follower
        there = {name for name in os.listdir(FOLDER) if name.endswith(".txt")}
        known = await patiently(redis.smembers, "catalogue")
        assert known == there, f"the folder holds {sorted(there)}, the catalogue {sorted(known)}"


asyncio.run(main())
