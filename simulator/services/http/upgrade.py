"""Upgrade: an answer after which the connection speaks another protocol."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from simulator.services.http.message import Headers, Response

if TYPE_CHECKING:
    from simulator.services.http.connection import Connection


class Upgraded(Protocol):
    """What a connection hands its events to once it was taken over."""

    def received(self, data: bytes) -> None: ...

    def ended(self) -> None:
        """The peer sends no more."""
        ...

    def lost(self) -> None:
        """The connection is gone."""
        ...

    def retire(self) -> None:
        """The server stops: say good-bye."""
        ...


class Upgrade(Response):
    """A 101; `take_over` is called with the connection when the answer is written."""

    __slots__ = ("take_over",)

    def __init__(self, headers: Headers, take_over: "Callable[[Connection], Upgraded]") -> None:
        super().__init__(101, headers)
        self.take_over = take_over
