"""Listener: a port where connections are taken, and the queue of those not accepted yet."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.world.network.endpoint import SocketAddress
from simulator.world.network.stream import Stream

if TYPE_CHECKING:
    from simulator.world.network.network import Network

BACKLOG_MAX = 4096
"""Linux: net.core.somaxconn; a larger wish is cut down to it without a word."""


class Listener:
    """Connections wait here, at most `backlog + 1` of them; further ones are not answered and try again."""

    def __init__(self, network: "Network", host: str, local: SocketAddress, backlog: int) -> None:
        self.network, self.host, self.local = network, host, local
        self.closed = False
        self.expected = 0  # Half-open: answered, but their last packet is still under way.
        self._queue: deque[Stream] = deque()
        self._wake: Callable[[], None] = _nobody
        self.resize(backlog)

    def __repr__(self) -> str:
        return f"<listener {self.host} {self.local} {len(self._queue)} of {self.backlog} waiting>"

    def resize(self, backlog: int) -> None:
        """What `listen` on a listening socket does."""
        self.backlog = min(max(backlog, 0), BACKLOG_MAX)

    def attach(self, wake: Callable[[], None]) -> None:
        """Tell this whenever a connection may be accepted."""
        self._wake = wake
        if self._queue:
            wake()

    @property
    def full(self) -> bool:
        # Linux compares with "greater than", so one more than the backlog fits.
        return len(self._queue) + self.expected > self.backlog

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def readable(self) -> bool:
        """Whether an accept would not block."""
        return bool(self._queue)

    def enqueue(self, stream: Stream) -> None:
        """A connection is complete; who listens may accept it."""
        self._queue.append(stream)
        self._wake()

    def accept(self) -> Stream | None:
        """The connection that waits longest; None when there is none."""
        if not self._queue:
            return None
        stream = self._queue.popleft()
        self.network.told("net.accept", stream, stream.peer)
        return stream

    def close(self) -> None:
        """Take no more; those who were not accepted are reset."""
        self.closed = True
        self._wake = _nobody
        while self._queue:
            self._queue.popleft().close(reset=True)


def _nobody() -> None:
    """Nobody accepts yet."""
