"""Who waits is served in the order of waiting, woken by whoever writes, and let go when time is up."""

from tests.support.redis_desk import Desk


def test_the_longest_waiter_is_served_first() -> None:
    desk = Desk()
    waiters = [desk.client() for _ in range(3)]
    for waiter in waiters:
        assert waiter.line("BLPOP l m 0") == b""
    desk.client().line("RPUSH l a b")
    desk.client().line("RPUSH m c")

    said = [waiter.heard() for waiter in waiters]
    assert said == [b"*2\r\n$1\r\nl\r\n$1\r\na\r\n", b"*2\r\n$1\r\nl\r\n$1\r\nb\r\n", b"*2\r\n$1\r\nm\r\n$1\r\nc\r\n"]


def test_time_runs_out_to_the_millisecond() -> None:
    desk = Desk()
    waiter = desk.client()
    waiter.line("BLPOP l 1.5")
    desk.sleep(1.499)
    assert waiter.heard() == b""
    desk.sleep(0.001)

    assert waiter.heard() == b"*-1\r\n"


def test_a_transaction_and_a_script_wake_once_they_are_over() -> None:
    desk = Desk()
    waiter, writer = desk.client(), desk.client()
    waiter.line("BLPOP l 0")
    for line in ("MULTI", "RPUSH l a", "RPUSH l b", "LPOP l"):
        writer.line(line)
    assert writer.line("EXEC") == b"*3\r\n:1\r\n:2\r\n$1\r\na\r\n"
    assert waiter.heard() == b"*2\r\n$1\r\nl\r\n$1\r\nb\r\n"

    waiter.line("BLPOP l 0")
    writer("EVAL", "redis.call('RPUSH', 'l', 'x'); return redis.call('LLEN', 'l')", 0)
    assert waiter.heard() == b"*2\r\n$1\r\nl\r\n$1\r\nx\r\n"


def test_what_was_sent_meanwhile_is_answered_afterwards_in_order() -> None:
    desk = Desk()
    waiter = desk.client()
    assert waiter.send(b"BLPOP l 0\r\nPING\r\nLLEN l\r\n") == b""
    desk.client().line("RPUSH l a")

    assert waiter.heard() == b"*2\r\n$1\r\nl\r\n$1\r\na\r\n+PONG\r\n:0\r\n"


def test_who_leaves_takes_nothing_along() -> None:
    desk = Desk()
    gone, waiter = desk.client(), desk.client()
    gone.line("BLPOP l 0")
    waiter.line("BLPOP l 0")
    gone.leave()
    desk.client().line("RPUSH l a")

    assert (gone.heard(), waiter.heard()) == (b"", b"*2\r\n$1\r\nl\r\n$1\r\na\r\n")


def test_waiting_for_a_chain_of_lists() -> None:
    desk = Desk()
    mover, popper = desk.client(), desk.client()
    mover.line("BLMOVE a b LEFT RIGHT 0")
    popper.line("BLPOP b 0")
    desk.client().line("RPUSH a x")

    assert mover.heard() == b"$1\r\nx\r\n"
    assert popper.heard() == b"*2\r\n$1\r\nb\r\n$1\r\nx\r\n"


def test_client_unblock_ends_a_wait_either_way() -> None:
    desk = Desk()
    waiter, other = desk.client(), desk.client()
    waiter.line("BLPOP l 0")
    assert other.line(f"CLIENT UNBLOCK {waiter.session.id}") == b":1\r\n"
    assert waiter.heard() == b"*-1\r\n"
    waiter.line("BLPOP l 0")
    assert other.line(f"CLIENT UNBLOCK {waiter.session.id} ERROR") == b":1\r\n"
    assert waiter.heard() == b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"
    assert other.line(f"CLIENT UNBLOCK {waiter.session.id}") == b":0\r\n"


def test_a_pause_puts_writing_off_and_reading_not() -> None:
    desk = Desk()
    one, other = desk.client(), desk.client()
    other.line("CLIENT PAUSE 1000 WRITE")
    assert one.line("GET a") == b"$-1\r\n"
    assert one.send(b"SET a 1\r\nGET a\r\n") == b""
    desk.sleep(1)
    assert one.heard() == b"+OK\r\n$1\r\n1\r\n"

    other.line("CLIENT PAUSE 100000")
    assert one.line("PING") == b""
    assert other.line("CLIENT UNPAUSE") == b"+OK\r\n"
    assert one.heard() == b"+PONG\r\n"
