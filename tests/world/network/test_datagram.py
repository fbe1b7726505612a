"""Datagrams may be lost, doubled or overtaken, and are otherwise delivered whole."""

import errno

import pytest

from simulator.world.network import IDEAL, HostStack, LinkProfile
from simulator.world.network.datagram import BUFFER_BYTES, DatagramPort
from tests.support.connections import MS_NS, SECOND_NS, bind, network


def port(stack: HostStack, number: int, *, ip: str = "0.0.0.0") -> DatagramPort:
    return stack.datagram(bind(stack, number, ip=ip, transport="udp"))


def drain(receiver: DatagramPort) -> list[bytes]:
    got = []
    while (item := receiver.take()) is not None:
        got.append(item[0])
    return got


def test_a_datagram_arrives_whole_and_says_where_it_came_from() -> None:
    clock, _, client, server = network(IDEAL)
    sender, receiver = port(client, 5000), port(server, 53)

    sender.send(b"one", ("10.0.0.2", 53))
    sender.send(b"", ("10.0.0.2", 53))
    clock.run_for(0)

    assert [receiver.take(), receiver.take(), receiver.take()] == [
        (b"one", ("10.0.0.1", 5000)),
        (b"", ("10.0.0.1", 5000)),
        None,
    ]


def test_later_datagrams_may_overtake() -> None:
    clock, _, client, server = network(LinkProfile(jitter_ns=10 * MS_NS))
    sender, receiver = port(client, 5000), port(server, 53)
    clock.script["jitter"] = [9 * MS_NS, 0]

    sender.send(b"first", ("10.0.0.2", 53))
    sender.send(b"second", ("10.0.0.2", 53))
    clock.run_for(SECOND_NS)

    assert drain(receiver) == [b"second", b"first"]


def test_datagrams_are_lost_and_doubled_by_chance() -> None:
    clock, _, client, server = network(LinkProfile(lost_parts=1, doubled_parts=1))
    sender, receiver = port(client, 5000), port(server, 53)
    clock.script = {"lost": [999_999, 0], "doubled": [999_999]}

    sender.send(b"lost", ("10.0.0.2", 53))
    sender.send(b"twice", ("10.0.0.2", 53))
    clock.run_for(SECOND_NS)

    assert drain(receiver) == [b"twice", b"twice"]


def test_a_partition_swallows_datagrams_for_good() -> None:
    clock, net, client, server = network(IDEAL)
    sender, receiver = port(client, 5000), port(server, 53)

    net.partition("client", "server")
    sender.send(b"gone", ("10.0.0.2", 53))
    net.heal("client", "server")
    clock.run_for(SECOND_NS)

    assert drain(receiver) == []


def test_a_connected_sender_learns_that_nobody_listens() -> None:
    clock, _, client, _ = network(IDEAL)
    sender = port(client, 5000)
    sender.connect(("10.0.0.2", 53))

    sender.send(b"anybody?", ("10.0.0.2", 53))
    clock.run_for(SECOND_NS)

    with pytest.raises(ConnectionRefusedError):
        sender.take()
    assert sender.take() is None


def test_a_full_receiver_drops_without_a_word() -> None:
    clock, _, client, server = network(IDEAL)
    sender, receiver = port(client, 5000), port(server, 53)

    for _ in range(10):
        sender.send(bytes(50_000), ("10.0.0.2", 53))
    clock.run_for(SECOND_NS)

    assert len(drain(receiver)) == BUFFER_BYTES // 50_576


def test_a_datagram_that_is_too_long_is_refused() -> None:
    _, _, client, _ = network(IDEAL)

    with pytest.raises(OSError, match="long") as refused:
        port(client, 5000).send(bytes(70_000), ("10.0.0.2", 53))

    assert refused.value.errno == errno.EMSGSIZE
