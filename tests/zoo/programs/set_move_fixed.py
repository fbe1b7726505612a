"""Jobs move from the set of active ones to the set of those that are done; an auditor sees every job in one of them."""

import asyncio
import random

from patience import patiently, redis_client

JOBS = [f"job {number}" for number in range(12)]


async def work(redis):
    """Do one job after the other."""
    for job in JOBS:
        await asyncio.sleep(random.uniform(1, 5))
        await patiently(redis.smove, "active", "done", job)


async def seen(redis):
    """Both sets as they are at one moment."""
    both = redis.pipeline(transaction=True).smembers("active").smembers("done")
    return await both.execute()


async def audit(redis):
    """Look now and then until all is done."""
    done = set()
    while len(done) < len(JOBS):
        await asyncio.sleep(random.uniform(0, 1.5))
        active, done = await patiently(seen, redis)
        lost = set(JOBS) - active - done
        assert not lost, f"neither active nor done: {sorted(lost)}"


async def main():
    async with redis_client() as redis:
        await patiently(redis.sadd, "active", *JOBS)
        async with asyncio.TaskGroup() as group:
            group.create_task(work(redis))
            group.create_task(audit(redis))


asyncio.run(main())
