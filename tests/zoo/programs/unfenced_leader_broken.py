"""Two nodes elect a leader, who counts an epoch up and writes a log; entries of an older leader must not follow."""

import asyncio
import random
from itertools import pairwise

from patience import PASSING, patiently, redis_client

LEASE_MS, ENTRIES = 3_000, 40


class Node:
    """One of the nodes; it renews its lease in the background while it leads."""

    def __init__(self, redis, name):
        self.redis, self.name, self.epoch, self.leads = redis, name, 0, False

    async def elect(self):
        """Lead as soon and as long as the lease is ours."""
        while True:
            try:
                if not await self.redis.set("leader", self.name, nx=True, px=LEASE_MS):
                    self.leads = self.leads and await self.redis.get("leader") == self.name
                    if self.leads:
                        await self.redis.pexpire("leader", LEASE_MS)
                else:
                    self.epoch = await self.redis.incr("epoch")
                    self.leads = True
            except PASSING:
                pass  # Next time.
            await asyncio.sleep(1)

    async def write(self):
        """Write while we lead."""
        while True:
            await asyncio.sleep(0.5)
            if self.leads:
                for _ in range(random.randint(1, 6)):
                    await asyncio.sleep(0.5)  # It takes a while to make an entry.
                try:
                    await self.append(f"{self.epoch} {self.name}")
                except PASSING:
                    pass

    async def append(self, entry):
        """Add to the log."""
        await self.redis.rpush("log", entry)


async def main():
    async with redis_client() as redis:
        nodes = [Node(redis, name) for name in ("one", "other")]
        tasks = [asyncio.create_task(job()) for node in nodes for job in (node.elect, node.write)]
        async with asyncio.timeout(1000):
            while await patiently(redis.llen, "log") < ENTRIES:
                await asyncio.sleep(5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        epochs = [int(entry.split()[0]) for entry in await patiently(redis.lrange, "log", 0, -1)]
        wrong = [pair for pair in pairwise(epochs) if pair[0] > pair[1]]
        assert not wrong, f"an entry of epoch {wrong[0][1]} follows one of epoch {wrong[0][0]}"


asyncio.run(main())
