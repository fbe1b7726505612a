"""Measurements are kept in a journal, a line of JSON each; whoever starts again reads it first."""

import asyncio
import json
import os

from patience import patiently, redis_client

MEASUREMENTS, PLACE = 60, "/data/journal"


def read():
    """What the journal holds."""
    if not os.path.exists(PLACE):
        return []
    with open(PLACE) as file:
        lines = file.read().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):  # We ended while we wrote it.
        os.truncate(PLACE, sum(map(len, lines[:-1])))
        del lines[-1]
    return [json.loads(line) for line in lines]


async def measure(redis):
    """Take a measurement, which lasts a moment."""
    await asyncio.sleep(0.3)
    return await patiently(redis.incr, "measurements")


async def main():
    known = read()
    async with redis_client() as redis:
        with open(PLACE, "ab", buffering=0) as journal:
            for number in range(len(known), MEASUREMENTS):
                await asyncio.sleep(1)
                journal.write(b'{"number": %d, "value": ' % number)
                journal.write(b"%d}\n" % await measure(redis))
    numbers = [entry["number"] for entry in read()]
    assert numbers == list(range(MEASUREMENTS)), f"the journal says {numbers}"


asyncio.run(main())
