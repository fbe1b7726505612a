"""Standby: a replica behind the same address, which hears of every change a while later."""

from collections import deque
from typing import TYPE_CHECKING

from simulator.services.redis.session import Session

if TYPE_CHECKING:
    from simulator.services.redis.server import Server

CHANGES_MAX = 1_000_000  # changes on their way; older ones are carried out early


class Standby:
    """What a server has told its replica, and what of it has arrived."""

    def __init__(self, server: "Server", lag_s: float) -> None:
        self._server, self.lag_s = server, lag_s
        self._way: deque[tuple[int, int, list[bytes]]] = deque()
        self._twin: Server | None = None

    @property
    def on_the_way(self) -> int:
        """How many changes have not arrived."""
        self._arrive()
        return len(self._way)

    def hear(self, database: int, argv: list[bytes]) -> None:
        """Note a change that goes on its way."""
        self._way.append((self._server.keyspace.now_ms, database, argv))
        if len(self._way) % 256 == 0:
            self._arrive()

    def copy(self) -> None:
        """Begin anew from what the server holds, as after its start: it may have loaded what no change will tell."""
        self._way.clear()
        self._grown().persistence.take(self._server.persistence.image())

    def take_over(self) -> int:
        """Put what has arrived into the server's place; returns how much has not."""
        self._arrive()
        lost = len(self._way)
        self._way.clear()
        twin, keyspace = self._grown(), self._server.keyspace
        for mine, theirs in zip(keyspace.databases, twin.keyspace.databases, strict=True):
            mine.swap(theirs)
            theirs.clear()
        self._server.scripting.flush()
        self._server.upkeep.forget_sizes()
        self._server.upkeep.plan_round()
        if self._server.config["appendonly"]:
            self._server.persistence.rewrite()
        self.copy()
        return lost

    def _grown(self) -> "Server":
        if self._twin is None:
            self._twin = self._server.twin()
        return self._twin

    def _arrive(self) -> None:
        """Carry out what has been on its way for long enough."""
        due_ms = self._server.keyspace.now_ms - self.lag_s * 1000
        twin = self._grown()
        session = Session(0, twin.keyspace.databases[0], twin.acl.default, now_ms=self._server.keyspace.now_ms)
        session.kind = "loader"
        twin.keyspace.now_ms = self._server.keyspace.now_ms
        while self._way and (self._way[0][0] <= due_ms or len(self._way) > CHANGES_MAX):
            _, database, argv = self._way.popleft()
            if argv[0] in (b"MULTI", b"EXEC"):
                continue
            session.db = twin.keyspace.databases[database]
            twin.persistence.apply(session, argv)
