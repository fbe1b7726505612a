"""Partitions, holds and power cuts look to a connection's two ends as they would on a real network."""

import errno

import pytest

from simulator.world.network import IDEAL, Attempt, Delay, Fail, LinkProfile, Network, Verdict
from simulator.world.network.stream import Stream
from tests.support.connections import MS_NS, SECOND_NS, connect, dial, network, read_all
from tests.support.timeline import ScriptedTimeline

SLOW = LinkProfile(latency_ns=10 * MS_NS)
both = pytest.mark.parametrize("profile", [IDEAL, SLOW], ids=["ideal", "slow"])


@both
def test_a_partition_is_silent_and_its_bytes_come_after_the_heal(profile: LinkProfile) -> None:
    clock, net, client, server = network(profile)
    near, far = connect(clock, client, server)

    net.partition("client", "server")
    near.send(b"one ")
    near.send(b"two")
    clock.run_for(5 * SECOND_NS)
    silent = far.take(10)
    net.heal("client", "server")
    clock.run_for(10 * SECOND_NS)

    assert silent is None
    assert read_all(far) == b"one two"


def test_a_healed_connection_waits_for_its_next_try() -> None:
    clock, net, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    net.partition("client", "server")
    near.send(b"hello")
    clock.run_for(700 * MS_NS)  # Tries are after 0.2, 0.6 and 1.4 seconds.
    net.heal("client", "server")
    clock.run_for(700 * MS_NS)
    early = far.take(10)
    clock.run_for(10 * MS_NS)

    assert (early, far.take(10)) == (None, b"hello")


def test_what_was_under_way_when_the_link_was_cut_arrives() -> None:
    clock, net, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.send(b"sent before")
    net.partition("client", "server")
    clock.run_for(SECOND_NS)

    assert far.take(100) == b"sent before"


@both
def test_a_writer_into_endless_silence_is_told_after_fifteen_minutes(profile: LinkProfile) -> None:
    clock, net, client, server = network(profile)
    near, _ = connect(clock, client, server)

    net.partition("client", "server")
    near.send(b"hello?")
    clock.run_for(900 * SECOND_NS)
    before = near.error
    clock.run_for(60 * SECOND_NS)

    assert before == 0
    with pytest.raises(TimeoutError) as told:
        near.take(10)
    assert told.value.errno == errno.ETIMEDOUT


def test_an_idle_connection_does_not_notice_a_partition() -> None:
    clock, net, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    net.partition("client", "server")
    clock.run_for(3600 * SECOND_NS)
    net.heal("client", "server")
    near.send(b"still here")
    clock.run_for(SECOND_NS)

    assert far.take(100) == b"still here"


@both
def test_a_one_way_partition_lets_the_other_way_through_but_its_window_stays_full(profile: LinkProfile) -> None:
    clock, net, client, server = network(profile)
    near, far = connect(clock, client, server)
    net.set_link("client", "server", window_bytes=4)

    net.partition("server", "client", one_way=True)
    near.send(b"1234")
    clock.run_for(100 * MS_NS)
    got = read_all(far)
    clock.run_for(5 * SECOND_NS)
    full = near.send(b"5")
    net.heal("server", "client", one_way=True)
    clock.run_for(10 * SECOND_NS)

    assert (got, full) == (b"1234", 0)
    assert near.send(b"5") == 1


@both
def test_a_reset_that_was_lost_in_a_partition_is_said_again_to_who_writes(profile: LinkProfile) -> None:
    clock, net, client, server = network(profile)
    near, far = connect(clock, client, server)

    net.partition("server", "client", one_way=True)
    far.reset()
    far.close()
    near.send(b"hello?")
    clock.run_for(10 * SECOND_NS)
    before = near.dead
    net.heal("server", "client", one_way=True)
    clock.run_for(10 * SECOND_NS)

    assert not before
    with pytest.raises(ConnectionResetError):
        near.send(b"still there?")


@both
def test_who_writes_into_a_connection_that_was_reset_unheard_is_told_once_the_way_is_free(profile: LinkProfile) -> None:
    clock, net, client, server = network(profile)
    near, far = connect(clock, client, server)

    net.partition("server", "client", one_way=True)
    far.reset()
    far.close()
    net.heal("server", "client", one_way=True)
    clock.run_for(10 * SECOND_NS)
    before = near.dead
    near.send(b"still there?")
    clock.run_for(10 * SECOND_NS)

    assert not before  # Nobody says a lost reset again by himself.
    with pytest.raises(ConnectionResetError):
        near.take(10)


@both
def test_a_held_link_keeps_everything_in_order(profile: LinkProfile) -> None:
    clock, net, client, server = network(profile)
    near, far = connect(clock, client, server)

    net.hold("client", "server")
    near.send(b"one ")
    near.send(b"two")
    near.shut_write()
    clock.run_for(3600 * SECOND_NS)
    held = far.take(10)
    net.release("client", "server")
    clock.run_for(10 * MS_NS)

    assert held is None
    assert (read_all(far), far.take(1)) == (b"one two", b"")


@both
def test_a_host_without_power_is_silent_and_resets_once_it_is_back(profile: LinkProfile) -> None:
    clock, _, client, server = network(profile)
    near, _ = connect(clock, client, server)

    server.power_off()
    near.send(b"hello?")
    clock.run_for(60 * SECOND_NS)
    silent = near.take(10)
    server.power_on()
    clock.run_for(120 * SECOND_NS)

    assert silent is None
    with pytest.raises(ConnectionResetError):
        near.take(10)


def test_a_host_that_comes_back_has_no_listeners_and_no_connections() -> None:
    clock, net, client, server = network(IDEAL)
    connect(clock, client, server)

    server.power_off()
    hung = dial(client, "10.0.0.2", 80)
    clock.run_for(10 * SECOND_NS)
    silent = list(hung)
    server.power_on()
    clock.run_for(60 * SECOND_NS)

    assert (silent, hung) == ([], [errno.ECONNREFUSED])
    assert [row["host"] for row in net.netstat()] == ["client"]


def test_what_a_host_sent_before_it_lost_power_still_arrives() -> None:
    clock, _, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.send(b"last words")
    client.power_off()
    clock.run_for(SECOND_NS)

    assert (far.take(100), far.take(100)) == (b"last words", None)


def gated(net: Network, verdict: Verdict | None) -> list[Attempt]:
    asked: list[Attempt] = []

    def gate(attempt: Attempt) -> Verdict | None:
        asked.append(attempt)
        return verdict

    net.gate = gate
    return asked


@both
def test_the_gate_may_reset_a_write(profile: LinkProfile) -> None:
    clock, net, client, server = network(profile)
    near, far = connect(clock, client, server)
    asked = gated(net, Fail(errno.ECONNRESET))

    with pytest.raises(ConnectionResetError):
        near.send(b"hello")
    clock.run_for(SECOND_NS)

    assert asked == [Attempt("net.send", "client", "server", 80, 5)]
    with pytest.raises(ConnectionResetError):
        far.take(10)


def test_the_gate_may_delay_a_write_and_all_behind_it() -> None:
    clock, net, client, server = network(IDEAL)
    near, far = connect(clock, client, server)

    gated(net, Delay(SECOND_NS))
    near.send(b"one ")
    net.gate = None
    near.send(b"two")
    clock.run_for(SECOND_NS - 1)
    early = far.take(10)
    clock.run_for(1)

    assert (early, read_all(far)) == (None, b"one two")


def test_the_trace_says_sizes_and_checksums_and_never_contents() -> None:
    clock, _, client, server = network(SLOW, traced=True)
    near, far = connect(clock, client, server)

    near.send(b"secret words")
    near.close()
    clock.run_for(SECOND_NS)
    read_all(far)
    far.close()
    clock.run_for(SECOND_NS)

    assert kinds(clock) == [
        "net.listen", "net.connect", "net.accept", "net.send", "net.close", "net.eof", "net.deliver", "net.close",
        "net.eof",
    ]  # fmt: skip
    assert "secret" not in repr(clock.events)
    sent = next(fields for _, kind, _, fields in clock.events if kind == "net.send")
    assert {name: value for name, value in sent.items() if name != "checksum"} == {
        "conn": 1, "src": "client:32768", "dst": "server:80", "bytes": 12,
    }  # fmt: skip


def test_refusals_and_resets_are_traced() -> None:
    clock, _, client, server = network(SLOW, traced=True)
    near, _ = connect(clock, client, server)

    dial(client, "10.0.0.2", 81)
    near.close(reset=True)
    clock.run_for(SECOND_NS)

    assert kinds(clock)[3:] == ["net.connect", "net.close", "net.reset", "net.reset", "net.refused"]


def test_links_that_change_say_so() -> None:
    clock, net, _, _ = network(SLOW, traced=True)

    net.partition("client", "server", one_way=True)
    net.heal_all()
    net.hold("client", "server", one_way=True)
    net.heal_all()
    net.set_link("client", "server", latency_ns=5, one_way=True)

    assert kinds(clock) == ["net.partition", "net.heal", "net.hold", "net.release", "net.link"]


def test_draws_carry_the_name_of_their_link_and_connection() -> None:
    clock, _, client, server = network(LinkProfile(latency_ns=MS_NS, jitter_ns=10))
    near, _ = connect(clock, client, server)
    clock.draws.clear()

    near.send(b"hello")

    assert clock.draws == [("link client->server", "client->server:80 #1 out", "jitter", 11)]


def kinds(clock: ScriptedTimeline) -> list[str]:
    return [kind for _, kind, _, _ in clock.events]


def test_a_stream_prints_its_status() -> None:
    clock, _, client, server = network(SLOW)
    near, _ = connect(clock, client, server)

    assert isinstance(near, Stream)
    assert repr(near) == "<stream 1 client:32768->server:80 ESTABLISHED>"
