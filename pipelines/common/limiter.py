"""Limiter: how much at once.

A `Limiter` counts requests. A service that asks for fewer (503 SlowDown) halves what it lets through, and makes all
wait a moment; every answer after that lets a little more through, up to where it began. A `ByteBudget` counts bytes.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from pipelines.common.retry import full_jitter

_WAIT_MIN_S: Final = 0.001
"""A clock that counts whole nanoseconds never gets to the end of a fraction of one."""


class Limiter:
    """So many at once, fewer for a while after every complaint."""

    def __init__(self, most: int, *, pause_base_s: float = 0.2, pause_cap_s: float = 10.0) -> None:
        assert most >= 1
        self.most = most
        self.limit = float(most)
        self.in_flight = 0
        self.complaints = 0
        self._pause_base_s, self._pause_cap_s = pause_base_s, pause_cap_s
        self._in_a_row = 0
        self._closed_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def __repr__(self) -> str:
        return f"<limiter: {self.in_flight} of {self.limit:.1f} (at most {self.most}), {len(self._waiting)} waiting>"

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """A place among those that are let through."""
        await self._enter()
        try:
            yield
        finally:
            self.in_flight -= 1
            self._let_in()

    async def _enter(self) -> None:
        if self.in_flight < int(self.limit) and not self._waiting:
            self.in_flight += 1
        else:
            await _queued(self._waiting, self._let_in, taken=self._undo)
        try:
            loop = asyncio.get_running_loop()
            while (wait_s := self._closed_until - loop.time()) > 0:
                # Less than the clock can tell would be no wait at all, again and again.
                await asyncio.sleep(max(wait_s, _WAIT_MIN_S))
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        self.in_flight -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self.in_flight < int(self.limit):
            future = self._waiting.popleft()
            if not future.done():
                self.in_flight += 1
                future.set_result(None)

    def throttled(self) -> None:
        """The service asks for fewer. Complaints about requests that were under way together count once."""
        self.complaints += 1
        now = asyncio.get_running_loop().time()
        if now >= self._closed_until:
            self._in_a_row += 1
            self.limit = max(1.0, self.limit / 2)
            pause_s = full_jitter(self._in_a_row, base_s=self._pause_base_s, cap_s=self._pause_cap_s)
            self._closed_until = now + self._pause_base_s / 2 + pause_s

    def succeeded(self) -> None:
        """An answer: a little more may go through."""
        self._in_a_row = 0
        if self.limit < self.most:
            self.limit = min(float(self.most), self.limit + 1 / self.limit)
            self._let_in()


class ByteBudget:
    """So many bytes at once; who wants more than all of it gets all of it, alone."""

    def __init__(self, most: int) -> None:
        assert most >= 1
        self.most = most
        self.held = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Room for `size` bytes, first come, first served."""
        size = min(size, self.most)
        if not self._waiting and self.held + size <= self.most:
            self.held += size
        else:
            await self._queue(size)
        try:
            yield
        finally:
            self._give_back(size)

    async def _queue(self, size: int) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, size))
        try:
            await future
        except BaseException:
            if future.done() and not future.cancelled():
                self._give_back(size)
            else:
                self._let_in()
            raise

    def _give_back(self, size: int) -> None:
        self.held -= size
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            future, size = self._waiting[0]
            if future.done():
                self._waiting.popleft()
            elif self.held + size <= self.most:
                self._waiting.popleft()
                self.held += size
                future.set_result(None)
            else:
                return


async def _queued(
    waiting: "deque[asyncio.Future[None]]", let_in: Callable[[], None], *, taken: Callable[[], None]
) -> None:
    """Wait for one's turn; a turn that comes to one who has just left is handed on."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting.append(future)
    try:
        await future
    except BaseException:
        if future.done() and not future.cancelled():
            taken()
        else:
            let_in()
        raise
