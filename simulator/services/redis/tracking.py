"""Tracking: clients that keep copies of what they read and want to hear when it changes (CLIENT TRACKING)."""

from typing import TYPE_CHECKING

from simulator.services.redis.positions import keys_of
from simulator.services.redis.reply import Push

if TYPE_CHECKING:
    from simulator.services.redis.registry import Command
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session


class Tracked:
    """How one client wants to be told."""

    __slots__ = ("broadcast", "prefixes", "redirect", "opt_in", "opt_out", "no_loop", "broken")

    def __init__(self) -> None:
        self.broadcast = self.opt_in = self.opt_out = self.no_loop = self.broken = False
        self.prefixes: tuple[bytes, ...] = ()
        self.redirect = 0


class Tracking:
    """Who has read what."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.clients: dict[Session, None] = {}
        self.readers: dict[bytes, dict[int, None]] = {}
        self.pending: list[tuple[Session, bytes | None]] = []
        """What is to be told when the command that runs was answered."""
        self.current: Session | None = None

    def begin(self, session: "Session", tracked: Tracked) -> None:
        session.tracked = tracked
        self.clients[session] = None
        session.settle()

    def forget(self, session: "Session") -> None:
        """End tracking for a client, and for those whose news go to it."""
        self.clients.pop(session, None)
        session.tracked = None
        for other in self.clients:
            if other.tracked is not None and other.tracked.redirect == session.id and session.closed:
                other.tracked.broken = True
                if other.resp == 3:
                    other.push(b"tracking-redir-broken", session.id)
                    self._server.spoken[other] = None
        session.settle()

    def remember(self, session: "Session", command: "Command", argv: list[bytes]) -> None:
        """Note what a client has read."""
        tracked, caching = session.tracked, session.caching
        if not self._server.depth and not session.in_exec and session.queue is None and command.parent != "client":
            session.caching = None  # It was for the one command, or the one transaction.
        if tracked is None or tracked.broadcast or not command.reads:
            return
        if (tracked.opt_in and not caching) or (tracked.opt_out and caching is False):
            return
        for key in keys_of(command, argv) or ():
            self.readers.setdefault(key, {})[session.id] = None
        self._keep_within_limit()

    def touched(self, key: bytes) -> None:
        """Tell those who have read a key, or who follow its prefix."""
        for number in self.readers.pop(key, ()):
            session = self._server.sessions.get(number)
            if session is not None and session.tracked is not None and not session.tracked.broadcast:
                self._tell(session, key)
        for session in self.clients:
            tracked = session.tracked
            if tracked is not None and tracked.broadcast and key.startswith(tracked.prefixes or b""):
                self._tell(session, key)

    def flushed(self) -> None:
        """Tell everybody that nothing they know holds any more."""
        self.readers.clear()
        for session in self.clients:
            self.pending.append((session, None))

    def settle(self) -> None:
        """Send what is to be told."""
        pending, self.pending = self.pending, []
        for session, key in dict.fromkeys(pending):
            self._send(session, key)

    def _tell(self, session: "Session", key: bytes) -> None:
        assert session.tracked is not None
        if not (session.tracked.no_loop and session is self.current):
            self.pending.append((session, key))

    def _send(self, session: "Session", key: bytes | None) -> None:
        tracked = session.tracked
        if tracked is None:
            return
        target = session
        if tracked.redirect:
            found = self._server.sessions.get(tracked.redirect)
            if found is None:
                return
            target = found
        keys = None if key is None else [key]
        if target.resp == 3:
            target.push(b"invalidate", keys)
        elif target is not session and b"__redis__:invalidate" in target.channels:
            target.say(Push([b"message", b"__redis__:invalidate", keys]))
        else:
            return
        self._server.spoken[target] = None

    def _keep_within_limit(self) -> None:
        most = self._server.config["tracking-table-max-keys"]
        while most and len(self.readers) > most:
            self.touched(next(iter(self.readers)))
