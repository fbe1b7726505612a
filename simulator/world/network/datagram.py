"""Datagrams: messages that may be lost, doubled or late, and sockets that receive them.

A datagram for a port where nobody listens is answered: a connected sender gets ECONNREFUSED at its next act, as ICMP
would have it. What does not fit the receiver's buffer is dropped without a word.
"""

import os
from collections import deque
from collections.abc import Callable
from errno import ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, ENETUNREACH
from typing import TYPE_CHECKING, Any, Final

from simulator.trace.digest import checksum
from simulator.world.network.address import ip_of, is_any, is_v6, socket_address
from simulator.world.network.attempt import Attempt, Delay, Fail, Lose
from simulator.world.network.bindings import Binding

if TYPE_CHECKING:
    from simulator.world.network.stack import HostStack

DATAGRAM_BYTES_MAX: Final = 65_507  # An IPv4 packet less its headers.
BUFFER_BYTES: Final = 212_992  # Linux: net.core.rmem_default.
OVERHEAD_BYTES: Final = 576  # What a small datagram occupies besides its bytes, about.

Address = tuple[Any, ...]


class DatagramPort:
    """A bound UDP socket."""

    def __init__(self, stack: "HostStack", binding: Binding) -> None:
        self.stack, self.binding = stack, binding
        self.v6 = is_v6(binding.ip)
        self.remote: Address | None = None
        self.closed = False
        self.error = 0
        self._inbox: deque[tuple[bytes, Address]] = deque()
        self._held_bytes = 0
        self._wake: Callable[[], None] = _nobody

    @property
    def local(self) -> Address:
        return socket_address(self.binding.ip, self.binding.port, v6=self.v6)

    def attach(self, wake: Callable[[], None]) -> None:
        """Tell this whenever a datagram or an error has come."""
        self._wake = wake

    def connect(self, remote: Address | None) -> None:
        """Talk to one address only; None: to all again."""
        if remote is not None and self.stack.route(ip_of(remote)) is None and not self.stack.has_family(ip_of(remote)):
            raise OSError(ENETUNREACH, os.strerror(ENETUNREACH))
        self.remote = remote
        if remote is not None and is_any(self.binding.ip):
            self.binding.ip = self.stack.source_ip(ip_of(remote))

    def readable(self) -> bool:
        return bool(self._inbox) or self.error != 0

    @property
    def held_bytes(self) -> int:
        return self._held_bytes

    def take(self) -> tuple[bytes, Address] | None:
        """The next datagram and where it came from; None when there is none yet."""
        self._raise_error()
        if not self._inbox:
            return None
        data, sender = self._inbox.popleft()
        self._held_bytes -= len(data) + OVERHEAD_BYTES
        return data, sender

    def peek(self) -> tuple[bytes, Address] | None:
        """The same, and leave it there."""
        self._raise_error()
        return self._inbox[0] if self._inbox else None

    def take_error(self) -> int:
        error, self.error = self.error, 0
        return error

    def _raise_error(self) -> None:
        error = self.take_error()
        if error:
            raise OSError(error, os.strerror(error))

    def send(self, data: bytes, remote: Address) -> None:
        """Send one datagram; that it was sent says nothing of its fate."""
        self._raise_error()
        if len(data) > DATAGRAM_BYTES_MAX:
            raise OSError(EMSGSIZE, os.strerror(EMSGSIZE))
        stack = self.stack
        ip = ip_of(remote)
        target = stack.route(ip)
        if target is None:
            if not stack.has_family(ip):
                raise OSError(ENETUNREACH, os.strerror(ENETUNREACH))
            return
        network, delay_ns, lost = stack.network, 0, False
        if network.gate is not None:
            verdict = network.gate(Attempt("net.datagram", stack.name, target.name, remote[1], len(data)))
            if isinstance(verdict, Fail):
                raise OSError(verdict.errno or EHOSTUNREACH, os.strerror(verdict.errno or EHOSTUNREACH))
            delay_ns = verdict.delay_ns if isinstance(verdict, Delay) else 0
            lost = isinstance(verdict, Lose)
        flight = _Flight(self, target, data, (ip, remote[1]), stack.source_ip(ip))
        flight.tell("net.send")
        flight.take_off(delay_ns, lost=lost)

    def receive(self, data: bytes, ip: str, port: int) -> bool:
        """Keep an arrived datagram; False when there is no room."""
        if self.remote is not None and (ip_of(self.remote), self.remote[1]) != (ip, port):
            return True
        if self._held_bytes + len(data) + OVERHEAD_BYTES > BUFFER_BYTES:
            return False
        self._held_bytes += len(data) + OVERHEAD_BYTES
        self._inbox.append((data, socket_address(ip, port, v6=self.v6)))
        self._wake()
        return True

    def refused(self) -> None:
        """Nobody listens where the last datagram went; only a connected socket is told."""
        if self.remote is not None and not self.closed:
            self.error = ECONNREFUSED
            self._wake()

    def close(self) -> None:
        self.closed = True
        self._wake = _nobody
        self._inbox.clear()
        self.stack.free(self.binding)


class _Flight:
    """One datagram on its way."""

    def __init__(
        self, sender: DatagramPort, target: "HostStack", data: bytes, remote: tuple[str, int], source_ip: str
    ) -> None:
        self.sender, self.target, self.data, self.remote = sender, target, data, remote
        self.source = source_ip, sender.binding.port
        self.network = sender.stack.network
        self.link = self.network.link(sender.stack, target)
        self.src = f"{sender.stack.name}:{sender.binding.port}"
        self.dst = f"{target.name}:{remote[1]}"
        self.site = f"udp {self.src}->{self.dst}"

    def tell(self, kind: str) -> None:
        if self.network.traced:
            self.network.clock.emit(
                kind, host=self.sender.stack.name, src=self.src, dst=self.dst,
                bytes=len(self.data), checksum=checksum(self.data),
            )  # fmt: skip

    def take_off(self, delay_ns: int = 0, *, lost: bool = False) -> None:
        """Leave the sender; each datagram finds its own way, so later ones may overtake."""
        link = self.link
        if link.held:
            link.park(lambda: self.take_off(delay_ns, lost=lost))
            return
        profile = link.profile
        if lost or link.blocked or link.chance(profile.lost_parts, self.site, "lost"):
            self.tell("net.drop")
            return
        copies = 2 if link.chance(profile.doubled_parts, self.site, "doubled") else 1
        for _ in range(copies):
            self.network.clock.call_at(link.datagram_due_ns(len(self.data), self.site) + delay_ns, self._land)

    def _land(self) -> None:
        target = self.target
        ports = target.datagram_ports(*self.remote) if target.up else []
        if not ports:
            back = self.network.link(target, self.sender.stack)
            if not back.blocked and not back.held:
                self.network.clock.call_at(self.network.clock.now_ns + back.profile.latency_ns, self.sender.refused)
        for port in ports[:1]:
            self.tell("net.deliver" if port.receive(self.data, *self.source) else "net.drop")


def _nobody() -> None:
    """Nobody receives yet."""
