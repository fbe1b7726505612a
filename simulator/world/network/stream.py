"""Stream: an endpoint that is written to and read from.

Rules, as Linux has them
1. What an end may have sent beyond what the other side has read is its *window*; a full window takes nothing.
2. A reader gets bytes first, then the end (b""), or after a reset the bytes that came before it, then the error once.

Who owns it, and how it ends, is in `endpoint`.
"""

import os
from errno import EPIPE

from simulator.trace.digest import checksum
from simulator.world.network.attempt import Attempt, Delay, Fail, Lose
from simulator.world.network.endpoint import Endpoint
from simulator.world.network.link import RETRANSMIT_NS


class Stream(Endpoint):
    """One end of a connection: what is still allowed out, and what may be read."""

    __slots__ = ()

    peer: "Stream"

    # --- writing ------------------------------------------------------------------------------------

    def send(self, data: bytes) -> int:
        """Hand bytes to the network; return how many it took: 0 when the window is full."""
        used = self.used + len(data)
        if self.slow or used > self.window:
            return self._send_slowly(data)
        self.used = used
        peer = self.peer
        peer.inbox.append(data)
        if peer.idle:
            peer.idle = False
            peer._wake()
        return len(data)

    def _send_slowly(self, data: bytes) -> int:
        if self.incoming.flights:
            self._land_due()
        if self.error:
            raise self._error()
        if self.dead or self.fin_sent or (self.direct and (self.peer.closed or self.peer.read_shut)):
            raise BrokenPipeError(EPIPE, os.strerror(EPIPE))
        free = self.window - self.used
        if free <= 0:
            self.blocked = True
            return 0
        if len(data) > free:
            data = data[:free]
            self.blocked = True
        size = len(data)
        delay_ns = 0
        network = self.network
        if network.gate is not None:
            verdict = network.gate(Attempt("net.send", self.host, self.peer.host, self.port, size))
            if isinstance(verdict, Fail):
                self.reset()
                raise self._error()
            delay_ns = _delay_ns(verdict)
        self.used += size
        if network.traced:
            network.clock.emit(
                "net.send", host=self.host, conn=self.conn, src=self.name, dst=self.peer.name, bytes=size,
                checksum="" if self.secret else checksum(data),
            )  # fmt: skip
        self.outgoing.carry(data, size, delay_ns)
        if not self.outgoing.flights:
            self.refresh()
        return size

    def writable(self) -> bool:
        """Whether a write would not block: a third of the window is free, or there is an error to tell."""
        return self.dead or self.error != 0 or self.used * 3 <= self.window * 2

    def await_writable(self) -> None:
        """Tell the owner once there is room."""
        self.blocked = True

    def room(self) -> int:
        """How many bytes a write would take now."""
        return max(self.window - self.used, 0)

    def encrypt(self) -> None:
        """Both directions carry ciphertext from now on: it differs in every run, so only its size counts."""
        self.secret = self.peer.secret = True

    # --- reading ------------------------------------------------------------------------------------

    def take(self, bytes_max: int) -> bytes | None:
        """The next bytes, b"" at the end, None when there is nothing yet; raises what a read raises."""
        if self.incoming.flights:
            self._land_due()
        inbox = self.inbox
        if not inbox:
            return self._take_end()
        data = inbox.popleft()
        if inbox or len(data) > bytes_max:
            data = self._join(data, bytes_max)
        self._release(len(data))
        return data

    def peek(self, bytes_max: int) -> bytes | None:
        """What `take` would give, left in place."""
        if self.incoming.flights:
            self._land_due()
        if not self.inbox:
            return self._take_end()
        return b"".join(self.inbox)[:bytes_max]

    def _join(self, first: bytes, bytes_max: int) -> bytes:
        """What one read returns when more than one write has arrived, or more than it asks for."""
        inbox, parts, size = self.inbox, [first], len(first)
        while inbox and size < bytes_max:
            parts.append(inbox.popleft())
            size += len(parts[-1])
        if size > bytes_max:
            last = parts.pop()
            keep = len(last) - (size - bytes_max)
            inbox.appendleft(last[keep:])
            if not parts:
                return last[:keep]
            parts.append(last[:keep])
        return b"".join(parts)

    def _take_end(self) -> bytes | None:
        if self.fin_received:
            return b""
        if self.error:
            raise self._error()
        return b"" if self.dead or self.read_shut else None

    def _release(self, size: int) -> None:
        """The reader has taken bytes: the writer may send as many more."""
        network, peer = self.network, self.peer
        if network.traced:
            network.clock.emit("net.deliver", host=self.host, conn=self.conn, src=peer.name, dst=self.name, bytes=size)
        if self.slow and self.outgoing.link.blocked:
            peer.outgoing.owe(size)
        else:
            peer.used -= size
            if peer.blocked:
                peer.acknowledge(0)

    def acknowledge(self, size: int) -> None:
        """Bytes were read on the other side; tell an owner who waits for room."""
        self.used -= size
        if self.blocked and self.used * 3 <= self.window * 2:
            self.blocked = False
            back = self.outgoing.back
            if back.plain:
                self._on_writable()
            else:
                self.network.clock.call_at(self.network.clock.now_ns + back.profile.latency_ns, self._room)

    def _room(self) -> None:
        self._on_writable()


def _delay_ns(verdict: Delay | Fail | Lose | None) -> int:
    if isinstance(verdict, Delay):
        return verdict.delay_ns
    return RETRANSMIT_NS if isinstance(verdict, Lose) else 0
