"""Event loops: inside a simulated process, asyncio's stock loop class makes a simulated loop, and so does uvloop's."""

import asyncio
from typing import Any

from simulator.errors import Unsupported
from simulator.kernel import pause
from simulator.kernel.interpose.late import after_import
from simulator.kernel.loop import SimLoop
from simulator.kernel.state import here


def install() -> None:
    """Make `asyncio.SelectorEventLoop()` and all that ends there give a `SimLoop`."""
    pause.install()
    stock = asyncio.SelectorEventLoop

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        if here.process is None:
            return object.__new__(cls)
        if cls is not stock:
            name = f"{cls.__module__}.{cls.__qualname__}"
            raise Unsupported("asyncio.SelectorEventLoop-subclass", f"{name} overrides the loop of a real machine")
        return SimLoop()

    stock.__new__ = new  # type: ignore[method-assign]
    after_import("uvloop", _take_over)


def _take_over(uvloop: Any) -> None:
    """Let uvloop's policy, runner and factories give what asyncio's give: its own loop talks to the machine."""
    stock = uvloop.Loop

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        if here.process is None:
            return super(stock, cls).__new__(cls)
        loop = SimLoop()
        loop.stands_for = stock
        return loop

    stock.__new__ = new
