"""Replication: a master and those who copy it, in Redis' own protocol, and what a failover loses.

Rules.

1. A replica gets a snapshot first and then every change in the order in which it happened (PSYNC). It goes on where it
   was when the master still has that part (`repl-backlog-size`), else it begins anew.
2. The master does not wait for replicas: what it acknowledged may be lost when one takes over, unless WAIT was asked.
3. A replica carries out what it hears `replica_lag_s` later, refuses writes (READONLY), hides keys that expired and
   leaves it to the master to remove them.
4. A *standby* is a replica behind the same address that lags `standby_lag_s`; `fail_over` puts it in our place.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from simulator.services.redis.call import Blocked, Call
from simulator.services.redis.encoder import encode_command
from simulator.services.redis.reply import Error, Refusal, Reply
from simulator.services.redis.standby import Standby
from simulator.services.redis.waiting import ACKNOWLEDGED, Late

if TYPE_CHECKING:
    from simulator.services.redis.follower import Follower
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

NO_ID: Final = "0" * 40
_ROLE_CHANGED: Final = Error(
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"
)


class Replica:
    """One who copies us."""

    def __init__(self) -> None:
        self.port = 0
        self.host = ""
        self.state = "wait_bgsave"
        self.acked = 0
        self.acked_ms = 0


class Replication:
    """The part of one server in it, as master or as replica."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.run_id = self._new_id()
        self.id, self.second_id, self.second_offset = self._new_id(), NO_ID, -1
        self.offset = 0
        self.replicas: dict[Session, Replica] = {}
        self.input_bytes = self.output_bytes = 0
        self._backlog: deque[bytes] = deque()
        self.backlog_bytes = 0
        self._fresh: list[bytes] = []
        self._database = -1
        self.master: tuple[str, int] | None = None
        self.follower: Follower | None = None
        self.follow: Callable[[str, int], Follower] | None = None
        """Begins to copy a master; set by who carries the server."""
        lag_s = server.settings.standby_lag_s
        self.standby = Standby(server, lag_s) if lag_s is not None else None

    def _new_id(self) -> str:
        return f"{self._server.rng.getrandbits(160):040x}"

    def change_id(self) -> None:
        """Be another history from here on."""
        self.id = self._new_id()

    @property
    def is_replica(self) -> bool:
        return self.master is not None

    @property
    def stale(self) -> bool:
        """Whether this is a replica that hears nothing of its master."""
        return self.master is not None and (self.follower is None or not self.follower.online)

    # ---------------------------------------------------------------- as master

    def append(self, database: int, argv: list[bytes]) -> None:
        """Put a change to what replicas will hear."""
        if self.standby is not None:
            self.standby.hear(database, argv)
        if not self.replicas and not self.backlog_bytes:
            return
        if database != self._database:
            self._put(encode_command([b"SELECT", b"%d" % database]))
            self._database = database
        self._put(encode_command(argv))

    def _put(self, data: bytes) -> None:
        self._fresh.append(data)
        self._backlog.append(data)
        self.offset += len(data)
        self.backlog_bytes += len(data)
        most = self._server.config["repl-backlog-size"]
        while self.backlog_bytes > most and len(self._backlog) > 1:
            self.backlog_bytes -= len(self._backlog.popleft())

    def send(self) -> None:
        """Tell the replicas."""
        if not self._fresh:
            return
        data = b"".join(self._fresh)
        self._fresh.clear()
        for session, replica in self.replicas.items():
            if replica.state == "online":
                session.out.append(data)
                self.output_bytes += len(data)
                self._server.spoken[session] = None

    def enlist(self, session: "Session", asked_id: str, asked_offset: int) -> None:
        """PSYNC: begin to tell a replica, from where it was or from a snapshot."""
        self.send()
        replica = session.replica if isinstance(session.replica, Replica) else Replica()
        session.replica, session.kind = replica, "replica"
        session.settle()
        self.replicas[session] = replica
        replica.state, replica.acked_ms = "online", self._server.keyspace.now_ms
        first = self.offset - self.backlog_bytes + 1
        known = asked_id == self.id or (asked_id == self.second_id and asked_offset <= self.second_offset)
        if known and self.backlog_bytes and first <= asked_offset <= self.offset + 1:
            self._server.statistics.partial_syncs += 1
            session.out.append(f"+CONTINUE {self.id}\r\n".encode())
            session.out.append(b"".join(self._backlog)[asked_offset - first :])
        else:
            if asked_id != "?":
                self._server.statistics.refused_syncs += 1
            self._server.statistics.full_syncs += 1
            self._database = -1
            if not self.backlog_bytes:
                self._put(encode_command([b"PING"]))
                self._fresh.clear()
            data = self._server.persistence.image()
            session.out.append(f"+FULLRESYNC {self.id} {self.offset}\r\n".encode())
            session.out.append(b"$%d\r\n" % len(data) + data)
        self._server.spoken[session] = None

    def acknowledged(self, session: "Session", offset: int) -> None:
        """REPLCONF ACK."""
        replica = self.replicas.get(session)
        if replica is not None:
            replica.acked, replica.acked_ms = offset, self._server.keyspace.now_ms
            self._server.waiting.touched(ACKNOWLEDGED)

    def forget(self, session: "Session") -> None:
        self.replicas.pop(session, None)

    def too_few(self) -> bool:
        """Whether min-replicas-to-write forbids writing."""
        least, lag_s = self._server.config["min-replicas-to-write"], self._server.config["min-replicas-max-lag"]
        if not least or self.is_replica:
            return False
        now_ms = self._server.keyspace.now_ms
        good = sum(now_ms - replica.acked_ms <= lag_s * 1000 for replica in self.replicas.values())
        return bool(good < least)

    def wait(self, call: Call, count: int, timeout_ms: int) -> Reply:
        """WAIT: how many replicas have all that was written so far."""
        if self.is_replica:
            raise Refusal("ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a"
                          " replica is configured to be writable (which is not the default) writes to replicas are just"
                          " local and are not propagated.")  # fmt: skip
        target = self.offset

        def reached() -> int:
            return sum(replica.acked >= target for replica in self.replicas.values())

        if reached() >= count or not call.may_block:
            return reached()
        if self.replicas:
            self._put(encode_command([b"REPLCONF", b"GETACK", b"*"]))

        def retry(again: Call) -> Reply:
            return reached() if reached() >= count else blocked

        deadline_ms = call.now_ms + timeout_ms if timeout_ms else None
        blocked = Blocked((), deadline_ms, retry, on_timeout=Late(reached))
        return blocked

    # ---------------------------------------------------------------- as replica

    def become_replica(self, host: str, port: int) -> None:
        """REPLICAOF: copy this master from now on."""
        if self.follower is not None:
            self.follower.stop()
        self.master = (host, port)
        self._server.keyspace.removes_expired = False
        for session in list(self._server.sessions.values()):
            if session.waiting is not None:
                self._server.waiting.answer(session.waiting, _ROLE_CHANGED)
        self._server.upkeep.guard()
        if self.follow is not None:
            self.follower = self.follow(host, port)

    def become_master(self) -> None:
        """REPLICAOF NO ONE: go on with what is here."""
        if self.follower is not None:
            self.follower.stop()
        if self.master is not None:
            self.second_id, self.second_offset = self.id, self.offset + 1
            self.id = self._new_id()
        self.master, self.follower = None, None
        self._server.keyspace.removes_expired = True
        self._server.upkeep.plan_round()
        self._server.upkeep.guard()

    # ---------------------------------------------------------------- failover

    def fail_over(self, seconds: float) -> int:
        """Put the standby in the server's place; returns how many changes are lost."""
        lost = 0
        if self.standby is not None:
            lost = self.standby.take_over()
        self.second_id, self.second_offset, self.id = self.id, self.offset + 1, self._new_id()
        self.run_id = self._new_id()
        if self._server.tell is not None:
            self._server.tell("redis.failover", lost=lost, away_ns=int(seconds * 1e9))
        self._server.go_away(seconds)
        return lost

    # ---------------------------------------------------------------- in words

    def role(self) -> Reply:
        """ROLE."""
        if self.master is not None:
            state = b"connected" if self.follower is not None and self.follower.online else b"connect"
            offset = self.offset if state == b"connected" else -1
            return [b"slave", self.master[0].encode(), self.master[1], state, offset]
        replicas = [
            [(replica.host or session.address.rpartition(":")[0]).encode(), b"%d" % replica.port, b"%d" % replica.acked]
            for session, replica in self.replicas.items()
        ]
        return [b"master", self.offset, replicas]

    def information(self) -> dict[str, Any]:
        """INFO's section."""
        fields: dict[str, Any] = {"role": "slave" if self.is_replica else "master"}
        now_ms = self._server.keyspace.now_ms
        if self.master is not None:
            up = self.follower is not None and self.follower.online
            fields |= {
                "master_host": self.master[0], "master_port": self.master[1],
                "master_link_status": "up" if up else "down",
                "master_last_io_seconds_ago": self.follower.silent_s() if up and self.follower is not None else -1,
                "master_sync_in_progress": 0, "slave_read_repl_offset": self.offset, "slave_repl_offset": self.offset,
            }  # fmt: skip
            if not up:
                fields["master_link_down_since_seconds"] = -1
            fields |= {
                "slave_priority": self._server.config["replica-priority"],
                "slave_read_only": int(self._server.config["replica-read-only"]), "replica_announced": 1,
            }  # fmt: skip
        fields["connected_slaves"] = len(self.replicas)
        for number, (session, replica) in enumerate(self.replicas.items()):
            ip = replica.host or session.address.rpartition(":")[0]
            fields[f"slave{number}"] = (
                f"ip={ip},port={replica.port},state={replica.state},offset={replica.acked},"
                f"lag={(now_ms - replica.acked_ms) // 1000}"
            )
        active = bool(self.backlog_bytes)
        return fields | {
            "master_failover_state": "no-failover", "master_replid": self.id, "master_replid2": self.second_id,
            "master_repl_offset": self.offset, "second_repl_offset": self.second_offset,
            "repl_backlog_active": int(active), "repl_backlog_size": self._server.config["repl-backlog-size"],
            "repl_backlog_first_byte_offset": self.offset - self.backlog_bytes + 1 if active else 0,
            "repl_backlog_histlen": self.backlog_bytes,
        }  # fmt: skip
