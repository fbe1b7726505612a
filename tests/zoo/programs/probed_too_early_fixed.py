"""Recordings grow in a folder; each is probed, and those that are no media are set aside."""

import asyncio
import random
from pathlib import Path

import ffmpeg
from watchfiles import awatch

from film import film
from patience import patiently, redis_client

FOLDER, RECORDINGS = Path("/media/inbox"), 3


async def judge(redis, path):
    """Say whether a recording can be played."""
    try:
        await asyncio.to_thread(ffmpeg.probe, str(path))
        verdict = "plays"
    except ffmpeg.Error:
        verdict = "no media"
    await patiently(redis.hset, "verdicts", path.name, verdict)


async def watch(redis, stop):
    """Judge every recording."""
    async for changes in awatch(FOLDER, stop_event=stop, debounce=400, step=100, rust_timeout=1000):
        for path in sorted({Path(path) for _, path in changes}):  # Again after each change: it may have been half.
            await judge(redis, path)


async def record(number):
    """Write a recording, in a few pieces."""
    body = film(1)
    await asyncio.sleep(random.uniform(0, 5))
    with open(FOLDER / f"{number}.mp4", "wb", buffering=0) as file:
        for start, end in ((0, 400), (400, 4000), (4000, None)):
            file.write(body[start:end])
            await asyncio.sleep(random.expovariate(25))


async def main():
    FOLDER.mkdir(parents=True)
    stop = asyncio.Event()
    async with redis_client() as redis:
        watching = asyncio.create_task(watch(redis, stop))
        await asyncio.sleep(1)
        await asyncio.gather(*map(record, range(RECORDINGS)))
        await asyncio.sleep(5)
        stop.set()
        await watching
        verdicts = await patiently(redis.hgetall, "verdicts")
        wrong = [name for name, verdict in sorted(verdicts.items()) if verdict != "plays"]
        assert len(verdicts) == RECORDINGS, f"judged: {verdicts}"
        assert not wrong, f"whole, and set aside as no media: {wrong}"


asyncio.run(main())
