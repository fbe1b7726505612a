"""Connections of the network model without a kernel: dial, listen, accept by hand."""

from simulator.world.network import HostStack, LinkProfile, Network
from simulator.world.network.bindings import Binding
from simulator.world.network.listener import Listener
from simulator.world.network.stream import Stream
from tests.support.timeline import ScriptedTimeline

SECOND_NS = 10**9
MS_NS = 10**6


def network(profile: LinkProfile, *, traced: bool = False) -> tuple[ScriptedTimeline, Network, HostStack, HostStack]:
    """A client and a server with one kind of link between them."""
    clock = ScriptedTimeline(traced=traced)
    net = Network(clock, link=profile, loopback=profile)
    return clock, net, net.host("client", "10.0.0.1"), net.host("server", "10.0.0.2")


def listen(stack: HostStack, port: int, *, ip: str = "0.0.0.0", backlog: int = 100) -> Listener:
    return stack.listen(bind(stack, port, ip=ip), backlog, v6=":" in ip)


def bind(stack: HostStack, port: int, *, ip: str = "0.0.0.0", transport: str = "tcp", reuse: bool = False) -> Binding:
    return stack.bind(transport, ip, port, reuse_address=reuse, reuse_port=False, v6_only=True)


def dial(stack: HostStack, ip: str, port: int) -> list[Stream | int]:
    """Begin to connect; the outcome is put into the list."""
    outcome: list[Stream | int] = []
    stack.dial(None, (ip, port), outcome.append, v6=False)
    return outcome


def connect(clock: ScriptedTimeline, client: HostStack, server: HostStack, port: int = 80) -> tuple[Stream, Stream]:
    """Two ends of a new connection."""
    listener = listen(server, port)
    outcome = dial(client, server.addresses[0], port)
    clock.run_for(SECOND_NS)
    stream, accepted = outcome[0], listener.accept()
    assert isinstance(stream, Stream)
    assert accepted is not None
    return stream, accepted


def read_all(stream: Stream) -> bytes:
    """Everything that may be read now."""
    parts = []
    while part := stream.take(1 << 20):
        parts.append(part)
    return b"".join(parts)
