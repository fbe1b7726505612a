"""Upkeep: what a server does besides commands: expiry, eviction, pauses, limits, and the settings it lives by.

Nothing runs while nothing is due: the next round is a timer for the next key that expires, not a tick. A round
comes on the grid of `hz`, as Redis' own does, so a key that nobody asks for lives up to 100 ms longer than it should.
"""

from typing import TYPE_CHECKING, Any, Final

from simulator.services.redis import memory
from simulator.services.redis.keyspace import Database

if TYPE_CHECKING:
    from simulator.services.redis.registry import Command
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

ROUND_MS: Final = 100
ROUND_KEYS_MAX: Final = 1000
LFU_START: Final = 5
_NEVER_MS: Final = 1 << 63
LFU_MAX: Final = 255
_LIMITS: Final = (
    "hash-max-listpack-entries", "hash-max-listpack-value", "set-max-intset-entries", "zset-max-listpack-entries",
    "zset-max-listpack-value", "hll-sparse-max-bytes", "stream-node-max-bytes", "stream-node-max-entries",
    "list-max-listpack-size", "proto-max-bulk-len",
)  # fmt: skip


class Upkeep:
    """The housekeeping of one server."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._round: Any = None
        self._due_ms = _NEVER_MS
        self._pause_timer: Any = None
        self.pause_until_ms = 0
        self.pause_all = False
        self.active_expiry = True
        self._sizes: dict[tuple[int, bytes], int] | None = None
        self._stale: dict[tuple[int, bytes], None] = {}
        self._used = 0
        self.peak = 0
        server.config.listeners.append(self.configured)

    # ---------------------------------------------------------------- settings

    def configured(self, changed: set[str]) -> None:
        """Take over what CONFIG SET changed."""
        server, config = self._server, self._server.config
        for name in _LIMITS:
            setattr(server.keyspace.limits, name.replace("-", "_"), config[name])
        classes = config["notify-keyspace-events"].replace("A", "g$lshzxetd")
        server.notifies = classes if "K" in classes or "E" in classes else ""
        server.keyspace.counts_uses = "lfu" in config["maxmemory-policy"]
        server.keyspace.used = self._count_use
        if "requirepass" in changed or (not changed and config["requirepass"]):
            server.acl.require(config["requirepass"])
        if config["maxmemory"] == 0:
            self._sizes = None
        for session in server.sessions.values():
            session.parser.bulk_max = config["proto-max-bulk-len"]
            session.parser.buffer_max = config["client-query-buffer-limit"]
        if "appendonly" in changed:
            server.persistence.switched()
        if "save" in changed:
            server.persistence.plan_save()
        while len(server.statistics.slow) > config["slowlog-max-len"]:
            server.statistics.slow.pop()
        self.guard()

    def guard(self) -> None:
        """Work out whether commands must be looked at closely."""
        server, config = self._server, self._server.config
        server.guarded = bool(
            config["maxmemory"]
            or server.persistence.loading
            or server.persistence.unsaved
            or server.replication.is_replica
            or config["min-replicas-to-write"]
            or server.scripting.busy
            or self.pause_until_ms
        )

    # ---------------------------------------------------------------- expiry

    def touched(self, database: int, key: bytes) -> None:
        """Note that a key changed, and perhaps its size."""
        if self._sizes is not None:
            self._stale[(database, key)] = None

    def expect(self, database: Database) -> None:
        """Have a round come in time for what expires first in a database."""
        due_ms = database.next_expiry_ms()
        if due_ms is not None and due_ms < self._due_ms:
            self._plan(due_ms)

    def plan_round(self) -> None:
        """Set the timer for the next round of expiry, if any key ever expires."""
        due_ms = self._server.keyspace.next_expiry_ms()
        if due_ms is not None and due_ms < self._due_ms:
            self._plan(due_ms)

    def _plan(self, due_ms: int) -> None:
        keyspace = self._server.keyspace
        if not self.active_expiry or not keyspace.removes_expired:
            return
        if self._round is not None:
            self._round.cancel()
        grid_ms = max(due_ms + 1, keyspace.now_ms + 1)
        wait_ms = -(-grid_ms // ROUND_MS) * ROUND_MS - keyspace.now_ms
        self._round, self._due_ms = self._server.later(wait_ms / 1000, self._expire), due_ms

    def _expire(self) -> None:
        self._round, self._due_ms = None, _NEVER_MS
        server = self._server
        server.wake()
        if self.active_expiry and server.keyspace.removes_expired and not self.is_paused:
            server.keyspace.expire_due(ROUND_KEYS_MAX)
            # Each removal goes out by itself, not as a transaction.
            effects, server.effects = server.effects, []
            for effect in effects:
                server.effects = [effect]
                server.settle_effects()
            server.waiting.serve()
            server.tracking.settle()
            server.go_on()
        self.plan_round()

    # ---------------------------------------------------------------- pauses

    @property
    def is_paused(self) -> bool:
        return self.pause_until_ms > self._server.keyspace.now_ms

    def pause(self, until_ms: int, *, everything: bool) -> None:
        """CLIENT PAUSE: put off commands, or only those that write; the later end and the stricter mode hold."""
        self.pause_until_ms = max(until_ms, self.pause_until_ms)
        self.pause_all = everything or (self.pause_all and self.is_paused)
        if self._pause_timer is not None:
            self._pause_timer.cancel()
        wait_ms = max(0, self.pause_until_ms - self._server.keyspace.now_ms)
        self._pause_timer = self._server.later(wait_ms / 1000, self._pause_is_over)
        self.guard()

    def unpause(self) -> None:
        """End a pause: those who were put off go on."""
        if self._pause_timer is not None:
            self._pause_timer.cancel()
        self._pause_timer, self.pause_until_ms, self.pause_all = None, 0, False
        self.guard()
        for session in list(self._server.sessions.values()):
            if session.unfinished is not None:
                session.held = False
                self._server.resume(session)

    def pauses(self, session: "Session", command: "Command", writes: bool) -> bool:
        """Whether this command must wait for the end of a pause."""
        if not self.is_paused or session.kind != "normal" or command.full in ("client|unpause", "client|pause"):
            return False
        return self.pause_all or writes

    def _pause_is_over(self) -> None:
        self._server.wake()
        self.unpause()
        self._server.go_on()

    def stand_still(self, seconds: float, *, but: "Session | None" = None) -> None:
        """Have everybody wait, as a command that takes long does."""
        if seconds <= 0:
            return
        for session in self._server.sessions.values():
            if session is not but and not session.held and session.kind == "normal":
                session.held = True
                self._server.later(seconds, self._move_on, session)

    def _move_on(self, session: "Session") -> None:
        if not session.closed and session.waiting is None:
            session.held = False
            self._server.resume(session)
            self._server.go_on()

    # ---------------------------------------------------------------- memory

    def used(self) -> int:
        """Estimate the memory in use."""
        if self._sizes is None:
            total = memory.SERVER_BYTES
            for database in self._server.keyspace.databases:
                for key, value in database.data.items():
                    total += memory.key_bytes(key, value, expires=key in database.expires)
        else:
            total = self._measured()
        total += self._server.replication.backlog_bytes + self._server.scripting.memory
        self.peak = max(self.peak, total)
        return total

    def _measured(self) -> int:
        assert self._sizes is not None
        for index, key in self._stale:
            self._used -= self._sizes.pop((index, key), 0)
            database = self._server.keyspace.databases[index]
            value = database.data.get(key)
            if value is not None:
                size = memory.key_bytes(key, value, expires=key in database.expires)
                self._sizes[(index, key)] = size
                self._used += size
        self._stale.clear()
        return memory.SERVER_BYTES + self._used

    def forget_sizes(self) -> None:
        """Measure everything anew: databases were emptied, exchanged or loaded."""
        self._sizes = None

    def is_full(self, command: "Command", session: "Session") -> bool:
        """Make room; whether the command must be refused because there is none."""
        if self._sizes is None:
            self._sizes, self._used = {}, 0
            self._stale = {
                (database.index, key): None for database in self._server.keyspace.databases for key in database.data
            }
        if self._server.replication.is_replica and self._server.config["replica-ignore-maxmemory"]:
            return False
        if self._make_room():
            return False
        if command.name == "exec":
            return any(queued.denies_oom for queued, _ in session.queue or ())
        return command.denies_oom

    def _make_room(self) -> bool:
        most = self._server.config["maxmemory"]
        while self.used() > most:
            victim = self._victim()
            if victim is None:
                return False
            database, key = victim
            database.drop(key)
            self._server.statistics.evicted += 1
            self._server.modified(database.index, key)
            self._server.event("e", "evicted", database.index, key)
            self._server.persistence.changed(1)
            self._server.effects.append((database.index, [b"DEL", key], True))
            self._server.settle_effects()
        return True

    def _victim(self) -> tuple[Database, bytes] | None:
        policy = self._server.config["maxmemory-policy"]
        if policy == "noeviction":
            return None
        samples, rng = self._server.config["maxmemory-samples"], self._server.rng
        best: tuple[float, Database, bytes] | None = None
        for database in self._server.keyspace.databases:
            keys = list(database.expires if policy.startswith("volatile") else database.data)
            if not keys:
                continue
            for key in rng.sample(keys, min(samples, len(keys))):
                score = self._score(policy, database, key)
                if best is None or score < best[0]:
                    best = (score, database, key)
        return (best[1], best[2]) if best else None

    def _score(self, policy: str, database: Database, key: bytes) -> float:
        """Return how much a key is worth keeping; the least goes."""
        if policy.endswith("random"):
            return self._server.rng.random()
        if policy.endswith("ttl"):
            return database.expires[key]
        if policy.endswith("lfu"):
            return self._faded(*database.uses.get(key, (LFU_START, database.now_ms // 60_000)), database.now_ms)
        return database.seen.get(key, 0)

    def _faded(self, count: int, minute: int, now_ms: int) -> int:
        decay = self._server.config["lfu-decay-time"]
        return max(0, count - (now_ms // 60_000 - minute) // decay) if decay else count

    def _count_use(self, database: Database, key: bytes) -> None:
        """Count a use, the rarer the more there were, as Redis' logarithmic counter does."""
        minute = database.now_ms // 60_000
        known = database.uses.get(key)
        count = LFU_START if known is None else self._faded(*known, database.now_ms)
        beyond = max(0, count - LFU_START)
        chance = 1 / (beyond * self._server.config["lfu-log-factor"] + 1)
        if known is not None and count < LFU_MAX and self._server.rng.random() < chance:
            count += 1
        database.uses[key] = (count, minute)

    # ---------------------------------------------------------------- connections

    def connected(self, session: "Session") -> None:
        """Watch over a client that says nothing, if `timeout` asks for it."""
        seconds = self._server.config["timeout"]
        if seconds:
            self._server.later(seconds, self._check_idle, session)

    def _check_idle(self, session: "Session") -> None:
        seconds = self._server.config["timeout"]
        if session.closed or not seconds or session.kind != "normal" or session.listens:
            return
        idle_ms = self._server.wake() - session.last_ms
        if session.waiting is None and idle_ms >= seconds * 1000:
            self._server.hang_up(session)
            self._server.go_on()
        else:
            self._server.later(max(0.001, seconds - idle_ms / 1000), self._check_idle, session)

    def check_output(self, session: "Session", waiting_bytes: int) -> bool:
        """Whether a client that does not read must be cut off, by client-output-buffer-limit."""
        kind = "pubsub" if session.listens else "slave" if session.kind == "replica" else "normal"
        hard, soft, seconds = self._server.config["client-output-buffer-limit"].get(kind, (0, 0, 0))
        if hard and waiting_bytes >= hard:
            return True
        if soft and waiting_bytes >= soft:
            now_ms = self._server.keyspace.now_ms
            if session.over_soft_since_ms is None:
                session.over_soft_since_ms = now_ms
            return bool(now_ms - session.over_soft_since_ms > seconds * 1000)
        session.over_soft_since_ms = None
        return False
