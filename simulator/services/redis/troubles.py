"""Troubles: what can be made to go wrong with this Redis, and how it goes wrong.

A trouble meets a command before it is carried out (`admit`) or its answer (`answered`); some need no command and strike
the whole server. A dead network is silent: TCP loses nothing in the middle, so when a request or a reply is lost,
everything after it on that connection is lost as well, until the connection is reset.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from simulator.services.redis.positions import keys_of
from simulator.services.redis.reply import Error
from simulator.services.trouble import Switchboard, Trouble, kind_of_trouble, surface

if TYPE_CHECKING:
    from simulator.services.redis.registry import Command
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

SURFACE: Final = surface(
    kind_of_trouble(
        "request-lost", "The command never arrives, nor does what follows on that connection; a reset comes later.",
        layer="network", seconds=1.0),
    kind_of_trouble(
        "reply-lost", "The command is carried out, its reply never arrives; a reset comes later.",
        layer="network", seconds=1.0),
    kind_of_trouble("late", "The command arrives late, and what follows on that connection behind it.",
                    layer="network", seconds=1.0),
    kind_of_trouble("late-reply", "The command is carried out at once, its reply arrives late.",
                    layer="network", seconds=1.0),
    kind_of_trouble("twice", "The command is carried out twice, as if a client had sent it again; one reply is sent."
                    " Of a transaction EXEC counts, which carries out all of it twice, unless it watches.",
                    layer="network"),
    kind_of_trouble("cut-reply", "The connection is closed after so many bytes of the reply.",
                    layer="network", at_byte=1),
    kind_of_trouble("reset-before", "The connection is reset, the command is not carried out.", layer="network"),
    kind_of_trouble("reset-after", "The command is carried out, the connection is reset instead of a reply.",
                    layer="network"),
    kind_of_trouble("slow", "The server is held up by the command: everybody waits.", layer="server", seconds=0.1),
    kind_of_trouble("loading", "The server answers LOADING for a while.", layer="server", seconds=1.0),
    kind_of_trouble("busy", "A script runs on and on: BUSY, until its time or SCRIPT KILL ends it.",
                    layer="server", seconds=5.0),
    kind_of_trouble("oom", "The command is refused: used memory is above maxmemory.", layer="server"),
    kind_of_trouble("readonly", "The command is refused: this is a replica.", layer="server"),
    kind_of_trouble("masterdown", "The command is refused: the link to the master is down.", layer="server"),
    kind_of_trouble("misconf", "The command is refused: snapshots fail.", layer="server"),
    kind_of_trouble("error", "The command is refused with an error of one's choice.",
                    layer="server", code="ERR simulated"),
    kind_of_trouble("maxclients", "The connection is closed for want of room, as beyond maxclients.", layer="server"),
    kind_of_trouble("failover", "The replica behind this address takes over: all connections are reset, what it had not"
                    " received is lost.", layer="server", seconds=0.0),
    kind_of_trouble("restart", "The process ends without saying goodbye and starts again: what was not synced is lost.",
                    layer="server", seconds=0.5),
    kind_of_trouble("forget-scripts", "The server forgets its scripts: NOSCRIPT.", layer="server"),
)  # fmt: skip
"""Every kind of trouble, by its word."""

_REFUSALS: Final = {
    "oom": "OOM command not allowed when used memory > 'maxmemory'.",
    "readonly": "READONLY You can't write against a read only replica.",
    "masterdown": "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "misconf": "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."
    " Commands that may modify the data set are disabled, because this instance is configured to report errors during"
    " writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details"
    " about the RDB error.",
    "maxclients": "ERR max number of clients reached",
}

_OF_TRANSACTIONS: Final = frozenset({b"DISCARD", b"EXEC", b"MULTI", b"UNWATCH", b"WATCH"})


class Troubles:
    """The switchboard of one server, and the hands that do what is switched on."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        wanted = server.settings.troubles
        if isinstance(wanted, Switchboard):
            self.board = wanted
        else:
            self.board = Switchboard(SURFACE, rng=server.rng, tell=server.tell)
            for text in wanted:
                self.board.on(text)
        self._after: list[tuple[Session, Trouble]] = []
        self._let_through = False

    @property
    def on(self) -> bool:
        """Whether any is on, or one of them is not over."""
        return not self.board.quiet or bool(self._after)

    def admit(self, session: "Session", command: "Command | None", argv: list[bytes]) -> bool:
        """Let a command meet what is switched on; false when that is the end of it."""
        if self._let_through or session.kind != "normal":
            self._let_through = False
            return True
        name = (command.name if command else argv[0].decode(errors="replace")).upper()
        if command is not None and command.subcommands and len(argv) > 1:
            name = f"{name} {argv[1].decode(errors='replace').upper()}"
        keys = keys_of(command, argv) if command is not None else []
        met = self.board.meet(name, keys[0].decode(errors="replace") if keys else "")
        return all(self._strike(trouble, session, argv) for trouble in met)

    def _strike(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        """Do what a trouble does before the command; whether the command goes on."""
        kind = trouble.kind
        if kind in _REFUSALS or kind == "error":
            text = _REFUSALS.get(kind) or trouble.code or ""
            self._server.reject(session, None, Error(text))
            if kind == "maxclients":
                self._server.hang_up(session)
            return False
        act: Callable[[Trouble, Session, list[bytes]], bool] | None = getattr(self, f"_{kind.replace('-', '_')}", None)
        if act is not None:
            return act(trouble, session, argv)
        self._after.append((session, trouble))
        return True

    def answered(self, session: "Session") -> None:
        """Let a reply meet what is to happen to it."""
        mine = [trouble for other, trouble in self._after if other is session]
        if not mine:
            return
        self._after = [one for one in self._after if one[0] is not session]
        for trouble in mine:
            reply = session.out.pop() if session.out else b""
            if trouble.kind == "reset-after":
                self._reset(session)
            elif trouble.kind == "reply-lost":
                self._go_silent(session, trouble)
            elif trouble.kind == "cut-reply":
                session.out.append(reply[: trouble.at_byte])
                self._server.hang_up(session)
            elif trouble.kind == "late-reply":
                session.held = True
                self._server.later(trouble.seconds or 0, self._bring, session, reply)

    # ---------------------------------------------------------------- on the network

    def _request_lost(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        self._go_silent(session, trouble)
        return False

    def _reset_before(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        self._reset(session)
        return False

    def _late(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        session.unfinished, session.held = argv, True
        self._server.later(trouble.seconds or 0, self._arrive, session)
        return False

    def _twice(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        queue = list(session.queue) if session.queue is not None else None
        name = argv[0].upper()
        again = name == b"EXEC" and not session.watched  # Who watches looks again, and then sends another transaction.
        if (queue is not None or name in _OF_TRANSACTIONS) and not again:
            return True
        sent = len(session.out)
        self._let_through = True
        self._server.execute(session, argv)
        del session.out[sent:]
        if queue is not None:
            session.queue = queue
            session.settle()
        return not session.held and not session.closing

    def _arrive(self, session: "Session") -> None:
        if session.closed:
            return
        session.held, self._let_through = False, True
        self._server.resume(session)
        self._server.go_on()
        self._let_through = False

    def _bring(self, session: "Session", reply: bytes) -> None:
        if session.closed:
            return
        session.held = False
        session.out.append(reply)
        self._server.resume(session)
        self._server.go_on()

    def _go_silent(self, session: "Session", trouble: Trouble) -> None:
        session.silent = True
        self._server.later(trouble.seconds or 0, self._reset, session)

    def _reset(self, session: "Session") -> None:
        session.out.clear()
        self._server.forget(session)
        if session.wire is not None:
            session.wire.abort()

    # ---------------------------------------------------------------- in the server

    def _slow(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        """Hold everybody up: this command, and all that come meanwhile, wait until it is over."""
        seconds = trouble.seconds or 0
        self._server.statistics.slowed_usec = int(seconds * 1e6)
        session.unfinished, session.held = argv, True
        self._let_through = False
        self._server.upkeep.stand_still(seconds, but=session)
        self._server.later(seconds, self._arrive, session)
        return False

    def _loading(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        self._server.persistence.pretend_loading(trouble.seconds or 0)
        return True

    def _busy(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        self._server.scripting.pretend_busy(trouble.seconds or 0)
        return True

    def _forget_scripts(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        self._server.scripting.flush()
        return True

    def _failover(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        self._server.replication.fail_over(trouble.seconds or 0)
        return False

    def _restart(self, trouble: Trouble, session: "Session", argv: list[bytes]) -> bool:
        self._server.persistence.restart(trouble.seconds or 0)
        return False

    def reset_all(self) -> None:
        """Reset every connection."""
        for session in list(self._server.sessions.values()):
            self._reset(session)


def strike(server: "Server", text: str) -> Any:
    """Have a trouble strike the server now, without a command: `failover`, `restart`, `loading`, `busy`."""
    trouble = server.troubles.board.parse(text)
    nobody: Any = None
    server.wake()
    found = server.troubles._strike(trouble, nobody, [])
    server.go_on()
    return found
