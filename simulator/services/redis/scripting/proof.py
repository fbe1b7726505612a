"""Proof: run a script again on what it left behind, and tell whether that changed anything.

A client whose reply was lost sends its script again. A script is idempotent when the second run changes nothing more
and answers the same. The second run happens on a copy: whatever it does is undone, and nobody else hears of it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.services.redis.encoder import encode
from simulator.services.redis.reply import Reply

if TYPE_CHECKING:
    from simulator.services.redis.server import Server

_SHOWN_MAX = 20  # keys that an event names
_STATE = ("data", "expires", "seen", "uses")


class Finding:
    """What a second run did."""

    def __init__(self, script: bytes, keys: list[bytes], *, same_reply: bool, changed: list[str]) -> None:
        self.script, self.keys = script, keys
        self.same_reply, self.changed = same_reply, changed

    @property
    def idempotent(self) -> bool:
        return self.same_reply and not self.changed

    def __repr__(self) -> str:
        return f"<script {self.script.decode()}: {'idempotent' if self.idempotent else f'changes {self.changed}'}>"


def prove(
    server: "Server",
    script: bytes,
    keys: list[bytes],
    reply: Reply,
    effects: list[Any],
    again: Callable[[], Reply],
) -> Finding:
    """Run `again`, compare, undo, and tell of what differs."""
    kept = _copy(server)
    before = _contents(server)
    count, dirty = len(server.effects), server.statistics.changes
    quiet = _silence(server)
    try:
        second = again()
    finally:
        quiet()
    after = _contents(server)
    del server.effects[count:]
    server.statistics.changes = dirty
    _restore(server, kept)
    changed = sorted({_name(place) for place in before.keys() | after.keys() if before.get(place) != after.get(place)})
    finding = Finding(script, keys, same_reply=encode(reply, 3) == encode(second, 3), changed=changed[:_SHOWN_MAX])
    if not finding.idempotent and server.tell is not None:
        server.tell(
            "redis.script",
            script=script.decode(errors="replace"),
            keys=[key.decode(errors="replace") for key in keys[:_SHOWN_MAX]],
            same_reply=finding.same_reply,
            changed=finding.changed,
            writes=len(effects),
        )
    server.scripting.findings.append(finding)
    return finding


def _name(place: tuple[int, bytes]) -> str:
    return f"{place[0]}:{place[1].decode(errors='replace')}"


def _contents(server: "Server") -> dict[tuple[int, bytes], Any]:
    """Return what every key holds, in a form that can be compared."""
    from simulator.services.redis.rdb.dump import dump

    found: dict[tuple[int, bytes], Any] = {}
    for database in server.keyspace.databases:
        for key, value in database.data.items():
            found[(database.index, key)] = (dump(value), database.expires.get(key))
    return found


def _copy(server: "Server") -> list[dict[str, dict[bytes, Any]]]:
    copies = []
    for database in server.keyspace.databases:
        copy = {name: dict(getattr(database, name)) for name in _STATE}
        copy["data"] = {key: _twin(value) for key, value in database.data.items()}
        copies.append(copy)
    return copies


def _twin(value: Any) -> Any:
    if isinstance(value, bytes):
        return value
    return bytearray(value) if isinstance(value, bytearray) else value.copy()


def _restore(server: "Server", copies: list[dict[str, dict[bytes, Any]]]) -> None:
    for database, copy in zip(server.keyspace.databases, copies, strict=True):
        database.clear()
        for key, value in copy["data"].items():
            database.put(key, value)
        for key, when_ms in copy["expires"].items():
            database.expire_at(key, when_ms)
        database.seen.update(copy["seen"])
        database.uses.update(copy["uses"])


def _silence(server: "Server") -> Callable[[], None]:
    """Have nobody hear of what happens until the returned function is called."""
    pubsub, waiting, watching, tracking = server.pubsub, server.waiting, server.watching, server.tracking
    notifies, heard = server.notifies, (pubsub.channels, pubsub.patterns, pubsub.shard_channels, pubsub._matchers)
    places, watchers, clients = waiting.places, watching.watchers, tracking.clients
    server.notifies = ""
    pubsub.channels, pubsub.patterns, pubsub.shard_channels, pubsub._matchers = {}, {}, {}, {}
    waiting.places, watching.watchers, tracking.clients = {}, {}, {}

    def again() -> None:
        server.notifies = notifies
        pubsub.channels, pubsub.patterns, pubsub.shard_channels, pubsub._matchers = heard
        waiting.places, watching.watchers, tracking.clients = places, watchers, clients

    return again
