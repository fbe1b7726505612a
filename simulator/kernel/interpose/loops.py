"""Event loops: inside a simulated process, asyncio's stock loop class makes a simulated loop."""

import asyncio
from typing import Any

from simulator.errors import Unsupported
from simulator.kernel import pause
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
            raise Unsupported("asyncio.SelectorEventLoop subclass", f"{cls.__qualname__} overrides the loop of a real machine")
        return SimLoop()

    stock.__new__ = new  # type: ignore[method-assign]
