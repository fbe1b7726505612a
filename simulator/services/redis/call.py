"""Call: one command on its way through the server, and all that its function may touch.

A function reads its arguments, works on `call.db`, says what it changed, and returns a reply:

    @command("LPUSH")
    def lpush(call: Call, args: list[bytes]) -> Reply:
        ...                                             # change the value in call.db
        call.touch(key, changes=len(args) - 2)          # WATCH, tracking, waiters, and the count of changes
        call.notify("l", "lpush", key)                  # a keyspace event of a class (g $ l s h z x e t m d n)
        return length

Rules.

1. No I/O, no clock but `call.now_ms`, no chance but `call.rng`.
2. What was changed is said by `touch` (a key) or by `call.dirty += 1` (anything else). A call with changes is passed on
   to the append-only file and to replicas as it was sent, unless it said what to pass on instead:
   `call.propagate([b"SET", key, value, b"PXAT", at])`, as often as needed; `call.propagate()` for nothing at all.
   Whatever depends on time or chance must be passed on as its effect (EXPIRE as PEXPIREAT, SPOP as SREM).
3. Refusing is `raise Refusal("ERR ...")`, before anything was changed.
4. A command that must wait returns `Blocked(keys, ...)`. `retry` is called whenever one of the keys was touched, with a
   fresh call of the same session: it returns the reply, or a `Blocked` to go on waiting, or raises `Refusal`. Those who
   wait are asked in the order in which they began. Where waiting is impossible (`call.may_block` is false: MULTI, Lua)
   the function is not to wait: it returns what it would when time is up. The framework sees to that as well: there a
   `Blocked` becomes its `on_timeout`.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from simulator.services.redis.reply import NULL_ARRAY, Reply

if TYPE_CHECKING:
    from simulator.services.redis.keyspace import Database
    from simulator.services.redis.registry import Command
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session


class Hooks(Protocol):
    """What the keyspace tells the framework of by itself, outside of what a command says it did."""

    def modified(self, database: int, key: bytes) -> None:
        """Say that a key is not what it was: breaks WATCH, invalidates caches, asks those who wait for the key."""

    def expired(self, database: int, key: bytes) -> None:
        """Say that a key's time was up and it was removed: event, DEL to replicas, counters."""

    def event(self, kind: str, name: str, database: int, key: bytes) -> None:
        """Say that a keyspace event happened, of a class of `notify-keyspace-events`."""


class Blocked:
    """The answer of a command that must wait for its keys."""

    __slots__ = ("keys", "deadline_ms", "retry", "on_timeout")

    def __init__(
        self,
        keys: Sequence[bytes],
        deadline_ms: int | None,
        retry: "Callable[[Call], Reply]",
        on_timeout: Reply = NULL_ARRAY,
    ) -> None:
        self.keys = tuple(dict.fromkeys(keys))
        self.deadline_ms = deadline_ms  # by call.now_ms; None waits for ever
        self.retry = retry
        self.on_timeout = on_timeout


class Call:
    """What a command's function is handed; made anew for every command."""

    __slots__ = (
        "server", "session", "command", "argv", "db", "now_ms", "resp", "dirty", "effects", "may_block", "script",
        "woken_by",
    )  # fmt: skip

    def __init__(
        self,
        server: "Server",
        session: "Session",
        command: "Command",
        argv: list[bytes],
        db: "Database",
        now_ms: int,
        *,
        resp: int = 2,
        may_block: bool = True,
        script: Any = None,
    ) -> None:
        self.server, self.session, self.command, self.argv = server, session, command, argv
        self.db = db
        """The database that the session selected; its neighbours are `server.keyspace.databases`."""
        self.now_ms = now_ms
        """Unix time in milliseconds; it stands still during a transaction and a script."""
        self.resp = resp
        """The protocol's version that the reply is for: 2 or 3 (scripts: what redis.setresp asked for)."""
        self.dirty = 0
        """How many changes were made; 0 means that nothing is propagated."""
        self.effects: list[tuple[int, list[bytes]]] | None = None
        """What is propagated instead of `argv`, each with its database; None for `argv` itself."""
        self.may_block = may_block
        self.script = script
        """The script that makes this call, or None."""
        self.woken_by: bytes | None = None
        """The key that became ready, where a `Blocked` is asked again."""

    @property
    def rng(self) -> Random:
        return self.server.rng

    @property
    def now_us(self) -> int:
        """Unix time in microseconds: TIME's."""
        return max(self.server.now_ns() // 1000, self.now_ms * 1000) if self.script is None else self.script.now_us

    def setting(self, name: str) -> Any:
        """Return a parameter by CONFIG's name: an int (bytes, numbers, milliseconds), a bool or a str."""
        return self.server.config[name]

    def touch(self, key: bytes, changes: int = 1) -> None:
        """Say that a key of this database was changed, made or removed, and how many changes that was."""
        self.dirty += changes
        self.server.modified(self.db.index, key)

    def notify(self, kind: str, name: str, key: bytes) -> None:
        """Say what happened to a key, as a keyspace event of a class of `notify-keyspace-events`."""
        if self.server.notifies:
            self.server.event(kind, name, self.db.index, key)

    def propagate(self, *commands: list[bytes]) -> None:
        """Have these passed on instead of the command as it was sent; none at all is possible."""
        if self.effects is None:
            self.effects = []
        self.effects += [(self.db.index, one) for one in commands]
