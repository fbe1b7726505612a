"""Dial: an attempt to connect, from the first packet to a stream or an errno.

Rules
1. No way to the address: ENETUNREACH at once when the host has no address of that family, EHOSTUNREACH after three
   seconds when no host has the address.
2. Nobody listens: ECONNREFUSED after a round trip.
3. No answer (a cut link, a host without power, a full backlog): again after 1, 3, 7, 15, 31 and 63 seconds, and after
   127 seconds ETIMEDOUT.
4. The client is connected after one round trip; the server may accept when the third packet is there.
"""

from collections.abc import Callable
from errno import ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT
from typing import TYPE_CHECKING, Any, Final

from simulator.world.network.address import ip_of
from simulator.world.network.attempt import Attempt, Delay, Fail, Lose
from simulator.world.network.link import Link
from simulator.world.network.profile import SECOND_NS

if TYPE_CHECKING:
    from simulator.world.network.listener import Listener
    from simulator.world.network.stack import HostStack
    from simulator.world.network.stream import Stream

KNOCKS_MAX: Final = 7  # Linux: tcp_syn_retries, and the first one.
NO_NEIGHBOUR_NS: Final = 3 * SECOND_NS  # What Linux needs to find out that nobody has an address on its own network.

Done = Callable[["Stream | int"], None]


class Dial:
    """One attempt; `done` is called once, later, with a stream or an errno, unless it is cancelled before."""

    def __init__(self, stack: "HostStack", local: tuple[Any, ...], remote: tuple[Any, ...], done: Done) -> None:
        self.stack, self.network, self.clock = stack, stack.network, stack.network.clock
        self.local, self.remote = local, remote
        self._done: Done | None = done
        self._knocks = 0
        self._timer: Any = None
        self.conn = self.network.next_conn()
        self.port: int = remote[1]
        self.source = f"{stack.name}:{local[1]}"
        target = stack.route(ip_of(remote))
        self.target = target
        self.target_name = f"{target.name}:{self.port}" if target is not None else f"{remote[0]}:{self.port}"
        self.site = stack.site_of(self.target_name)

    def start(self) -> None:
        """Send the first packet; nothing is decided before time or the loop has had a turn."""
        self._tell("net.connect")
        verdict = None
        if self.network.gate is not None and self.target is not None:
            verdict = self.network.gate(Attempt("net.connect", self.stack.name, self.target.name, self.port))
        if isinstance(verdict, Fail):
            self._finish_after(0, verdict.errno)
        elif self.target is None:
            ours = self.stack.has_family(ip_of(self.remote))
            self._finish_after(NO_NEIGHBOUR_NS if ours else 0, EHOSTUNREACH if ours else ENETUNREACH)
        elif isinstance(verdict, Lose):
            self._knock_again()
        elif isinstance(verdict, Delay):
            self._timer = self.clock.call_at(self.clock.now_ns + verdict.delay_ns, self._knock)
        else:
            self._knock()

    def cancel(self) -> None:
        """Forget the attempt: the socket was closed."""
        self._done = None
        if self._timer is not None:
            self._timer.cancel()

    # --- packets ------------------------------------------------------------------------------------

    def _knock(self) -> None:
        """Send a SYN and wait for what comes of it."""
        if self._done is None:
            return
        assert self.target is not None
        link = self.network.link(self.stack, self.target)
        self._after(link, self._arrive)
        self._knock_again()

    def _knock_again(self) -> None:
        self._knocks += 1
        wait_ns = SECOND_NS << (self._knocks - 1)
        last = self._knocks >= KNOCKS_MAX
        self._timer = self.clock.call_at(self.clock.now_ns + wait_ns, self._give_up if last else self._knock)

    def _give_up(self) -> None:
        self._finish(ETIMEDOUT)

    def _after(self, link: Link, then: Callable[..., None], *args: object) -> None:
        """Go on at the other end of a link, or never when it swallows the packet."""
        if link.held:
            link.park(lambda: self._after(link, then, *args))
        elif not link.blocked:
            self.clock.call_at(link.due_ns(0, self.site), then, *args)

    def _arrive(self) -> None:
        """The SYN is at the target."""
        target = self.target
        if self._done is None or target is None or not target.up:
            return
        back = self.network.link(target, self.stack)
        listener = target.find_listener(self.remote, self.site)
        if listener is None:
            self._after(back, self._finish, ECONNREFUSED)
        elif not listener.full:
            listener.expected += 1
            self._after(back, self._established, listener)

    def _established(self, listener: "Listener") -> None:
        """The answer is back: the client is connected, and its last packet goes out."""
        if self._done is None or not self.stack.up or self.target is None:
            listener.expected -= 1
            return
        client, server = self.network.join(self, listener)
        link = self.network.link(self.stack, self.target)
        self._finish(client)
        if link.plain:
            self._admit(listener, server)
        else:
            # The third packet stands in the connection's own order: data cannot overtake it by much, and a lost
            # one is made good by the first data, so its fate is only a delay.
            self.clock.call_at(self.clock.now_ns + link.profile.latency_ns, self._admit, listener, server)

    def _admit(self, listener: "Listener", server: "Stream") -> None:
        listener.expected -= 1
        if listener.closed:
            server.reset()
        elif not server.vanished:
            listener.enqueue(server)

    # --- the end ------------------------------------------------------------------------------------

    def _finish_after(self, delay_ns: int, errno: int) -> None:
        self._timer = self.clock.call_at(self.clock.now_ns + delay_ns, self._finish, errno)

    def _finish(self, outcome: "Stream | int") -> None:
        done = self._done
        if done is None:
            return
        self.cancel()
        if isinstance(outcome, int):
            self._tell("net.refused" if outcome in (ECONNREFUSED, ECONNRESET) else "net.unreachable")
        done(outcome)

    def _tell(self, kind: str) -> None:
        if self.network.traced:
            self.clock.emit(kind, host=self.stack.name, conn=self.conn, src=self.source, dst=self.target_name)
