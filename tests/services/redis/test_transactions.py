"""Transactions happen as a whole or not at all, and the ways in which they fail are told apart."""

from tests.support.redis_desk import Desk


def test_what_is_queued_is_carried_out_together() -> None:
    client = Desk().client()

    assert client.line("MULTI") == b"+OK\r\n"
    assert client.line("SET a 1") == b"+QUEUED\r\n"
    assert client.line("INCR a") == b"+QUEUED\r\n"
    assert client.line("EXEC") == b"*2\r\n+OK\r\n:2\r\n"


def test_a_command_that_cannot_be_queued_aborts_all() -> None:
    client = Desk().client()
    client.line("MULTI")
    client.line("SET a 1")

    assert client.line("GET") == b"-ERR wrong number of arguments for 'get' command\r\n"
    assert client.line("EXEC") == b"-EXECABORT Transaction discarded because of previous errors.\r\n"
    assert client.line("GET a") == b"$-1\r\n"


def test_a_command_that_fails_does_not_undo_the_others() -> None:
    client = Desk().client()
    for line in ("MULTI", "SET a x", "INCR a", "SET b 1"):
        client.line(line)

    assert client.line("EXEC") == b"*3\r\n+OK\r\n-ERR value is not an integer or out of range\r\n+OK\r\n"


def test_a_watched_key_that_changes_spoils_it() -> None:
    desk = Desk()
    one, other = desk.client(), desk.client()
    one.line("WATCH a")
    other.line("SET a 1")
    one.line("MULTI")
    one.line("SET a 2")

    assert one.line("EXEC") == b"*-1\r\n"
    assert one.line("MULTI") + one.line("PING") + one.line("EXEC") == b"+OK\r\n+QUEUED\r\n*1\r\n+PONG\r\n"


def test_a_watched_key_that_expires_spoils_it() -> None:
    desk = Desk()
    one = desk.client()
    one.line("SET a 1 PX 50")
    one.line("WATCH a")
    desk.sleep(0.06)
    one.line("MULTI")

    assert one.line("EXEC") == b"*-1\r\n"


def test_unwatch_discard_and_flushall() -> None:
    desk = Desk()
    one, other = desk.client(), desk.client()
    other.line("SET a 1")
    for forgetting in ("UNWATCH", "DISCARD"):
        one.line("WATCH a")
        if forgetting == "DISCARD":
            one.line("MULTI")
        one.line(forgetting)
        other.line("INCR a")
        one.line("MULTI")
        assert one.line("EXEC") == b"*0\r\n"
    one.line("WATCH a")
    other.line("FLUSHALL")
    one.line("MULTI")
    assert one.line("EXEC") == b"*-1\r\n"


def test_what_makes_no_sense_is_refused() -> None:
    client = Desk().client()

    assert client.line("EXEC") == b"-ERR EXEC without MULTI\r\n"
    assert client.line("DISCARD") == b"-ERR DISCARD without MULTI\r\n"
    client.line("MULTI")
    assert client.line("MULTI") == b"-ERR MULTI calls can not be nested\r\n"
    assert client.line("WATCH a") == b"-ERR WATCH inside MULTI is not allowed\r\n"


def test_blocking_commands_do_not_wait_in_a_transaction() -> None:
    client = Desk().client()
    client.line("MULTI")
    client.line("BLPOP l 0")

    assert client.line("EXEC") == b"*1\r\n*-1\r\n"


def test_messages_to_the_one_who_publishes_stand_between_the_replies_of_its_transaction() -> None:
    client = Desk().client()
    client.line("MULTI")
    for command in ("SET k v", "SUBSCRIBE c", "PUBLISH c hi", "GET k"):
        client.line(command)

    subscribed, message = (
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n",
        b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n",
    )
    assert client.line("EXEC") == b"*4\r\n+OK\r\n" + subscribed + message + b":1\r\n" + b"$1\r\nv\r\n"


def test_who_wants_no_replies_hears_messages_of_its_own_transaction_all_the_same() -> None:
    client = Desk().client()
    client.line("HELLO 3")
    client.line("SUBSCRIBE c")
    client.line("CLIENT REPLY OFF")
    client.line("MULTI")
    client.line("PUBLISH c hi")

    assert client.line("EXEC") == b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n"
