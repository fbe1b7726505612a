"""Waiting: clients whose command blocks, in the order in which they came.

Rules.

1. Who waits is asked again when one of its keys was touched, once the command, transaction or script is over.
2. Keys are taken in the order in which they became ready; clients of a key in the order in which they began to wait.
3. A client that was served leaves all its keys; its timer is cancelled; what it sent meanwhile is read on.
4. A client whose time is up gets `on_timeout`. One that is unblocked by CLIENT UNBLOCK gets that or an error.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.services.redis.call import Blocked, Call
from simulator.services.redis.reply import Error, Refusal, Reply

if TYPE_CHECKING:
    from simulator.services.redis.registry import Command
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

Place = tuple[int, bytes]
ACKNOWLEDGED: Place = (-1, b"")
"""Where those wait who wait for replicas, not for a key."""


class Late:
    """A reply that is found out when it is given."""

    def __init__(self, ask: Callable[[], Reply]) -> None:
        self.ask = ask


class Waiting:
    """One client that waits."""

    __slots__ = ("session", "blocked", "command", "argv", "places", "timer", "database")

    def __init__(self, session: "Session", blocked: Blocked, command: "Command", argv: list[bytes]) -> None:
        self.session, self.blocked, self.command, self.argv = session, blocked, command, argv
        self.database = session.db
        self.places: list[Place] = [(session.db.index, key) for key in blocked.keys] or [ACKNOWLEDGED]
        self.timer: Any = None


class WaitingRoom:
    """Everybody who waits."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.places: dict[Place, dict[Waiting, None]] = {}
        self.ready: dict[Place, None] = {}

    @property
    def count(self) -> int:
        """How many clients wait."""
        return len({waiting for waiters in self.places.values() for waiting in waiters})

    def enter(self, session: "Session", blocked: Blocked, command: "Command", argv: list[bytes]) -> None:
        """Have a client wait."""
        waiting = Waiting(session, blocked, command, argv)
        for place in waiting.places:
            self.places.setdefault(place, {})[waiting] = None
        if blocked.deadline_ms is not None:
            seconds = max(0, blocked.deadline_ms - self._server.keyspace.now_ms) / 1000
            waiting.timer = self._server.later(seconds, self._time_is_up, waiting)
        session.waiting, session.held = waiting, True

    def leave(self, waiting: Waiting) -> None:
        """Take a client out, without an answer."""
        for place in waiting.places:
            waiters = self.places.get(place)
            if waiters is not None:
                waiters.pop(waiting, None)
                if not waiters:
                    del self.places[place]
        if waiting.timer is not None:
            waiting.timer.cancel()
        waiting.session.waiting, waiting.session.held = None, False

    def touched(self, place: Place) -> None:
        """Note that a key changed."""
        if place in self.places:
            self.ready[place] = None

    def serve(self) -> None:
        """Ask those who wait for what became ready, until nothing new becomes ready."""
        while self.ready:
            ready, self.ready = self.ready, {}
            for place in ready:
                for waiting in list(self.places.get(place, ())):
                    if waiting.session.waiting is waiting:
                        self._ask(waiting, place[1])

    def answer(self, waiting: Waiting, reply: Reply) -> None:
        """End a wait with this reply."""
        self.leave(waiting)
        if isinstance(reply, Late):
            reply = reply.ask()
        self._server.reply(waiting.session, waiting.command, reply)
        self._server.resume(waiting.session)

    def swapped(self, one: int, two: int) -> None:
        """Note that databases changed places: everybody who waits there is asked."""
        for place in list(self.places):
            if place[0] in (one, two):
                self.ready[place] = None

    def _ask(self, waiting: Waiting, key: bytes) -> None:
        server, session = self._server, waiting.session
        database = server.keyspace.databases[waiting.database.index]
        call = Call(server, session, waiting.command, waiting.argv, database, server.keyspace.now_ms, resp=session.resp)
        call.woken_by = key
        try:
            reply = waiting.blocked.retry(call)
        except Refusal as refusal:
            reply = refusal.error
        if type(reply) is Blocked:
            return
        server.record(call)
        self.answer(waiting, reply)
        server.settle_effects()

    def _time_is_up(self, waiting: Waiting) -> None:
        if waiting.session.waiting is not waiting:
            return
        waiting.timer = None
        self._server.wake()
        self.answer(waiting, waiting.blocked.on_timeout)
        self._server.go_on()

    def unblock(self, waiting: Waiting, *, with_error: bool) -> None:
        """End a wait from outside."""
        gone = Error("UNBLOCKED client unblocked via CLIENT UNBLOCK")
        self.answer(waiting, gone if with_error else waiting.blocked.on_timeout)
