"""Users may do what their rules say and nothing else, and what is denied is written down."""

from tests.support.redis_desk import Desk


def test_a_password_keeps_strangers_out() -> None:
    desk = Desk(requirepass="secret")
    client = desk.client()

    assert client.line("GET a") == b"-NOAUTH Authentication required.\r\n"
    assert client.line("HELLO 3").startswith(b"-NOAUTH HELLO must be called")
    assert client.line("AUTH wrong") == b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"
    assert client.line("AUTH secret") == b"+OK\r\n"
    assert client.line("GET a") == b"$-1\r\n"
    assert desk.client().send(b"*11\r\n") == b"-ERR Protocol error: unauthenticated multibulk length\r\n"


def test_rules_on_commands_keys_and_channels_are_enforced() -> None:
    desk = Desk()
    admin, bob = desk.client(), desk.client()
    admin.line("ACL SETUSER bob on >pw ~own:* %R~shared:* &news +@read +set +publish -keys +config|get")
    assert bob.line("AUTH bob pw") == b"+OK\r\n"

    assert bob.line("SET own:a 1") == b"+OK\r\n"
    assert bob.line("GET shared:a") == b"$-1\r\n"
    no_key = b"-NOPERM this user has no permissions to access one of the keys used as arguments\r\n"
    assert bob.line("SET shared:a 1") == no_key
    assert bob.line("MGET own:a other") == no_key
    assert bob.line("KEYS *") == b"-NOPERM this user has no permissions to run the 'keys' command\r\n"
    assert bob.line("CONFIG SET maxmemory 0").startswith(
        b"-NOPERM this user has no permissions to run the 'config|set'"
    )
    assert bob.line("PUBLISH news x") == b":0\r\n"
    assert bob.line("PUBLISH other x").startswith(b"-NOPERM this user has no permissions to access one of the channels")
    assert admin.line("ACL DRYRUN bob get other") == (
        b"$54\r\nThis user has no permissions to access the 'other' key\r\n"
    )
    log = admin.line("ACL LOG")
    assert log.count(b"toplevel") == 5


def test_scripts_have_their_callers_rights() -> None:
    desk = Desk()
    desk.client().line("ACL SETUSER eve on nopass ~* +eval +get")
    eve = desk.client()
    eve.line("AUTH eve x")

    assert eve("EVAL", "return redis.call('GET', 'a')", 0) == b"$-1\r\n"
    assert eve("EVAL", "return redis.call('SET', 'a', 1)", 0).startswith(
        b"-ERR The user executing the script can't run this command or subcommand"
    )


def test_users_are_described_as_they_can_be_set_again() -> None:
    client = Desk().client()
    client.line("ACL SETUSER one on nopass ~a* %W~b* &c -@all +get +config|get (~z +set)")

    rules = client.line("ACL LIST").decode()
    assert "user one on nopass ~a* %W~b* resetchannels &c -@all +get +config|get (~z resetchannels -@all +set)" in rules
    assert client.line("ACL DELUSER one nobody") == b":1\r\n"
    assert client.line("ACL DELUSER default") == b"-ERR The 'default' user cannot be removed\r\n"
    assert client.line("ACL SETUSER x +nosuch") == (
        b"-ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL\r\n"
    )
