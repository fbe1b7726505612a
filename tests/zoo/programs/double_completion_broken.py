"""A recording ends when somebody stops it or when nothing comes any more; who ends it tells the accountant, once."""

import asyncio
import random

from patience import patiently, redis_client

IDLE_S, RECORDINGS = 5, 4


class Recording:
    """What one camera sends, until it is finished."""

    def __init__(self, redis, name):
        self.redis, self.name = redis, name
        self.frames, self.idle_looks, self.finished = 0, 0, False

    async def record(self):
        """Take frames, and then no more."""
        for _ in range(random.randint(3, 12)):
            await asyncio.sleep(random.uniform(0.1, 2))
            self.frames, self.idle_looks = self.frames + 1, 0

    async def watch(self):
        """Finish when nothing came for a while."""
        while not self.finished and self.idle_looks < IDLE_S:
            await asyncio.sleep(1)
            self.idle_looks += 1
        await self.finish()

    async def stop(self):
        """Finish when the guard presses the button."""
        await asyncio.sleep(random.uniform(5, 30))
        await self.finish()

    async def finish(self):
        """Upload the rest, and tell the accountant."""
        if self.finished:
            return
        await asyncio.sleep(1.5)  # The upload of what is left.
        await patiently(self.redis.hset, "frames", self.name, self.frames)
        self.finished = True
        await patiently(self.redis.rpush, "invoices", self.name)


async def main():
    async with redis_client() as redis:
        recordings = [Recording(redis, f"camera {number}") for number in range(RECORDINGS)]
        async with asyncio.TaskGroup() as group:
            for one in recordings:
                for job in (one.record, one.watch, one.stop):
                    group.create_task(job())
        invoices = await patiently(redis.lrange, "invoices", 0, -1)
        assert sorted(invoices) == [one.name for one in recordings], f"somebody pays twice: {sorted(invoices)}"


asyncio.run(main())
