"""Service: what can be served: started, found under an address, stopped."""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from simulator.services.trouble import Surface

Tell = Callable[..., None]


class Service(Protocol):
    """A server on a port."""

    @property
    def url(self) -> str:
        """Where clients find it, once it was started."""
        ...

    @property
    def over(self) -> "asyncio.Future[None] | None":
        """Done when the service ends by itself; None if it never does."""
        ...

    async def start(self) -> None:
        """Load and listen: `Misuse` for what the user should mend, `OSError` for the port."""
        ...

    async def stop(self) -> None:
        """Finish what is under way, and let go of everything."""
        ...


@dataclass(frozen=True)
class Offer:
    """A service as the command line knows it: its name, its troubles, and how it is made."""

    name: str
    port: int
    """The one it has if none is asked for."""
    surface: Surface
    flaky: tuple[str, ...]
    """The kinds among which `--flaky` is divided."""
    slow: str
    """The kind that `--slow` switches on."""
    make: Callable[["Wanted"], Service]
    note: Callable[["Wanted", Service], str]
    """What to tell a user who wants to try it."""


@dataclass(frozen=True)
class Wanted:
    """What one service is asked to be."""

    arguments: argparse.Namespace
    port: int
    data: str
    troubles: tuple[str, ...]
    tell: Tell | None
