"""Asynchronous generators: whoever's turn it is when one is dropped, its own loop sees to its end."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

from tests.support.hosts import Hosts

told: list[str] = []
held: list[Any] = []


async def counting() -> AsyncIterator[int]:
    try:
        for number in range(10):
            yield number
    finally:
        await asyncio.sleep(0.5)
        told.append(f"{asyncio.get_running_loop().time():g} s")


async def owner() -> None:
    numbers = counting()
    async for _ in numbers:
        break
    held.append(numbers)
    del numbers
    await asyncio.sleep(10)
    told.append("owner over")


async def other() -> None:
    await asyncio.sleep(3)
    held.clear()
    await asyncio.sleep(1)
    told.append("other over")


def test_one_dropped_by_another_process_is_closed_by_its_own_loop() -> None:
    told.clear()

    Hosts().run(a=owner, b=other)

    assert told == ["3.5 s", "other over", "owner over"]


def test_a_loop_leaves_the_hooks_as_it_found_them() -> None:
    def mine(generator: object) -> None: ...

    def program() -> tuple[Any, ...]:
        sys.set_asyncgen_hooks(mine, mine)
        asyncio.run(asyncio.sleep(1))
        return tuple(sys.get_asyncgen_hooks())

    async def meanwhile() -> None:
        await asyncio.sleep(0.5)

    assert Hosts().run(a=program, b=meanwhile) == (mine, mine)
