"""Clients: CLIENT with its subcommands, but for tracking."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.services.redis.call import Call
from simulator.services.redis.commands.arguments import c_text
from simulator.services.redis.commands.connection import BAD_NAME, good_name
from simulator.services.redis.describing import described, type_of
from simulator.services.redis.numerals import as_integer, bounded, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NOTHING, OK, SYNTAX, Refusal, Reply, Verbatim

if TYPE_CHECKING:
    from simulator.services.redis.session import Session

_TYPES = {b"normal": "normal", b"master": "master", b"replica": "replica", b"slave": "replica", b"pubsub": "pubsub"}


@command("CLIENT|ID")
def client_id(call: Call, args: list[bytes]) -> Reply:
    return call.session.id


@command("CLIENT|INFO")
def client_info(call: Call, args: list[bytes]) -> Reply:
    call.session.last_command = "client|info"
    return Verbatim(described(call.server, call.session) + b"\n")


@command("CLIENT|LIST")
def client_list(call: Call, args: list[bytes]) -> Reply:
    call.session.last_command = "client|list"
    sessions = list(call.server.sessions.values())
    if len(args) == 4 and args[2].upper() == b"TYPE":
        kind = _TYPES.get(args[3].lower())
        if kind is None:
            raise Refusal(b"ERR Unknown client type '%b'" % c_text(args[3]))
        sessions = [session for session in sessions if type_of(session) == kind]
    elif len(args) > 3 and args[2].upper() == b"ID":
        numbers = [bounded(word, 1, 2**63 - 1, "ERR Invalid client ID") for word in args[3:]]
        sessions = [call.server.sessions[number] for number in numbers if number in call.server.sessions]
    elif len(args) != 2:
        raise Refusal(SYNTAX)
    return Verbatim(b"".join(described(call.server, session) + b"\n" for session in sessions))


@command("CLIENT|GETNAME")
def client_getname(call: Call, args: list[bytes]) -> Reply:
    return call.session.name or None


@command("CLIENT|SETNAME")
def client_setname(call: Call, args: list[bytes]) -> Reply:
    if not good_name(args[2]):
        raise Refusal(BAD_NAME)
    call.session.name = args[2]
    return OK


@command("CLIENT|REPLY")
def client_reply(call: Call, args: list[bytes]) -> Reply:
    session, mode = call.session, args[2].upper()
    if mode == b"ON":
        session.reply_mode, session.skip_next = "on", False
        session.settle()
        return OK
    if mode == b"OFF":
        session.reply_mode = "off"
    elif mode == b"SKIP":
        if session.reply_mode == "on":
            session.skip_next = True
    else:
        raise Refusal(SYNTAX)
    session.settle()
    return NOTHING


@command("CLIENT|NO-EVICT")
def client_no_evict(call: Call, args: list[bytes]) -> Reply:
    call.session.no_evict = _switch(args[2])
    return OK


def _switch(word: bytes) -> bool:
    if word.upper() not in (b"ON", b"OFF"):
        raise Refusal(SYNTAX)
    return word.upper() == b"ON"


# --- KILL ---------------------------------------------------------------------------------------------------


@command("CLIENT|KILL")
def client_kill(call: Call, args: list[bytes]) -> Reply:
    server = call.server
    if len(args) == 3:
        for session in list(server.sessions.values()):
            if session.address.encode() == args[2]:
                _kill(call, session)
                return OK
        raise Refusal("ERR No such client")
    tests, skip_me = _kill_filters(call, args)
    victims = [session for session in server.sessions.values() if all(test(session) for test in tests)]
    victims = [session for session in victims if not (skip_me and session is call.session)]
    for session in victims:
        _kill(call, session)
    return len(victims)


def _whose(look: "Callable[[Session], object]", wanted: object) -> "Callable[[Session], bool]":
    """Whether what is seen of a session is what is wanted."""
    return lambda session: look(session) == wanted


def _kill_filters(call: Call, args: list[bytes]) -> "tuple[list[Callable[[Session], bool]], bool]":
    tests: list[Callable[[Session], bool]] = []
    skip_me = True
    if len(args) % 2:
        raise Refusal(SYNTAX)
    for word, value in zip(args[2::2], args[3::2], strict=True):
        name = word.upper()
        if name == b"ID":
            number = bounded(value, 1, 2**63 - 1, "ERR client-id should be greater than 0")
            tests.append(_whose(lambda session: session.id, number))
        elif name == b"TYPE":
            kind = _TYPES.get(value.lower())
            if kind is None:
                raise Refusal(b"ERR Unknown client type '%b'" % c_text(value))
            tests.append(_whose(type_of, kind))
        elif name == b"ADDR":
            tests.append(_whose(lambda session: session.address.encode(), value))
        elif name == b"LADDR":
            tests.append(_whose(lambda session: session.local.encode(), value))
        elif name == b"USER":
            if value not in call.server.acl.users:
                raise Refusal(b"ERR No such user '%b'" % value)
            tests.append(_whose(lambda session: session.user.name, value))
        elif name == b"SKIPME":
            if value.lower() not in (b"yes", b"no"):
                raise Refusal(SYNTAX)
            skip_me = value.lower() == b"yes"
        else:
            raise Refusal(SYNTAX)
    return tests, skip_me


def _kill(call: Call, session: "Session") -> None:
    if session is not call.session:
        session.out.clear()
    call.server.hang_up(session)


# --- PAUSE, UNBLOCK -----------------------------------------------------------------------------------------


@command("CLIENT|PAUSE")
def client_pause(call: Call, args: list[bytes]) -> Reply:
    mode = args[3].upper() if len(args) == 4 else b"ALL"
    if mode not in (b"ALL", b"WRITE"):
        raise Refusal("ERR CLIENT PAUSE mode must be WRITE or ALL")
    if len(args) > 4:
        raise Refusal(SYNTAX)
    wait_ms = as_integer(args[2])
    if wait_ms is None:
        raise Refusal("ERR timeout is not an integer or out of range")
    if wait_ms < 0:
        raise Refusal("ERR timeout is negative")
    call.server.upkeep.pause(call.now_ms + wait_ms, everything=mode == b"ALL")
    return OK


@command("CLIENT|UNPAUSE")
def client_unpause(call: Call, args: list[bytes]) -> Reply:
    call.server.upkeep.unpause()
    return OK


@command("CLIENT|UNBLOCK")
def client_unblock(call: Call, args: list[bytes]) -> Reply:
    with_error = False
    if len(args) == 4:
        if args[3].upper() not in (b"TIMEOUT", b"ERROR"):
            raise Refusal("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
        with_error = args[3].upper() == b"ERROR"
    elif len(args) != 3:
        raise Refusal(SYNTAX)
    session = call.server.sessions.get(integer(args[2]))
    if session is None or session.waiting is None:
        return 0
    call.server.waiting.unblock(session.waiting, with_error=with_error)
    return 1
