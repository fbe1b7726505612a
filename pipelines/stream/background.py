"""Background: something that goes on beside all else, as long as it is entered."""

import asyncio
from types import TracebackType
from typing import Self


class Background:
    """A task of its own within `async with`; `_for_ever` is what it does, and must see to its own errors."""

    _task: asyncio.Task[None] | None = None

    async def _for_ever(self) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._for_ever(), name=type(self).__name__.lower())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})
