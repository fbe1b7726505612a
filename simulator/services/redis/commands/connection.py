"""Connection: PING, ECHO, HELLO, AUTH, SELECT, RESET."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands.transactions import end
from simulator.services.redis.numerals import as_integer, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import OK, PONG, Map, Refusal, Reply, Status
from simulator.services.redis.settings import VERSION

_NO_PASSWORD = (
    "ERR AUTH <password> called without any password configured for the default user."
    " Are you sure your configuration is correct?"
)
_WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled."
_HELLO_NEEDS_AUTH = (
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass>"
    " option can be used to authenticate the client and select the RESP protocol version at the same time"
)
BAD_NAME = "ERR Client names cannot contain spaces, newlines or special characters."


@command("PING")
def ping(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 2:
        raise Refusal("ERR wrong number of arguments for 'ping' command")
    if call.session.listens and call.resp == 2:
        return [b"pong", args[1] if len(args) == 2 else b""]
    return args[1] if len(args) == 2 else PONG


@command("ECHO")
def echo(call: Call, args: list[bytes]) -> Reply:
    return args[1]


@command("SELECT")
def select(call: Call, args: list[bytes]) -> Reply:
    number = integer(args[1])
    databases = call.server.keyspace.databases
    if not 0 <= number < len(databases):
        raise Refusal("ERR DB index is out of range")
    call.session.db = databases[number]
    return OK


@command("QUIT")
def quit_(call: Call, args: list[bytes]) -> Reply:
    call.server.hang_up(call.session)
    return OK


def log_in(call: Call, name: bytes, password: bytes) -> None:
    """Go on as this user, or refuse."""
    acl = call.server.acl
    user = acl.users.get(name)
    if user is None or not user.opens(password):
        acl.note(call.session, "auth", b"auth", user=name)
        raise Refusal(_WRONG_PASSWORD)
    acl.become(call.session, user)


@command("AUTH")
def auth(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 3:
        raise Refusal("ERR syntax error")
    if len(args) == 2:
        if call.server.acl.default.no_password:
            raise Refusal(_NO_PASSWORD)
        log_in(call, b"default", args[1])
    else:
        log_in(call, args[1], args[2])
    return OK


def good_name(name: bytes) -> bool:
    """Whether a client may be called so: printable ASCII, no blanks."""
    return all(33 <= char <= 126 for char in name)


@command("HELLO")
def hello(call: Call, args: list[bytes]) -> Reply:
    session, version, at = call.session, None, 2
    if len(args) > 1:
        version = as_integer(args[1])
        if version is None:
            raise Refusal("ERR Protocol version is not an integer or out of range")
        if version not in (2, 3):
            raise Refusal("NOPROTO unsupported protocol version")
    name = None
    while at < len(args):
        word, left = args[at].upper(), len(args) - at - 1
        if word == b"AUTH" and left >= 2:
            log_in(call, args[at + 1], args[at + 2])
            at += 3
        elif word == b"SETNAME" and left:
            name = args[at + 1]
            if not good_name(name):
                raise Refusal(BAD_NAME)
            at += 2
        else:
            raise Refusal(b"ERR Syntax error in HELLO option '%b'" % args[at])
    if not session.authenticated and call.server.acl.asks:
        raise Refusal(_HELLO_NEEDS_AUTH)
    if name is not None:
        session.name = name
    if version is not None:
        session.resp = version
    role = b"replica" if call.server.replication.is_replica else b"master"
    return Map(
        [
            (b"server", b"redis"),
            (b"version", VERSION.encode()),
            (b"proto", session.resp),
            (b"id", session.id),
            (b"mode", b"standalone"),
            (b"role", role),
            (b"modules", []),
        ]
    )


@command("RESET")
def reset(call: Call, args: list[bytes]) -> Reply:
    session, server = call.session, call.server
    if session.monitor:
        server.monitors.leave(session)
    end(call)
    server.tracking.forget(session)
    server.pubsub.leave(session)
    session.resp, session.name, session.db = 2, b"", server.keyspace.databases[0]
    session.reply_mode, session.no_evict = "on", False
    server.acl.greet(session)
    return Status(b"RESET")
