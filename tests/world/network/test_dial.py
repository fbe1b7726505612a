"""A connection attempt succeeds, is refused, finds no way, or hangs until the kernel gives up, as on Linux."""

import errno

import pytest

from simulator.world.network import IDEAL, Attempt, Delay, Fail, LinkProfile, Lose, Verdict
from simulator.world.network.stream import Stream
from tests.support.connections import MS_NS, SECOND_NS, bind, dial, listen, network, read_all

SLOW = LinkProfile(latency_ns=10 * MS_NS)


def test_a_connection_takes_one_round_trip_for_the_client() -> None:
    clock, _, client, server = network(SLOW)
    listener = listen(server, 80)

    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(20 * MS_NS - 1)
    early = list(outcome)
    clock.run_for(1)
    waiting = listener.waiting
    clock.run_for(10 * MS_NS)

    assert (early, waiting, listener.waiting) == ([], 0, 1)
    assert isinstance(outcome[0], Stream)


def test_both_ends_know_each_other() -> None:
    clock, _, client, server = network(IDEAL)
    listener = listen(server, 80)

    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(0)
    accepted = listener.accept()

    assert isinstance(outcome[0], Stream)
    assert accepted is not None
    assert (outcome[0].local, outcome[0].remote) == (("10.0.0.1", 32768), ("10.0.0.2", 80))
    assert (accepted.local, accepted.remote) == (outcome[0].remote, outcome[0].local)


def test_a_port_where_nobody_listens_refuses_after_a_round_trip() -> None:
    clock, _, client, _ = network(SLOW)

    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(20 * MS_NS - 1)
    early = list(outcome)
    clock.run_for(1)

    assert (early, outcome) == ([], [errno.ECONNREFUSED])


def test_an_address_that_nobody_has_is_unreachable_after_three_seconds() -> None:
    clock, _, client, _ = network(SLOW)

    outcome = dial(client, "10.0.9.9", 80)
    clock.run_for(3 * SECOND_NS - 1)
    early = list(outcome)
    clock.run_for(1)

    assert (early, outcome) == ([], [errno.EHOSTUNREACH])


def test_a_family_that_the_host_lacks_is_unreachable_at_once() -> None:
    clock, _, client, _ = network(SLOW)
    outcome: list[Stream | int] = []

    client.dial(None, ("2001:db8::1", 80, 0, 0), outcome.append, v6=True)
    clock.run_for(0)

    assert outcome == [errno.ENETUNREACH]


def test_an_attempt_into_a_partition_hangs_for_127_seconds() -> None:
    clock, net, client, server = network(SLOW)
    listen(server, 80)
    net.partition("client", "server")

    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(127 * SECOND_NS - 1)
    early = list(outcome)
    clock.run_for(1)

    assert (early, outcome) == ([], [errno.ETIMEDOUT])


def test_after_a_heal_the_next_try_connects() -> None:
    clock, net, client, server = network(SLOW)
    listen(server, 80)
    net.partition("client", "server", one_way=True)

    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(2 * SECOND_NS)
    net.heal("client", "server")
    clock.run_for(SECOND_NS)
    early = list(outcome)
    clock.run_for(SECOND_NS)

    assert early == []  # Tries are after one and three seconds.
    assert isinstance(outcome[0], Stream)


def test_a_partition_of_the_way_back_hangs_as_well() -> None:
    clock, net, client, server = network(SLOW)
    listen(server, 80)
    net.partition("server", "client", one_way=True)

    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(60 * SECOND_NS)

    assert outcome == []


def test_a_held_attempt_goes_on_when_it_is_released() -> None:
    clock, net, client, server = network(SLOW)
    listener = listen(server, 80)
    net.hold("client", "server")

    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(500 * MS_NS)
    early = list(outcome)
    net.release("client", "server")
    clock.run_for(30 * MS_NS)

    assert early == []
    assert isinstance(outcome[0], Stream)
    assert listener.waiting == 1


def test_a_full_backlog_lets_the_next_one_try_again() -> None:
    clock, _, client, server = network(IDEAL)
    listener = listen(server, 80, backlog=0)

    first, second = dial(client, "10.0.0.2", 80), dial(client, "10.0.0.2", 80)
    clock.run_for(500 * MS_NS)
    early = len(first), len(second)
    listener.accept()
    clock.run_for(SECOND_NS)

    assert early == (1, 0)
    assert isinstance(second[0], Stream)


def test_a_listener_that_closes_resets_who_was_not_accepted() -> None:
    clock, _, client, server = network(SLOW)
    listener = listen(server, 80)
    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(SECOND_NS)

    listener.close()
    clock.run_for(SECOND_NS)

    assert isinstance(outcome[0], Stream)
    with pytest.raises(ConnectionResetError):
        outcome[0].take(1)


def test_a_cancelled_attempt_says_nothing() -> None:
    clock, _, client, server = network(SLOW)
    listener = listen(server, 80)
    outcome: list[Stream | int] = []

    attempt, _ = client.dial(None, ("10.0.0.2", 80), outcome.append, v6=False)
    attempt.cancel()
    clock.run_for(SECOND_NS)

    assert (outcome, listener.waiting, listener.full) == ([], 0, False)


@pytest.mark.parametrize(
    ("verdict", "after_ns", "refused"),
    [
        (Fail(errno.ECONNREFUSED), 0, [errno.ECONNREFUSED]),
        (Delay(SECOND_NS), SECOND_NS + 20 * MS_NS, None),
        (Lose(), SECOND_NS + 20 * MS_NS, None),
        (None, 20 * MS_NS, None),
    ],
    ids=["fail", "delay", "lose", "pass"],
)
def test_the_gate_is_asked_about_every_attempt(verdict: Verdict | None, after_ns: int, refused: list[int]) -> None:
    clock, net, client, server = network(SLOW)
    listen(server, 80)
    asked: list[Attempt] = []

    def gate(attempt: Attempt) -> Verdict | None:
        asked.append(attempt)
        return verdict

    net.gate = gate
    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(after_ns - 1)
    early = list(outcome)
    clock.run_for(1)

    assert asked == [Attempt("net.connect", "client", "server", 80)]
    assert early == []
    assert outcome == refused if refused else isinstance(outcome[0], Stream)


def test_loopback_belongs_to_each_host() -> None:
    clock, _, client, server = network(IDEAL)
    listen(server, 80, ip="127.0.0.1")

    from_outside, from_inside = dial(client, "127.0.0.1", 80), dial(server, "127.0.0.1", 80)
    to_its_address = dial(client, "10.0.0.2", 80)
    clock.run_for(SECOND_NS)

    assert from_outside == [errno.ECONNREFUSED]
    assert to_its_address == [errno.ECONNREFUSED]
    assert isinstance(from_inside[0], Stream)


def test_ports_are_handed_out_in_order_and_come_back() -> None:
    clock, _, client, server = network(IDEAL)
    listen(server, 80)

    outcomes = [dial(client, "10.0.0.2", 80) for _ in range(3)]
    clock.run_for(SECOND_NS)

    assert [outcome[0].local for outcome in outcomes if isinstance(outcome[0], Stream)] == [
        ("10.0.0.1", port) for port in (32768, 32769, 32770)
    ]


def test_a_port_in_use_cannot_be_bound_again() -> None:
    _, _, _, server = network(IDEAL)
    bind(server, 80, ip="10.0.0.2")
    bind(server, 80, ip="127.0.0.1")

    with pytest.raises(OSError, match="in use") as refused:
        bind(server, 80, ip="0.0.0.0")

    assert refused.value.errno == errno.EADDRINUSE


def test_addresses_of_other_hosts_cannot_be_bound() -> None:
    _, _, client, _ = network(IDEAL)

    with pytest.raises(OSError, match="assign") as refused:
        bind(client, 80, ip="10.0.0.2")

    assert refused.value.errno == errno.EADDRNOTAVAIL


def test_data_may_follow_a_connect_at_once() -> None:
    clock, _, client, server = network(LinkProfile(latency_ns=10 * MS_NS, jitter_ns=5 * MS_NS))
    listener = listen(server, 80)
    outcome = dial(client, "10.0.0.2", 80)
    clock.run_for(20 * MS_NS)

    assert isinstance(outcome[0], Stream)
    outcome[0].send(b"first words")
    clock.run_for(SECOND_NS)
    accepted = listener.accept()

    assert accepted is not None
    assert read_all(accepted) == b"first words"
