"""A receiver takes films from a folder: those that are there when it starts, and those that come."""

import asyncio
import random
from pathlib import Path

import ffmpeg
from watchfiles import awatch

from film import film
from patience import patiently, redis_client

FOLDER, FILMS = Path("/media/inbox"), 7


async def receive(redis, path):
    """Note a film and how long it is."""
    probed = await asyncio.to_thread(ffmpeg.probe, str(path))
    await patiently(redis.hset, "films", path.name, probed["format"]["duration"])


async def receiver(redis, stop):
    """Receive what is there, and then what comes."""
    received = set()
    async for _ in awatch(FOLDER, stop_event=stop, debounce=200, rust_timeout=500, yield_on_timeout=True):
        for path in sorted(set(FOLDER.glob("*.mp4")) - received):  # An event says when to look, not what is there.
            await receive(redis, path)
            received.add(path)


def record(number):
    """Put a film into the folder, in one step."""
    (FOLDER / f"{number}.part").write_bytes(film(1 + number % 2))
    (FOLDER / f"{number}.part").rename(FOLDER / f"film {number}.mp4")


async def main():
    FOLDER.mkdir(parents=True)
    stop = asyncio.Event()
    for number in range(3):
        record(number)
    async with redis_client() as redis:
        receiving = asyncio.create_task(receiver(redis, stop))
        for number in range(3, FILMS):
            await asyncio.sleep(random.uniform(0.01, 0.6))
            record(number)
        await asyncio.sleep(6)
        stop.set()
        await receiving
        missing = {f"film {number}.mp4" for number in range(FILMS)} - set(await patiently(redis.hkeys, "films"))
        assert not missing, f"in the folder for six seconds, and never received: {sorted(missing)}"


asyncio.run(main())
