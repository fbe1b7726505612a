"""Memory, clients and time are limited as the configuration says."""

import pytest

from tests.support.redis_desk import START_MS, Client, Desk


def test_without_eviction_writing_stops_and_reading_goes_on() -> None:
    desk = Desk(maxmemory="1000000")
    client = desk.client()
    said = [client("SET", f"k{number}", "x" * 1000) for number in range(200)]

    assert said[0] == b"+OK\r\n"
    assert said[-1] == b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"
    assert client.line("GET k0").startswith(b"$1000")
    assert client.line("DEL k0 k1 k2 k3") == b":4\r\n"
    assert client("SET", "again", "x") == b"+OK\r\n"


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-ttl"])
def test_with_eviction_room_is_made(policy: str) -> None:
    desk = Desk(maxmemory="1000000", maxmemory_policy=policy, maxmemory_samples="50")
    client = desk.client()
    for number in range(300):
        desk.sleep(1)
        assert client("SET", f"k{number}", "x" * 1000, "EX", 10_000 + number) == b"+OK\r\n"
        client.line("GET k0")

    kept = int(client.line("DBSIZE")[1:])
    assert 50 < kept < 150
    if policy in ("allkeys-lru", "allkeys-lfu", "volatile-lru"):
        assert client.line("EXISTS k0") == b":1\r\n"
    if policy == "volatile-ttl":
        assert client.line("EXISTS k0 k299") == b":1\r\n"


def test_more_clients_than_there_may_be_are_turned_away() -> None:
    desk = Desk(maxclients="2")
    first, second = desk.client(), desk.client()
    third = desk.client()

    assert third.refused
    assert third.wire.written == b"-ERR max number of clients reached\r\n"
    second.leave()
    assert desk.client().line("PING") == first.line("PING") == b"+PONG\r\n"


def test_a_silent_client_is_left_after_the_timeout() -> None:
    desk = Desk(timeout="10")
    silent, busy = desk.client(), desk.client()
    for _ in range(4):
        desk.sleep(5)
        if not busy.wire.closed:
            busy.line("PING")

    assert silent.wire.closed
    assert not busy.wire.closed


def test_a_subscriber_who_does_not_read_is_cut_off() -> None:
    desk = Desk(client_output_buffer_limit="pubsub 1000 0 0")
    listener, speaker = desk.client(), desk.client()
    listener.line("SUBSCRIBE a")
    listener.wire.unread = 2000
    speaker.line("PUBLISH a x")

    assert listener.wire.aborted


def test_keys_end_by_themselves_and_nothing_ticks_in_between() -> None:
    desk = Desk()
    client = desk.client()
    client.line("SET a 1 PX 250")
    client.line("SET b 1 EX 3600")
    desk.sleep(0.5)

    assert len(desk.server.keyspace) == 1
    assert len([timer for _, _, timer in desk._timers if not timer.off]) == 1
    desk.sleep(3600)
    assert len(desk.server.keyspace) == 0
    assert client.line("INFO stats").count(b"expired_keys:2") == 1


def test_config_is_read_set_and_refused_as_in_redis() -> None:
    client = Desk().client()

    assert client.line("CONFIG GET maxmemory-policy") == b"*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n"
    assert client.line("CONFIG SET maxmemory 1mb hz 20") == b"+OK\r\n"
    assert client.line("CONFIG GET maxmemory") == b"*2\r\n$9\r\nmaxmemory\r\n$7\r\n1048576\r\n"
    assert client.line("CONFIG SET nosuch 1") == (
        b"-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'\r\n"
    )
    related = b"-ERR CONFIG SET failed (possibly related to argument '%b') - %b\r\n"
    assert client.line("CONFIG SET port x") == related % (b"port", b"argument couldn't be parsed into an integer")
    assert client.line("CONFIG SET databases 3") == related % (b"databases", b"can't set immutable config")
    words = b"volatile-lru, volatile-lfu, volatile-random, volatile-ttl, "
    words += b"allkeys-lru, allkeys-lfu, allkeys-random, noeviction"
    assert client.line("CONFIG SET maxmemory-policy x") == related % (
        b"maxmemory-policy",
        b"argument(s) must be one of the following: " + words,
    )


def test_time_and_slow_log() -> None:
    desk = Desk(slowlog_log_slower_than="0")
    client = desk.client()

    assert client.line("TIME") == b"*2\r\n$10\r\n%d\r\n$1\r\n0\r\n" % (START_MS // 1000)
    assert client.line("SLOWLOG LEN") != b":0\r\n"
    assert b"TIME" in client.line("SLOWLOG GET")


def tell(client: Client) -> dict[str, str]:
    text = client.line("INFO everything").decode().partition("\r\n")[2]
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def test_info_counts_what_happens() -> None:
    desk = Desk()
    client = desk.client()
    client.line("SET a 1")
    client.line("GET a")
    client.line("GET b")
    client.line("INCR a b")
    told = tell(client)

    assert told["redis_version"] == "7.0.15"
    assert (told["keyspace_hits"], told["keyspace_misses"]) == ("1", "1")
    assert told["connected_clients"] == "1"
    assert told["db0"] == "keys=1,expires=0,avg_ttl=0"
    assert told["cmdstat_get"].startswith("calls=2,")
    assert told["cmdstat_incr"].endswith("rejected_calls=1,failed_calls=0")
    assert told["errorstat_ERR"] == "count=1"
    assert int(told["used_memory"]) > 800_000
