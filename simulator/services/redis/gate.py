"""Gate: whether a command may run now, in the order and in the words in which Redis decides it."""

from typing import TYPE_CHECKING, Final

from simulator.services.redis.registry import Command, find
from simulator.services.redis.reply import QUEUED, Error, Reply

if TYPE_CHECKING:
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

LATER: Final = object()
"""The command is put off: clients are paused."""

_SHOWN_MAX: Final = 128  # bytes of a stranger's words that an error repeats
_OUTSIDE_QUEUES: Final = frozenset({"exec", "discard", "multi", "watch", "quit", "reset"})
_LISTENERS_SAY: Final = frozenset(
    {"ping", "subscribe", "ssubscribe", "psubscribe", "unsubscribe", "sunsubscribe", "punsubscribe", "quit", "reset"}
)

NO_AUTH: Final = Error("NOAUTH Authentication required.")
NOT_IN_MULTI: Final = Error("ERR Command not allowed inside a transaction")
OOM: Final = Error("OOM command not allowed when used memory > 'maxmemory'.")
NO_REPLICAS: Final = Error("NOREPLICAS Not enough good replicas to write.")
READONLY: Final = Error("READONLY You can't write against a read only replica.")
STALE: Final = Error("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")
LOADING: Final = Error("LOADING Redis is loading the dataset in memory")
BUSY: Final = Error(
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
)  # fmt: skip


def resolve(argv: list[bytes]) -> Command | Error:
    """Return the command or subcommand that was meant, or why there is none."""
    command = find(argv[0])
    if command is None:
        return _unknown(argv)
    if command.subcommands and len(argv) > 1:
        sub = command.subcommands.get(argv[1].upper())
        if sub is None or sub.handler is None:
            shown = _c_text(argv[1])[:_SHOWN_MAX]
            return Error(b"ERR unknown subcommand '%b'. Try %b HELP." % (shown, command.name.upper().encode()))
        command = sub
    if not command.fits(len(argv)) or command.handler is None:
        return Error(f"ERR wrong number of arguments for '{command.full}' command")
    return command


def _unknown(argv: list[bytes]) -> Error:
    shown = b""
    for word in argv[1:]:
        if len(shown) >= _SHOWN_MAX:
            break
        shown += b"'%b' " % _c_text(word)[: _SHOWN_MAX - len(shown)]
    return Error(b"ERR unknown command '%b', with args beginning with: %b" % (_c_text(argv[0])[:_SHOWN_MAX], shown))


def _c_text(word: bytes) -> bytes:
    """What C prints of a word: it ends at the first zero."""
    return word.partition(b"\0")[0]


def refused(server: "Server", session: "Session", command: Command, argv: list[bytes]) -> Reply:
    """Return None to go on, an `Error`, `QUEUED`, or `LATER`."""
    if not session.authenticated and not command.without_auth and server.acl.asks:
        return NO_AUTH
    if session.kind == "master":
        return None
    if session.queue is not None and command.not_in_multi:
        return NOT_IN_MULTI
    if not session.unlimited:
        denied = server.acl.denied(session, command, argv)
        if denied is not None:
            return denied
    refusal = _state_forbids(server, session, command, argv)
    if refusal is not None:
        return refusal
    if session.listens and session.resp == 2 and command.full not in _LISTENERS_SAY:
        return Error(
            f"ERR Can't execute '{command.full}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET"
            " are allowed in this context"
        )
    if server.guarded:
        refusal = _server_is_away(server, session, command, argv)
        if refusal is not None:
            return refusal
    if session.queue is not None and command.full not in _OUTSIDE_QUEUES:
        session.queue.append((command, argv))
        return QUEUED
    return None


def _writes(session: "Session", command: Command) -> bool:
    """Whether it writes, or is the EXEC of a transaction that does."""
    return command.writes or (command.name == "exec" and any(queued.writes for queued, _ in session.queue or ()))


def _state_forbids(server: "Server", session: "Session", command: Command, argv: list[bytes]) -> Error | None:
    """See to memory, the disk and the role."""
    if not server.guarded:
        return None
    if server.config["maxmemory"] and not server.persistence.loading and server.upkeep.is_full(command, session):
        return OOM
    writes = _writes(session, command)
    if writes and (complaint := server.persistence.complaint) is not None:
        return complaint
    if writes and server.replication.too_few():
        return NO_REPLICAS
    if writes and server.replication.is_replica and server.config["replica-read-only"]:
        return READONLY
    return None


def _server_is_away(server: "Server", session: "Session", command: Command, argv: list[bytes]) -> Reply:
    """See whether the server can answer at all."""
    if server.replication.stale and not server.config["replica-serve-stale-data"] and not command.while_stale:
        return STALE
    if server.persistence.loading and not command.while_loading:
        return LOADING
    if server.scripting.busy and not _allowed_while_busy(command, argv):
        return BUSY
    if server.upkeep.pauses(session, command, _writes(session, command) or command.may_replicate):
        return LATER
    return None


def _allowed_while_busy(command: Command, argv: list[bytes]) -> bool:
    if command.full == "shutdown":
        return len(argv) > 1 and argv[1].upper() == b"NOSAVE"
    return "allow_busy" in command.flags
