"""A session is closed when no frame came for ten seconds."""

import asyncio
import random

from patience import patiently, redis_client

IDLE_S, FRAMES = 10, 40


class Session:
    """What is known of a camera that sends."""

    def __init__(self):
        self.looks, self.closed = 0, False

    def frame(self):
        """A frame came."""
        self.looks = 0

    def look(self):
        """Called once a second."""
        self.looks += 1  # No clock: what stood still with us has not been idle.
        self.closed = self.looks > IDLE_S


async def reap(session):
    """Close the session when it is idle."""
    while not session.closed:
        await asyncio.sleep(1)
        session.look()


async def main():
    session = Session()
    async with redis_client() as redis:
        reaper = asyncio.create_task(reap(session))
        for number in range(FRAMES):
            await asyncio.sleep(random.uniform(0.5, 2.5))
            assert not session.closed, f"frame {number} came in time, to a session that was closed as idle"
            session.frame()
            await patiently(redis.sadd, "frames", number)
        await reaper  # Nothing comes any more.
        assert await patiently(redis.scard, "frames") == FRAMES


asyncio.run(main())
