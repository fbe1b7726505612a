"""Consequences: what a command does to others: to files, replicas, and all who watch, wait, copy or listen.

What was changed is noted while the command runs (`record`) and passed on when the outermost command is over
(`settle_effects`): a transaction or a script is one, and reaches files and replicas as a whole.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.services.redis.call import Call
    from simulator.services.redis.config import Config
    from simulator.services.redis.persistence import Persistence
    from simulator.services.redis.pubsub import PubSub
    from simulator.services.redis.replication import Replication
    from simulator.services.redis.statistics import Statistics
    from simulator.services.redis.tracking import Tracking
    from simulator.services.redis.upkeep import Upkeep
    from simulator.services.redis.waiting import WaitingRoom
    from simulator.services.redis.watching import Watching


class Consequences:
    """The part of a server that passes on what was changed; also the keyspace's hooks."""

    config: "Config"
    effects: list[tuple[int, list[bytes], bool]]
    notifies: str
    persistence: "Persistence"
    pubsub: "PubSub"
    replication: "Replication"
    statistics: "Statistics"
    tracking: "Tracking"
    upkeep: "Upkeep"
    waiting: "WaitingRoom"
    watching: "Watching"

    def record(self, call: "Call") -> None:
        """Note what a command changed, to be passed on when the outermost command is over."""
        kind = call.session.kind
        if kind == "loader":
            return
        if call.dirty:
            self.statistics.changes += call.dirty
            self.persistence.changed(call.dirty)
            if call.db.expires:
                self.upkeep.expect(call.db)
        if kind == "master":
            if call.dirty:
                self.persistence.append(call.db.index, call.argv)
            return
        if call.effects is not None:
            self.effects += [(database, argv, True) for database, argv in call.effects]
        elif call.dirty:
            self.effects.append((call.db.index, call.argv, True))

    def settle_effects(self) -> None:
        """Pass on what was done, as one transaction where it is several commands."""
        effects, self.effects = self.effects, []
        if not effects:
            return
        if len(effects) > 1:
            first, last = effects[0][0], effects[-1][0]
            effects = [(first, [b"MULTI"], True), *effects, (last, [b"EXEC"], True)]
        for database, argv, to_file in effects:
            if to_file:
                self.persistence.append(database, argv)
            self.replication.append(database, argv)

    def modified(self, database: int, key: bytes) -> None:
        """Say that a key is not what it was."""
        place = (database, key)
        if self.watching.watchers:
            self.watching.touched(place)
        if self.waiting.places:
            self.waiting.touched(place)
        if self.tracking.clients:
            self.tracking.touched(key)
        self.upkeep.touched(database, key)

    def emptied(self, database: int, keys: Iterable[bytes]) -> None:
        """Say that keys went with their whole database: those who keep copies are told once, that nothing holds."""
        clients, self.tracking.clients = self.tracking.clients, {}
        for key in keys:
            self.modified(database, key)
        self.tracking.clients = clients
        if clients:
            self.tracking.flushed()

    def expired(self, database: int, key: bytes) -> None:
        """Pass on that a key's time was up."""
        self.statistics.expired += 1
        self.event("x", "expired", database, key)
        verb = b"UNLINK" if self.config["lazyfree-lazy-expire"] else b"DEL"
        self.persistence.changed(1)
        self.effects.append((database, [verb, key], True))

    def event(self, kind: str, name: str, database: int, key: bytes) -> None:
        """Publish a keyspace event, if its class is on."""
        if kind in self.notifies:
            self.pubsub.keyspace_event(name, database, key)
