"""Each host asks the simulated DNS, with its own file first; nothing is asked of the machine."""

from socket import EAI_AGAIN, EAI_NONAME

from simulator.world.network import IDEAL, Attempt, Delay, Fail, Verdict
from simulator.world.network.names import DELAY_NS, TIMEOUT_NS
from tests.support.connections import SECOND_NS, network


def test_hosts_find_each_other_by_name() -> None:
    _, _, client, _ = network(IDEAL)

    answer = client.lookup("Server.")

    assert (answer.addresses, answer.error, answer.delay_ns) == (("10.0.0.2",), 0, DELAY_NS)


def test_localhost_and_the_own_name_are_known_without_asking() -> None:
    _, _, client, _ = network(IDEAL)

    assert client.lookup("localhost").addresses == ("::1", "127.0.0.1")
    assert (client.lookup("client").addresses, client.lookup("client").delay_ns) == (("10.0.0.1",), 0)


def test_an_unknown_name_does_not_exist() -> None:
    _, _, client, _ = network(IDEAL)

    assert client.lookup("nowhere.example").error == EAI_NONAME


def test_answers_change_and_slow_down() -> None:
    _, net, client, _ = network(IDEAL)

    net.zone.set("db.example", "10.0.0.2")
    first = client.lookup("db.example").addresses
    net.zone.set("db.example", "10.0.0.1", delay_ns=SECOND_NS)
    second = client.lookup("db.example")
    net.zone.remove("db.example")

    assert (first, second.addresses, second.delay_ns) == (("10.0.0.2",), ("10.0.0.1",), SECOND_NS)
    assert client.lookup("db.example").error == EAI_NONAME


def test_a_host_may_see_other_addresses_than_the_rest() -> None:
    _, _, client, server = network(IDEAL)

    client.override("server", "10.9.9.9")

    assert client.lookup("server").addresses == ("10.9.9.9",)
    assert server.lookup("server").addresses == ("10.0.0.2",)


def test_servers_that_are_silent_cost_ten_seconds() -> None:
    _, net, client, _ = network(IDEAL)

    net.zone.silent = True
    answer = client.lookup("server")

    assert (answer.error, answer.delay_ns) == (EAI_AGAIN, TIMEOUT_NS)


def test_the_gate_is_asked_about_lookups() -> None:
    _, net, client, _ = network(IDEAL)
    asked: list[Attempt] = []
    verdicts: list[Verdict] = [Delay(SECOND_NS), Fail(EAI_AGAIN)]

    def gate(attempt: Attempt) -> Verdict | None:
        asked.append(attempt)
        return verdicts.pop(0)

    net.gate = gate
    slow, failed = client.lookup("server"), client.lookup("server")

    assert asked == [Attempt("dns.query", "client", "", name="server")] * 2
    assert (slow.addresses, slow.delay_ns) == (("10.0.0.2",), SECOND_NS + DELAY_NS)
    assert failed.error == EAI_AGAIN


def test_an_address_has_the_name_of_its_host() -> None:
    _, _, client, _ = network(IDEAL)

    assert [client.name_of(ip) for ip in ("10.0.0.2", "127.0.0.1", "10.1.1.1")] == ["server", "localhost", None]
