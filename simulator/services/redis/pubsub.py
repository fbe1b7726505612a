"""Publish and subscribe: channels, patterns and sharded channels, and who listens to them."""

from typing import TYPE_CHECKING, Final

from simulator.services.redis.globs import Match, matcher
from simulator.services.redis.reply import Push, Reply

if TYPE_CHECKING:
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

Listeners = dict[bytes, dict["Session", None]]
KINDS: Final = ("channels", "patterns", "shard_channels")


class PubSub:
    """Everybody who listens."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.channels: Listeners = {}
        self.patterns: Listeners = {}
        self.shard_channels: Listeners = {}
        self._matchers: dict[bytes, Match] = {}

    def subscribe(self, session: "Session", kind: str, name: bytes) -> Reply:
        """Have a session listen; the answer is a push."""
        own: dict[bytes, None] = getattr(session, kind)
        if name not in own:
            own[name] = None
            getattr(self, kind).setdefault(name, {})[session] = None
            if kind == "patterns":
                self._matchers[name] = matcher(name)
            session.settle()
        word = {"channels": b"subscribe", "patterns": b"psubscribe", "shard_channels": b"ssubscribe"}[kind]
        return Push([word, name, self._count(session, kind)])

    def unsubscribe(self, session: "Session", kind: str, name: bytes | None) -> Reply:
        """Have a session listen no more; the answer is a push, also where it did not listen."""
        word = {"channels": b"unsubscribe", "patterns": b"punsubscribe", "shard_channels": b"sunsubscribe"}[kind]
        own: dict[bytes, None] = getattr(session, kind)
        if name is not None and name in own:
            del own[name]
            listeners: Listeners = getattr(self, kind)
            listeners[name].pop(session, None)
            if not listeners[name]:
                del listeners[name]
                if kind == "patterns":
                    self._matchers.pop(name, None)
            session.settle()
        return Push([word, name, self._count(session, kind)])

    def unsubscribe_all(self, session: "Session", kind: str) -> list[Reply]:
        """Have a session leave all of a kind; one push at least."""
        names = list(getattr(session, kind))
        return [self.unsubscribe(session, kind, name) for name in names] or [self.unsubscribe(session, kind, None)]

    def leave(self, session: "Session") -> None:
        """Forget a session."""
        for kind in KINDS:
            for name in list(getattr(session, kind)):
                self.unsubscribe(session, kind, name)

    def publish(self, channel: bytes, message: bytes) -> int:
        """Tell everybody who listens, by name first and then by pattern; how many were told."""
        told = 0
        for session in self.channels.get(channel, ()):
            self._tell(session, b"message", channel, message)
            told += 1
        for pattern, fits in self._matchers.items():
            if fits(channel):
                for session in self.patterns[pattern]:
                    self._tell(session, b"pmessage", pattern, channel, message)
                    told += 1
        return told

    def publish_sharded(self, channel: bytes, message: bytes) -> int:
        told = 0
        for session in self.shard_channels.get(channel, ()):
            self._tell(session, b"smessage", channel, message)
            told += 1
        return told

    def keyspace_event(self, name: str, database: int, key: bytes) -> None:
        """Publish what happened to a key, on the channels that notify-keyspace-events asks for."""
        if not (self.channels or self.patterns):
            return
        if "K" in self._server.notifies:
            self.publish(b"__keyspace@%d__:%b" % (database, key), name.encode())
        if "E" in self._server.notifies:
            self.publish(b"__keyevent@%d__:%b" % (database, name.encode()), key)

    def _tell(self, session: "Session", *items: bytes) -> None:
        session.push(*items)
        self._server.spoken[session] = None

    @staticmethod
    def _count(session: "Session", kind: str) -> int:
        return len(session.shard_channels) if kind == "shard_channels" else session.subscriptions
