"""Watching: who watches which keys (WATCH), and whose transaction is spoilt when one changes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.services.redis.session import Session

Place = tuple[int, bytes]


class Watching:
    """All watched keys."""

    def __init__(self) -> None:
        self.watchers: dict[Place, dict[Session, None]] = {}

    def watch(self, session: "Session", place: Place, *, expired: bool) -> None:
        """Watch a key; `expired` says that it was there in name only."""
        if place not in session.watched:
            session.watched[place] = expired
            self.watchers.setdefault(place, {})[session] = None

    def abandon(self, session: "Session") -> None:
        """Leave the transaction, with what was watched."""
        session.queue, session.abort_queue = None, False
        self.unwatch(session)
        session.settle()

    def unwatch(self, session: "Session") -> None:
        """Watch nothing any more."""
        for place in session.watched:
            watchers = self.watchers[place]
            watchers.pop(session, None)
            if not watchers:
                del self.watchers[place]
        session.watched.clear()
        session.broken = False

    def touched(self, place: Place) -> None:
        """Note that a key changed."""
        for session in self.watchers.get(place, ()):
            session.broken = True
