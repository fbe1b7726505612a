"""Bindings: who holds which port of a host."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from errno import EADDRINUSE
from typing import Final

from simulator.kernel import importing
from simulator.kernel.hashes import hash_of_address
from simulator.world.network.address import is_any, is_v6

EPHEMERAL_FIRST: Final = 32768  # Linux: net.ipv4.ip_local_port_range.
EPHEMERAL_LAST: Final = 60999


@dataclass(slots=True, eq=False)
class Binding:
    """An address and port that a socket holds."""

    transport: str  # tcp or udp
    ip: str
    port: int
    reuse_address: bool = False
    reuse_port: bool = False
    dual: bool = False  # An IPv6 socket that answers for IPv4 as well.
    listening: bool = False

    __hash__ = hash_of_address


class Bindings:
    """The ports of one host. Ephemeral ones are handed out in order, so that they are the same in every run."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int], list[Binding]] = {}
        self._next = EPHEMERAL_FIRST

    def bind(self, wish: Binding) -> Binding:
        """Hold a port (0: any free one); EADDRINUSE when somebody else does and would not share."""
        if wish.port == 0:
            wish.port = self._free_port(wish.transport)
        for other in self._held.get((wish.transport, wish.port), ()):
            if _conflict(wish, other):
                raise OSError(EADDRINUSE, os.strerror(EADDRINUSE))
        self._held.setdefault((wish.transport, wish.port), []).append(wish)
        return wish

    def free(self, binding: Binding) -> None:
        """Let a port go; twice does no harm."""
        key = (binding.transport, binding.port)
        holders = self._held.get(key)
        if holders is not None and binding in holders:
            holders.remove(binding)
            if not holders:
                del self._held[key]

    def clear(self) -> None:
        """The host has lost power; the ports go on from where they were, as after a boot they differ anyway."""
        self._held.clear()

    def listening(self, ip: str, port: int, accepts: Callable[[Binding], bool]) -> list[Binding]:
        """The bindings that a packet to an address reaches: exact ones before those of all addresses."""
        held = [binding for binding in self._held.get(("tcp", port), ()) if accepts(binding)]
        exact = [binding for binding in held if binding.ip == ip]
        if exact:
            return exact
        return [binding for binding in held if is_any(binding.ip) and _covers(binding, ip)]

    def receiving(self, ip: str, port: int) -> list[Binding]:
        """The same for datagrams."""
        held = self._held.get(("udp", port), [])
        exact = [binding for binding in held if binding.ip == ip]
        return exact or [binding for binding in held if is_any(binding.ip) and _covers(binding, ip)]

    def _free_port(self, transport: str) -> int:
        if importing.depth:
            return self._last_free_port(transport)
        for _ in range(EPHEMERAL_LAST - EPHEMERAL_FIRST + 1):
            port, self._next = self._next, self._next + 1
            if self._next > EPHEMERAL_LAST:
                self._next = EPHEMERAL_FIRST
            if (transport, port) not in self._held:
                return port
        raise OSError(EADDRINUSE, os.strerror(EADDRINUSE))

    def _last_free_port(self, transport: str) -> int:
        """For modules that bind while they are loaded: those who come later get the ports that they always get."""
        held = self._held
        return next(port for port in range(EPHEMERAL_LAST, EPHEMERAL_FIRST, -1) if (transport, port) not in held)


def _covers(binding: Binding, ip: str) -> bool:
    """Whether a wildcard binding answers for an address."""
    return binding.dual or is_v6(binding.ip) == is_v6(ip)


def _conflict(one: Binding, other: Binding) -> bool:
    """Linux's rule: two sockets share a port if they are at different addresses, or if both wish to share."""
    if one.reuse_port and other.reuse_port:
        return False
    if one.reuse_address and other.reuse_address and not other.listening:
        return False
    if one.ip == other.ip:
        return True
    return (is_any(one.ip) and _covers(one, other.ip)) or (is_any(other.ip) and _covers(other, one.ip))
