"""Turns: each stream has one at a time, and one more if something came up meanwhile; so many have theirs at once.

Ten thousand events of one file are two turns: the one that is under way, and one after it. Ten thousand streams are so
many tasks as there are places, and a queue of names.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from pipelines.stream.logs import LOGGER

_log: Final = logging.getLogger(LOGGER)


class Turns:
    """Gives turns to whoever asked, first come, first served."""

    def __init__(self, act: Callable[[str], Awaitable[None]], *, places: int) -> None:
        assert places >= 1
        self._act = act
        self._places = places
        self._waiting: dict[str, None] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._under_way)

    @property
    def waiting(self) -> int:
        return len(self._waiting) + len(self._again)

    def ask(self, name: str) -> None:
        """Let this one have a turn that begins later than now."""
        if self._closed:
            return
        if name in self._under_way:
            self._again.add(name)
        else:
            self._waiting[name] = None
            self._idle.clear()
            self._begin()

    def forget(self, name: str) -> None:
        """It needs no turn any more; one that is under way goes on."""
        self._waiting.pop(name, None)
        self._again.discard(name)

    def _begin(self) -> None:
        while self._waiting and len(self._under_way) < self._places and not self._closed:
            name = next(iter(self._waiting))
            del self._waiting[name]
            self._under_way[name] = asyncio.create_task(self._turn(name), name=f"turn of {name!a}")
        if not self._waiting and not self._under_way:
            self._idle.set()

    async def _turn(self, name: str) -> None:
        try:
            await self._act(name)
        except Exception:
            # A fault of ours in one stream must not stand in the way of the others; it is asked for again.
            _log.exception("worker.fault", extra={"path": name})
        finally:
            self._under_way.pop(name, None)
            if name in self._again:
                self._again.discard(name)
                self._waiting[name] = None
            self._begin()

    async def settled(self) -> None:
        """Wait until nobody has a turn or wants one."""
        await self._idle.wait()

    async def close(self, within_s: float) -> bool:
        """Begin no more turns, let those under way end, and then end them; whether all ended by themselves."""
        self._closed = True
        self._waiting.clear()
        self._again.clear()
        tasks = set(self._under_way.values())
        if not tasks:
            return True
        _, late = await asyncio.wait(tasks, timeout=within_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return not late
