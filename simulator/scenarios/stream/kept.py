"""Kept: what Redis keeps of streams, as plain data, and told in the trace whenever it has changed.

Events of commands carry no values, so what a transition did cannot be read from them. `WatchedRedis` looks at the
keyspace after each script and tells the difference as a note, `stream.kept`:

    stream   its id                       sets     the sets that it is in, if that changed
    changed  fields of its meta hash      parts    number -> [offset, size, etag], or null for one that was dropped
    queue    the abort queue, if that changed
    now_ms   Redis' clock; with a new owner also held_until_ms, when the lease of the last one ends
    by       the owner and the epoch as whom the script was run; epoch 0 is anyone
    rollback true if Redis came back with less than it had

It is no part of Redis: nothing is asked of the server, and the program cannot notice it.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.services.hosting import telling
from simulator.services.redis.hosted import HostedRedis
from simulator.services.redis.program import Redis, serve_redis
from simulator.services.redis.server import Server
from simulator.services.redis.session import Session
from simulator.services.redis.settings import Settings
from simulator.world.host import Host
from simulator.world.service import ALWAYS, Restart

KEPT: Final = "stream.kept"
STATUSES: Final = ("active", "pending_completion", "completed", "failed")
_QUEUE: Final = "streams:abort_queue"
_UNTOLD: Final = frozenset({"metadata", "lease_until"})
"""Told nowhere: one is long, the other changes with every renewal (`lease_until` is told with the rest)."""
_TOLD_AS: Final = {"token": "stamp"}
"""A trace does not show what is called a token, and this one is no secret."""
_WIPES: Final = frozenset({"flushall", "flushdb"})
_SCRIPTS: Final = frozenset({"evalsha", "eval", "hset", "hdel"})


@dataclass
class Stream:
    """One stream, as Redis keeps it."""

    meta: dict[str, str] = field(default_factory=dict)
    parts: dict[int, tuple[int, int, str]] = field(default_factory=dict)
    sets: tuple[str, ...] = ()


class Keyspace:
    """The keyspace of a simulated Redis, read from outside."""

    def __init__(self, redis: Redis) -> None:
        self._database = redis.server.keyspace.databases[0]

    def streams(self) -> list[str]:
        """The ids of every stream there is anything of."""
        found: set[str] = set()
        for key in list(self._database.data):
            name = key.decode(errors="replace")
            if name.startswith("stream:") and name.endswith((":meta", ":parts")):
                found.add(name[len("stream:") : name.rindex(":")])
        for status in STATUSES:
            found.update(self._members(status))
        return sorted(found)

    def stream(self, name: str) -> Stream:
        meta, parts = self.hash_at(f"stream:{name}:meta"), self.hash_at(f"stream:{name}:parts")
        sets = tuple(status for status in STATUSES if name in self._members(status))
        return Stream(
            meta, {int(n): _part(text) for n, text in sorted(parts.items(), key=lambda one: int(one[0]))}, sets
        )

    def queue(self) -> list[str]:
        """The abort queue."""
        return sorted(self.hash_at(_QUEUE))

    def _members(self, status: str) -> set[str]:
        held = self._database.peek(f"streams:{status}".encode())
        return {member.decode(errors="replace") for member in held.members} if held is not None else set()

    def hash_at(self, key: str) -> dict[str, str]:
        """A hash as it is kept, its fields by name."""
        held = self._database.peek(key.encode())
        if held is None:
            return {}
        return {name.decode(): value.decode(errors="replace") for name, value in held.fields.items()}


def _part(text: str) -> tuple[int, int, str]:
    told = json.loads(text)
    return told["offset"], told["size"], told["etag"]


class WatchedRedis(HostedRedis):
    """A Redis on a host of which the trace is told what it keeps."""

    def __init__(self, host: Host, settings: Settings, restart: Restart = ALWAYS) -> None:
        self._known: dict[str, Stream] = {}
        self._queue: list[str] = []
        self._asked: list[bytes] = []
        super().__init__(host, settings, restart)

    @property
    def keyspace(self) -> Keyspace | None:
        """What it holds; None before its first start."""
        return Keyspace(self.redis) if self.redis is not None else None

    async def _serve(self) -> None:
        await serve_redis(self.settings, tell=self._telling(telling(self.host)), ready=self._ready)

    def _telling(self, tell: Callable[..., None]) -> Callable[..., None]:
        def told(kind: str, **fields: Any) -> None:
            tell(kind, **fields)
            if kind == "redis.command" and not fields.get("script") and fields["command"].lower() in _SCRIPTS:
                streams = [key.split(":")[1] for key in fields.get("keys", ()) if key.endswith(":meta")]
                self._look(streams, by=_caller(self._asked))
            elif kind in ("redis.failover", "redis.restart") or fields.get("command") in _WIPES:
                self._look_at_all()

        return told

    def _ready(self, redis: Redis) -> None:
        super()._ready(redis)
        self._overhear(redis.server)
        self._look_at_all()

    def _overhear(self, server: Server) -> None:
        """Note what is asked: events of commands do not say it."""
        execute = server.execute

        def noted(session: Session, argv: list[bytes]) -> None:
            self._asked = argv
            execute(session, argv)

        vars(server)["execute"] = noted

    def _look_at_all(self) -> None:
        keyspace = self.keyspace
        assert keyspace is not None
        self._look(sorted({*self._known, *keyspace.streams()}), rollback=True)

    def _look(self, streams: Iterable[str], *, rollback: bool = False, by: tuple[str, int] | None = None) -> None:
        keyspace = self.keyspace
        if keyspace is None:
            return
        for name in streams:
            now, before = keyspace.stream(name), self._known.get(name, Stream())
            told = difference(before, now)
            if told.get("changed", {}).get("owner") is not None:
                told["held_until_ms"] = int(before.meta.get("lease_until") or 0)
            if told:
                told["now_ms"] = self.host.wall.wall_ns(self.host.world.engine.now_ns) // 1_000_000
                told |= {"by": list(by)} if by is not None else {}
                self._tell({"stream": name} | told | ({"rollback": True} if rollback else {}))
            self._known[name] = now
        queue = keyspace.queue()
        if queue != self._queue:
            self._queue = queue
            self._tell({"queue": queue} | ({"rollback": True} if rollback else {}))

    def _tell(self, data: dict[str, Any]) -> None:
        self.host.emit("note", text=KEPT, data=data)


def _caller(argv: list[bytes]) -> tuple[str, int] | None:
    """As whom a script of streams is run: its arguments begin with the stream, the owner and the epoch."""
    if len(argv) < 3 or argv[0].upper() not in (b"EVALSHA", b"EVAL"):
        return None
    words = argv[3 + int(argv[2]) :]
    return (words[1].decode(errors="replace"), int(words[2])) if len(words) > 2 and words[2].isdigit() else None


def difference(before: Stream, now: Stream) -> dict[str, Any]:
    """What is to be told of a stream, and nothing if only its lease was renewed."""
    told: dict[str, Any] = {}
    names = [*now.meta, *(name for name in before.meta if name not in now.meta)]
    changed = {name: now.meta.get(name) for name in names if now.meta.get(name) != before.meta.get(name)}
    if changed.keys() - _UNTOLD:
        told["changed"] = {_TOLD_AS.get(name, name): value for name, value in changed.items() if name != "metadata"}
    parts: dict[str, list[Any] | None] = {
        str(n): list(part) for n, part in now.parts.items() if before.parts.get(n) != part
    }
    parts |= {str(n): None for n in before.parts if n not in now.parts}
    if parts:
        told["parts"] = parts
    if now.sets != before.sets:
        told["sets"] = list(now.sets)
    return told
