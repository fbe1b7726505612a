"""A counter of visitors is kept in a file, and reported; what was reported must never be forgotten."""

import json
import os

import anyio

from patience import patiently, redis_client

VISITORS, PLACE = 40, "/data/counter.json"


def load():
    """The counter as it was when we ended."""
    if not os.path.exists(PLACE):
        return {"visitors": 0}
    with open(PLACE) as file:
        return json.load(file)


def save(state):
    """Replace the file in one step."""
    with open(f"{PLACE}.new", "w") as file:
        json.dump(state, file)
    os.replace(f"{PLACE}.new", PLACE)


async def main():
    async with redis_client() as redis:
        state = await anyio.to_thread.run_sync(load)
        reported = int(await patiently(redis.get, "visitors") or 0)
        assert state["visitors"] >= reported, f"{reported} were reported, and the file says {state['visitors']}"
        while state["visitors"] < VISITORS:
            await anyio.sleep(1.5)
            state["visitors"] += 1
            await anyio.to_thread.run_sync(save, state)
            await patiently(redis.set, "visitors", state["visitors"])


anyio.run(main)
