"""A connection gives its reader every byte in order, holds its writer back, and ends as Linux would end it."""

import errno

import pytest

from simulator.world.network import IDEAL, LinkProfile
from tests.support.connections import MS_NS, SECOND_NS, connect, network, read_all

SLOW = LinkProfile(latency_ns=10 * MS_NS)


@pytest.mark.parametrize("profile", [IDEAL, SLOW], ids=["ideal", "slow"])
def test_bytes_arrive_in_order_and_then_the_end(profile: LinkProfile) -> None:
    clock, _, client, server = network(profile)
    near, far = connect(clock, client, server)

    assert [near.send(b"one "), near.send(b"two")] == [4, 3]
    near.shut_write()
    clock.run_for(SECOND_NS)

    assert read_all(far) == b"one two"
    assert far.take(10) == b""
    assert far.take(10) == b""


def test_nothing_arrives_before_the_latency_has_passed() -> None:
    clock, _, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.send(b"hello")
    clock.run_for(10 * MS_NS - 1)
    early = far.take(10)
    clock.run_for(1)

    assert (early, far.take(10)) == (None, b"hello")


def test_bandwidth_is_shared_by_the_connections_of_a_link() -> None:
    clock, _, client, server = network(LinkProfile(bytes_per_s=1000))
    one, far_one = connect(clock, client, server, 80)
    two, far_two = connect(clock, client, server, 81)

    one.send(bytes(500))
    two.send(bytes(500))
    clock.run_for(SECOND_NS // 2)
    first = far_one.readable(), far_two.readable()
    clock.run_for(SECOND_NS // 2)

    assert first == (True, False)
    assert far_two.readable()


@pytest.mark.parametrize("profile", [IDEAL, SLOW], ids=["ideal", "slow"])
def test_a_full_window_takes_no_more_until_the_reader_reads(profile: LinkProfile) -> None:
    clock, net, client, server = network(profile)
    near, far = connect(clock, client, server)
    net.set_link("client", "server", window_bytes=10)
    told: list[int] = []
    near.attach(lambda: None, lambda: told.append(clock.now_ns))

    taken = [near.send(b"1234567"), near.send(b"1234567"), near.send(b"x")]
    clock.run_for(SECOND_NS)
    held, before = near.writable(), list(told)
    got = read_all(far)
    clock.run_for(SECOND_NS)

    assert taken == [7, 3, 0]
    assert (held, before) == (False, [])
    assert got == b"1234567123"
    assert (near.writable(), len(told)) == (True, 1)


def test_the_news_of_room_takes_the_way_back() -> None:
    clock, net, client, server = network(SLOW)
    near, far = connect(clock, client, server)
    net.set_link("client", "server", window_bytes=4)
    told: list[int] = []
    near.attach(lambda: None, lambda: told.append(clock.now_ns))

    near.send(b"12345")
    clock.run_for(SECOND_NS)
    read_at_ns = clock.now_ns
    read_all(far)
    clock.run_for(SECOND_NS)

    assert told == [read_at_ns + 10 * MS_NS]


def test_a_half_closed_connection_still_answers() -> None:
    clock, _, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.send(b"question")
    near.shut_write()
    clock.run_for(SECOND_NS)
    asked = read_all(far)
    far.send(b"answer")
    far.close()
    clock.run_for(SECOND_NS)

    assert asked == b"question"
    assert read_all(near) == b"answer"
    with pytest.raises(BrokenPipeError):
        near.send(b"more")


def test_what_was_written_before_a_close_is_delivered() -> None:
    clock, _, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.send(b"last words")
    near.close()
    clock.run_for(SECOND_NS)

    assert far.take(100) == b"last words"
    assert far.take(100) == b""


@pytest.mark.parametrize("profile", [IDEAL, SLOW], ids=["ideal", "slow"])
def test_closing_with_bytes_unread_resets_the_other_side(profile: LinkProfile) -> None:
    clock, _, client, server = network(profile)
    near, far = connect(clock, client, server)

    near.send(b"unread")
    clock.run_for(SECOND_NS)
    far.close()
    clock.run_for(SECOND_NS)

    with pytest.raises(ConnectionResetError):
        near.take(10)
    assert near.take(10) == b""
    with pytest.raises(BrokenPipeError):
        near.send(b"more")


@pytest.mark.parametrize("profile", [IDEAL, SLOW], ids=["ideal", "slow"])
def test_bytes_for_a_closed_end_are_answered_by_a_reset(profile: LinkProfile) -> None:
    clock, _, client, server = network(profile)
    near, far = connect(clock, client, server)

    far.close()
    clock.run_for(SECOND_NS)
    first = near.send(b"too late")  # The kernel takes them: it does not know yet.
    clock.run_for(SECOND_NS)

    assert (near.take(10), first) == (b"", 8)
    with pytest.raises(BrokenPipeError):  # EPIPE, not ECONNRESET: the end had come first.
        near.send(b"more")


def test_bytes_that_came_before_a_reset_can_still_be_read() -> None:
    clock, _, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.send(b"before")
    near.close(reset=True)
    clock.run_for(SECOND_NS)

    assert far.take(10) == b"before"
    with pytest.raises(ConnectionResetError):
        far.take(10)
    assert far.take(10) == b""


def test_the_first_write_after_a_reset_says_so_and_later_ones_are_broken_pipes() -> None:
    clock, _, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.close(reset=True)
    clock.run_for(SECOND_NS)

    with pytest.raises(ConnectionResetError):
        far.send(b"x")
    with pytest.raises(BrokenPipeError):
        far.send(b"x")


def test_one_read_joins_what_has_arrived_up_to_its_size() -> None:
    clock, _, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    for part in (b"abc", b"defg", b"h"):
        near.send(part)
    clock.run_for(SECOND_NS)

    assert [far.take(2), far.take(3), far.take(100), far.take(1)] == [b"ab", b"cde", b"fgh", None]


def test_a_single_write_is_passed_on_without_a_copy() -> None:
    clock, _, client, server = network(IDEAL)
    near, far = connect(clock, client, server)
    body = bytes(100_000)

    near.send(body)

    assert far.take(1 << 20) is body


def test_a_lost_segment_comes_later_and_never_goes_missing() -> None:
    clock, _, client, server = network(LinkProfile(latency_ns=MS_NS, lost_parts=500_000))
    near, far = connect(clock, client, server)
    clock.script["lost"] = [999_999, 0]

    near.send(b"one")
    near.send(b"two")
    clock.run_for(100 * MS_NS)
    early = far.take(10)
    clock.run_for(SECOND_NS)

    assert early is None  # The second write waits for the first.
    assert read_all(far) == b"onetwo"


def test_a_chopped_write_arrives_in_two_pieces() -> None:
    clock, _, client, server = network(LinkProfile(latency_ns=MS_NS, jitter_ns=100 * MS_NS, chopped_parts=500_000))
    near, far = connect(clock, client, server)
    clock.script = {"chop": [999_999], "chop at": [2], "jitter": [0, 50 * MS_NS]}

    near.send(b"abcdef")
    clock.run_for(2 * MS_NS)
    first = far.take(10)
    clock.run_for(SECOND_NS)

    assert (first, far.take(10)) == (b"abc", b"def")


def test_after_both_sides_have_closed_nothing_is_left() -> None:
    clock, net, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.close()
    clock.run_for(SECOND_NS)
    assert far.take(1) == b""
    far.close()
    clock.run_for(SECOND_NS)

    assert [row["state"] for row in net.netstat()] == ["LISTEN"]


def test_a_pending_error_is_told_once() -> None:
    clock, _, client, server = network(SLOW)
    near, far = connect(clock, client, server)

    near.close(reset=True)
    clock.run_for(SECOND_NS)

    assert [far.take_error(), far.take_error()] == [errno.ECONNRESET, 0]
