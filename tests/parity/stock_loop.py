"""asyncio's stock loop, its own code untouched, over a clock that jumps: the other arm of parity."""

import asyncio
import selectors
from typing import Any


class JumpingSelector(selectors.SelectSelector):
    """Instead of waiting, lets the time pass."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("the program waits for ever")
        self.now_s += max(timeout, 0)
        return []


class StockLoop(asyncio.SelectorEventLoop):
    """`BaseEventLoop._run_once` and all that it calls, in jumping time."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


def run_on_stock(coroutine: Any) -> Any:
    """What `asyncio.run` does, on such a loop."""
    with asyncio.Runner(loop_factory=StockLoop) as runner:
        return runner.run(coroutine)
