"""Endpoint: one end of a connection: who owns it, what arrives at it, and how it ends.

Rules, as Linux has them
1. An end that closes with bytes unread sends a reset, otherwise an end. Bytes that reach a closed end are answered by
   a reset.
2. After a reset the first write raises ECONNRESET (EPIPE if the other side had ended before), every later one EPIPE.
3. An end without power says nothing, ever; whoever writes to it learns it by silence, or by a reset once it is back.

The owner (a transport, or a socket's description) attaches three callables. It is woken when there may be something
to read, sets `idle` again and calls `take` until it answers None. What it may read and write is in `stream`.
"""

import os
from collections import deque
from collections.abc import Callable
from errno import ECONNRESET, EPIPE
from typing import TYPE_CHECKING, TypeAlias

from simulator.kernel.hashes import hash_of_address
from simulator.world.network.wire import FIN, RST, Item, Wire

if TYPE_CHECKING:
    from simulator.world.network.network import Network

SocketAddress: TypeAlias = tuple[str, int] | tuple[str, int, int, int] | str


def _nobody() -> None:
    """Nobody owns the stream yet: what arrives waits."""


class Endpoint:
    """One end of a connection: its owner, what has arrived for it, and how it ended."""

    __slots__ = (
        "_on_writable",
        "_wake",
        "blocked",
        "closed",
        "conn",
        "dead",
        "direct",
        "ended",
        "error",
        "fin_received",
        "fin_sent",
        "host",
        "idle",
        "inbox",
        "incoming",
        "local",
        "name",
        "network",
        "on_gone",
        "outgoing",
        "peer",
        "port",
        "read_shut",
        "remote",
        "secret",
        "slow",
        "used",
        "vanished",
        "wake_at",
        "window",
    )

    __hash__ = hash_of_address

    peer: "Endpoint"
    outgoing: Wire
    incoming: Wire

    def __init__(
        self, network: "Network", conn: int, host: str, local: SocketAddress, remote: SocketAddress, port: int
    ) -> None:
        self.network, self.conn, self.host = network, conn, host
        self.port = port  # The server's, by which faults choose.
        self.local, self.remote = local, remote
        self.name = host if isinstance(local, str) else f"{host}:{local[1]}"
        self.inbox: deque[bytes] = deque()
        self.used = 0  # Bytes sent that the other side has not read.
        self.window = 0
        self.slow = True  # Whether a write must take the long way: there is a link to model, a gate, a trace, an end.
        self.idle = True  # Whether the owner has not been woken since it last looked.
        self.blocked = False  # Whether the owner waits for the window.
        self.fin_sent = self.fin_received = self.read_shut = False
        self.closed = False  # By its owner.
        self.dead = False  # Nothing goes in or out any more.
        self.ended = False  # A read will not wait any more: there was an end, a reset, an error.
        self.vanished = False  # Its host lost power: it does not even answer.
        self.error = 0
        self.direct = False  # A unix socket: there is no way in between, so a writer knows at once who has left.
        self.secret = False  # Bytes are encrypted, hence different in every run: only sizes count.
        self.on_gone: Callable[[], None] = _nobody  # Called once when the end is over, for the host's books.
        self._wake: Callable[[], None] = _nobody
        self._on_writable: Callable[[], None] = _nobody
        self.wake_at: Callable[[int], object] = self._wake_at

    def __repr__(self) -> str:
        return f"<stream {self.conn} {self.name}->{self.peer.name} {self.state}>"

    @property
    def state(self) -> str:
        """The state in the words of netstat."""
        if self.dead:
            return "CLOSED"
        if self.fin_sent:
            return "LAST_ACK" if self.fin_received else "FIN_WAIT"
        return "CLOSE_WAIT" if self.fin_received else "ESTABLISHED"

    # --- the owner ----------------------------------------------------------------------------------

    def attach(
        self,
        wake: Callable[[], None],
        on_writable: Callable[[], None],
        wake_at: Callable[[int], object] | None = None,
    ) -> None:
        """Tell these from now on; `wake_at(when_ns)` may wake the owner's loop with one entry of the heap."""
        self._wake, self._on_writable = wake, on_writable
        self.wake_at = wake_at or self._wake_at
        self.idle = True
        for when_ns, _, _ in self.incoming.flights:
            self.wake_at(when_ns)
        if self.readable():
            self.notify()

    def _wake_at(self, when_ns: int) -> None:
        self.network.clock.call_at(when_ns, self._arrive)

    def _arrive(self) -> None:
        self._land_due()
        self.notify()

    def notify(self) -> None:
        """Wake the owner, once until it has looked."""
        if self.idle:
            self.idle = False
            self._wake()

    def readable(self) -> bool:
        """Whether a read would not block: bytes, an end or an error."""
        if self.incoming.flights:
            self._land_due()
        return bool(self.inbox) or self.ended

    def unread_bytes(self) -> int:
        return sum(map(len, self.inbox))

    def hung_up(self) -> bool:
        """Whether nothing will ever come or go any more: POLLHUP."""
        return self.dead or (self.fin_received and self.fin_sent)

    def refresh(self) -> None:
        """Find out whether writes may take the short way."""
        wire, network = self.outgoing, self.network
        self.slow = (
            network.traced
            or network.gate is not None
            or not (wire.link.plain and wire.back.plain)
            or wire.busy
            or self.dead
            or self.fin_sent
            or self.error != 0
            or self.peer.closed
        )

    # --- arrivals -------------------------------------------------------------------------------------

    def _land_due(self) -> None:
        flights, now_ns = self.incoming.flights, self.network.clock.now_ns
        while flights and flights[0][0] <= now_ns:
            self.land(flights.popleft()[1])

    def land(self, item: Item) -> None:
        """An item has arrived."""
        if self.vanished or self.dead or (self.closed and type(item) is bytes):
            if item is not RST:
                self._answer_reset()
        elif type(item) is bytes:
            self.inbox.append(item)
        elif item is FIN:
            self.fin_received = self.ended = True
            self.network.told("net.eof", self, self.peer)
            self._settle()
        else:
            self._die(EPIPE if self.fin_received else ECONNRESET)
            self.network.told("net.reset", self, self.peer)

    def _answer_reset(self) -> None:
        """Whoever writes to an end that is gone is told so."""
        self.incoming.flights.clear()
        wire = self.outgoing
        told = self.dead and not self.vanished and (self.peer.dead or any(item is RST for _, item, _ in wire.flights))
        if wire.link.source.up and not told:  # What was said into a cut link is forgotten: say it again.
            self._over()
            self.outgoing.carry(RST, 0)

    # --- ends -----------------------------------------------------------------------------------------

    def shut_write(self) -> None:
        """End this direction, after all bytes before."""
        if not self.fin_sent and not self.dead:
            self.fin_sent = self.slow = True
            self.outgoing.carry(FIN, 0)
            self._settle()

    def shut_read(self) -> None:
        """Read no more than what is here."""
        self.read_shut = self.ended = self.peer.slow = True
        self.notify()

    def close(self, *, reset: bool = False) -> None:
        """The owner lets go; what it wrote is still delivered."""
        if self.closed:
            return
        unread = self.readable() and bool(self.inbox)
        self.closed = self.slow = self.peer.slow = True
        self._on_writable = _nobody
        if not self.vanished:
            self.network.told("net.close", self, self.peer)
        if self.dead:
            self._over()
        elif unread or reset:
            self.reset()
        else:
            self.shut_write()
        self.attach(self._sink, _nobody)  # What comes from now on finds nobody, and is answered all the same.

    def _sink(self) -> None:
        """Nobody reads any more: bytes that arrive are answered by a reset."""
        self.idle = True
        self._land_due()

    def reset(self) -> None:
        """Tear the connection down from this side."""
        if self.dead:
            return
        self.network.told("net.reset", self, self.peer)
        self._die(ECONNRESET)
        self.inbox.clear()
        self.incoming.flights.clear()
        self.outgoing.drop()
        self.outgoing.carry(RST, 0)

    def fail(self, errno: int) -> None:
        """The kernel gives up on the connection."""
        if not self.dead:
            self._die(errno)

    def vanish(self) -> None:
        """Lose power: nothing is said, nothing is kept."""
        self.vanished = self.closed = True
        self.inbox.clear()
        self.peer.slow = True
        self._over()
        self.attach(self._sink, _nobody)  # Its loop is gone as well; when power is back, the kernel answers.

    def _die(self, errno: int) -> None:
        self.error = 0 if self.closed else errno
        self._over()
        self.blocked = False
        self.notify()
        self._on_writable()

    def _over(self) -> None:
        self.dead = self.slow = self.ended = True
        self.outgoing.drop()
        self._leave()

    def _leave(self) -> None:
        self.network.over(self)
        gone, self.on_gone = self.on_gone, _nobody
        gone()

    def _settle(self) -> None:
        """Both directions have ended and the owner has let go: the connection is over."""
        if self.fin_sent and self.fin_received and self.closed and not self.dead:
            self.dead = True
            self._leave()

    def take_error(self) -> int:
        """What SO_ERROR gives: the pending error, once."""
        error, self.error = self.error, 0
        return error

    def _error(self) -> OSError:
        errno = self.take_error()
        return OSError(errno, os.strerror(errno))
