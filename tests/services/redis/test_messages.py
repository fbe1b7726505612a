"""Messages reach everybody who listens, by name, by pattern and by shard, in the words of either protocol."""

from tests.support.redis_desk import Desk


def test_subscribers_hear_by_name_and_by_pattern() -> None:
    desk = Desk()
    listener, speaker = desk.client(), desk.client()
    assert listener.line("SUBSCRIBE a b") == (
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n"
    )
    listener.line("PSUBSCRIBE ?")

    assert speaker.line("PUBLISH a hi") == b":2\r\n"
    assert listener.heard() == (
        b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n*4\r\n$8\r\npmessage\r\n$1\r\n?\r\n$1\r\na\r\n$2\r\nhi\r\n"
    )
    assert speaker.line("PUBSUB NUMSUB a c") == b"*4\r\n$1\r\na\r\n:1\r\n$1\r\nc\r\n:0\r\n"
    assert speaker.line("PUBSUB NUMPAT") == b":1\r\n"


def test_with_resp3_messages_are_pushes_and_other_commands_stay_possible() -> None:
    desk = Desk()
    listener = desk.client()
    listener.line("HELLO 3")
    listener.line("SUBSCRIBE a")

    assert listener.line("PUBLISH a x") == b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n:1\r\n"
    assert listener.line("SET k 1") == b"+OK\r\n"


def test_with_resp2_a_subscriber_says_little_else() -> None:
    listener = Desk().client()
    listener.line("SUBSCRIBE a")

    assert listener.line("PING") == b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
    assert listener.line("GET k") == (
        b"-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this"
        b" context\r\n"
    )
    assert listener.line("UNSUBSCRIBE") == b"*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n"
    assert listener.line("UNSUBSCRIBE") == b"*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n"
    assert listener.line("GET k") == b"$-1\r\n"


def test_sharded_channels_are_a_world_of_their_own() -> None:
    desk = Desk()
    listener, speaker = desk.client(), desk.client()
    listener.line("SSUBSCRIBE a")
    assert speaker.line("PUBLISH a x") == b":0\r\n"
    listener.heard()

    assert speaker.line("SPUBLISH a x") == b":1\r\n"
    assert listener.heard() == b"*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nx\r\n"


def test_keys_tell_what_happens_to_them() -> None:
    desk = Desk(notify_keyspace_events="KEA")
    listener, writer = desk.client(), desk.client()
    listener.line("PSUBSCRIBE __key*")
    listener.heard()
    writer.line("SET k 1 PX 100")
    first = listener.heard()
    desk.sleep(0.3)

    assert b"__keyspace@0__:k\r\n$3\r\nset" in first
    assert b"__keyevent@0__:expire\r\n$1\r\nk" in first
    assert b"__keyevent@0__:expired\r\n$1\r\nk" in listener.heard()


def test_monitors_are_shown_what_is_carried_out() -> None:
    desk = Desk()
    watcher, other = desk.client(), desk.client()
    watcher.line("MONITOR")
    other("SET", b'a"\x00', "v")
    other("EVAL", "return redis.call('GET', 'k')", 0)
    other.line("CONFIG GET maxmemory")

    assert watcher.heard() == (
        b'+1700000000.000000 [0 127.0.0.1:50000] "SET" "a\\"\\x00" "v"\r\n+1700000000.000000 [0 lua] "GET" "k"\r\n'
    )


def test_trackers_hear_of_what_they_have_read() -> None:
    desk = Desk()
    reader, writer = desk.client(), desk.client()
    reader.line("HELLO 3")
    reader.line("CLIENT TRACKING ON")
    reader.line("GET k")
    writer.line("SET k 1")
    assert reader.heard() == b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"
    writer.line("SET k 2")
    assert reader.heard() == b""

    reader.line("GET k")
    writer.line("FLUSHALL")
    assert reader.heard() == b">2\r\n$10\r\ninvalidate\r\n_\r\n"
