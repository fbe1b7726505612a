"""Network: all hosts, the links between them, and what can be done to them.

    network = Network(engine)
    client, server = network.host("client"), network.host("server")
    network.set_link("client", "server", latency_ns=2_000_000)
    network.partition("client", "server")

A host's `HostStack` is what its sockets talk to.
"""

from dataclasses import asdict, replace
from typing import Any, Final

from simulator.errors import Misuse
from simulator.world.network.address import is_v6, normal, socket_address
from simulator.world.network.attempt import Gate
from simulator.world.network.dial import Dial
from simulator.world.network.endpoint import Endpoint, SocketAddress
from simulator.world.network.link import Link
from simulator.world.network.listener import Listener
from simulator.world.network.names import Zone
from simulator.world.network.netstat import netstat
from simulator.world.network.profile import IDEAL, LAN, LOOPBACK, LinkProfile
from simulator.world.network.stack import HostStack
from simulator.world.network.stream import Stream
from simulator.world.network.timeline import Timeline
from simulator.world.network.wire import Wire

HOSTS_MAX: Final = 60_000
CONNECTIONS_MAX: Final = 1_000_000


class Network:
    """The network of a world."""

    def __init__(self, clock: Timeline, *, link: LinkProfile = LAN, loopback: LinkProfile = LOOPBACK) -> None:
        self.clock = clock
        self.zone = Zone()
        self.traced = clock.recorder is not None and bool(clock.recorder.level)
        self._gate: Gate | None = None
        self.default_link, self.default_loopback = link, loopback
        self.hosts: dict[str, HostStack] = {}
        self._by_ip: dict[str, HostStack] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self._streams: dict[Endpoint, None] = {}
        self._conns = 0

    def __repr__(self) -> str:
        return f"<network of {len(self.hosts)} hosts, {len(self._streams)} ends of connections>"

    # --- building -----------------------------------------------------------------------------------

    def host(self, name: str, *addresses: str) -> HostStack:
        """Put a host on the network under its name; without addresses it gets one of each family."""
        if name in self.hosts:
            raise Misuse(f"there is a host {name!r} already")
        number = len(self.hosts) + 1
        if number > HOSTS_MAX:
            raise Misuse(f"hosts_max={HOSTS_MAX} reached")
        own = tuple(map(normal, addresses)) or (f"10.0.{number >> 8}.{number & 255}", f"fd00::{number:x}")
        taken = [ip for ip in own if ip in self._by_ip]
        if taken:
            raise Misuse(f"address {taken[0]} of host {name!r} belongs to {self._by_ip[taken[0]].name!r}")
        stack = self.hosts[name] = HostStack(self, name, own)
        self._by_ip.update(dict.fromkeys(own, stack))
        self.zone.set(name, *own)
        return stack

    def trace(self, *, on: bool) -> None:
        """Make events, or none: they take every write the long way."""
        self.traced = on
        self.refresh()

    @property
    def gate(self) -> Gate | None:
        """Whom to ask about every connect, send, datagram and lookup; None when there is nothing to ask."""
        return self._gate

    @gate.setter
    def gate(self, gate: Gate | None) -> None:
        before, self._gate = self._gate, gate
        if (before is None) != (gate is None):
            self.refresh()

    def host_at(self, ip: str) -> HostStack | None:
        return self._by_ip.get(ip)

    def link(self, source: HostStack, target: HostStack) -> Link:
        """The link from one host to another, made when first used."""
        key = (source.name, target.name)
        link = self._links.get(key)
        if link is None:
            profile = self.default_loopback if source is target else self.default_link
            link = self._links[key] = Link(self.clock, source, target, profile)
        return link

    def _between(self, one: str, other: str, *, one_way: bool = False) -> list[Link]:
        for name in (one, other):
            if name not in self.hosts:
                raise Misuse(f"there is no host {name!r}", hint=f"hosts: {', '.join(self.hosts)}")
        links = [self.link(self.hosts[one], self.hosts[other])]
        if not one_way and one != other:
            links.append(self.link(self.hosts[other], self.hosts[one]))
        return links

    def refresh(self) -> None:
        """After any change of links, gate or trace: find out anew which writes may take the short way."""
        for link in self._links.values():
            link.refresh()
        for stream in self._streams:
            stream.refresh()

    # --- faults ---------------------------------------------------------------------------------------

    def set_link(self, one: str, other: str, profile: LinkProfile | None = None, *, one_way: bool = False,
                 **changes: int) -> None:  # fmt: skip
        """Change what a link is like: give a whole profile, or what is to change of the present one."""
        for link in self._between(one, other, one_way=one_way):
            link.profile = replace(profile or link.profile, **changes)
            told = asdict(link.profile)
            self._tell("net.link", link, **{name: told[name] for name in ("latency_ns", "jitter_ns", "bytes_per_s")})
        self.refresh()
        self._resize()

    def _resize(self) -> None:
        for stream in self._streams:
            stream.window = stream.outgoing.link.profile.window_bytes

    def partition(self, one: str, other: str, *, one_way: bool = False) -> None:
        """Let nothing through from one host to the other, and back unless `one_way`."""
        for link in self._between(one, other, one_way=one_way):
            link.cut = True
            self._tell("net.partition", link, oneway=one_way)
        self.refresh()

    def heal(self, one: str, other: str, *, one_way: bool = False) -> None:
        """Let everything through again; connections notice at their next try."""
        for link in self._between(one, other, one_way=one_way):
            link.cut = False
            self._tell("net.heal", link)
        self.refresh()

    def hold(self, one: str, other: str, *, one_way: bool = False) -> None:
        """Keep all that is sent, without losing it, until it is released."""
        for link in self._between(one, other, one_way=one_way):
            link.held = True
            self._tell("net.hold", link)
        self.refresh()

    def release(self, one: str, other: str, *, one_way: bool = False) -> None:
        for link in self._between(one, other, one_way=one_way):
            self._tell("net.release", link)
            link.release()
        self.refresh()

    def heal_all(self) -> None:
        """Lift every partition and every hold."""
        for link in list(self._links.values()):
            if link.cut:
                self.heal(link.source.name, link.target.name, one_way=True)
            if link.held:
                self.release(link.source.name, link.target.name, one_way=True)

    def power_off(self, name: str) -> None:
        """Let a host go dark: its peers hear nothing more, not even an end."""
        stack = self.hosts[name]
        stack.up = False
        self.refresh()  # Before anything ends: not even an end may leave.
        for stream in [stream for stream in self._streams if stream.host == name]:
            stream.vanish()
        stack.forget()
        self.refresh()

    def power_on(self, name: str) -> None:
        """Bring a host back without any memory: old connections that reach it are reset."""
        self.hosts[name].up = True
        self.refresh()

    def _tell(self, kind: str, link: Link, **fields: object) -> None:
        if self.traced:
            self.clock.emit(kind, host="", src=link.source.name, dst=link.target.name, **fields)

    # --- connections ----------------------------------------------------------------------------------

    def next_conn(self) -> int:
        self._conns += 1
        if self._conns > CONNECTIONS_MAX:
            raise Misuse(f"connections_max={CONNECTIONS_MAX} reached")
        return self._conns

    def join(self, dial: Dial, listener: Listener) -> tuple[Stream, Stream]:
        """Make the two ends of a connection that was agreed on."""
        target = dial.target
        assert target is not None
        server_v6 = not isinstance(listener.local, str) and is_v6(str(listener.local[0]))
        local, remote = dial.local, dial.remote
        here = socket_address(normal(str(remote[0])), remote[1], v6=server_v6)
        there = socket_address(normal(str(local[0])), local[1], v6=server_v6)
        client = Stream(self, dial.conn, dial.stack.name, _stream_address(local), _stream_address(remote), dial.port)
        server = Stream(self, dial.conn, target.name, here, there, dial.port)
        self._wire(client, server, self.link(dial.stack, target), self.link(target, dial.stack), dial.site)
        return client, server

    def pair(self, stack: HostStack, local: str, remote: str) -> tuple[Stream, Stream]:
        """Make two ends of a connection that never leaves its host."""
        conn = self.next_conn()
        link = Link(self.clock, stack, stack, IDEAL)
        client, server = Stream(self, conn, stack.name, local, remote, 0), Stream(self, conn, stack.name, remote, "", 0)
        client.direct = server.direct = True
        self._wire(client, server, link, link, f"{stack.name} #{conn}")
        return client, server

    def _wire(self, client: Stream, server: Stream, there: Link, back: Link, site: str) -> None:
        client.peer, server.peer = server, client
        client.outgoing = server.incoming = Wire(self.clock, there, back, client, server, f"{site} out")
        server.outgoing = client.incoming = Wire(self.clock, back, there, server, client, f"{site} back")
        for stream in (client, server):
            stream.window = stream.outgoing.link.profile.window_bytes
            self._streams[stream] = None
        client.refresh()
        server.refresh()

    def over(self, stream: Endpoint) -> None:
        """An end is no more."""
        self._streams.pop(stream, None)

    def told(self, kind: str, stream: Endpoint, other: Endpoint) -> None:
        """Record that an end of a connection did or saw something."""
        if self.traced:
            self.clock.emit(kind, host=stream.host, conn=stream.conn, src=stream.name, dst=other.name)

    # --- inspection -----------------------------------------------------------------------------------

    def netstat(self) -> list[dict[str, Any]]:
        """Every listener and every end of a connection, as plain data."""
        return netstat(self.hosts.values(), self._streams)


def _stream_address(address: tuple[Any, ...]) -> SocketAddress:
    return address[0], address[1], *address[2:]
