"""Session: what the server knows of one client, from its connection to its end."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from simulator.services.redis.encoder import encode
from simulator.services.redis.protocol import Parser
from simulator.services.redis.reply import Push, Reply

if TYPE_CHECKING:
    from simulator.services.redis.acl import User
    from simulator.services.redis.keyspace import Database
    from simulator.services.redis.registry import Command
    from simulator.services.redis.tracking import Tracked
    from simulator.services.redis.waiting import Waiting

NOBODY: Final = "?:0"


class Wire(Protocol):
    """Where a session's bytes go: a transport, or a list in a test."""

    def write(self, data: bytes, /) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...

    def get_write_buffer_size(self) -> int: ...


class Session:
    """One client."""

    __slots__ = (
        "id", "db", "resp", "name", "library", "user", "authenticated", "unlimited", "plain", "queue",
        "abort_queue", "watched",
        "broken", "channels", "patterns", "shard_channels", "monitor", "reply_mode", "skip_next", "waiting", "held",
        "closing", "closed", "parser", "out", "out_bytes", "over_soft_since_ms", "wire", "address", "local", "fd",
        "created_ms", "last_ms", "last_command", "no_evict", "tracked", "caching", "kind", "replica", "unfinished",
        "heard", "in_exec", "on_close", "input_bytes", "silent", "choked",
    )  # fmt: skip

    def __init__(self, number: int, db: "Database", user: "User", *, now_ms: int, wire: Wire | None = None) -> None:
        self.id = number
        self.db = db
        self.resp = 2
        self.name = b""
        self.library = (b"", b"")
        self.user = user
        self.authenticated = True
        self.unlimited = True
        """Whether the user may do everything, so that nobody needs to look."""
        self.plain = True
        """Whether nothing sets this session apart: no transaction, no subscription, no reply mode, no limits."""
        self.queue: list[tuple[Command, list[bytes]]] | None = None
        self.abort_queue = False
        self.watched: dict[tuple[int, bytes], bool] = {}
        self.broken = False
        """Whether a watched key was changed."""
        self.channels: dict[bytes, None] = {}
        self.patterns: dict[bytes, None] = {}
        self.shard_channels: dict[bytes, None] = {}
        self.monitor = False
        self.reply_mode = "on"
        self.skip_next = False
        self.waiting: Waiting | None = None
        self.held = False
        """Whether what was sent is not looked at for now: it waits, or is paused."""
        self.closing = False
        self.closed = False
        self.parser = Parser()
        self.out: list[bytes] = []
        self.out_bytes = 0
        self.over_soft_since_ms: int | None = None
        self.wire = wire
        self.address, self.local, self.fd = NOBODY, NOBODY, 0
        self.created_ms = self.last_ms = now_ms
        self.last_command = "NULL"
        self.no_evict = False
        self.tracked: Tracked | None = None
        self.caching: bool | None = None
        self.kind = "normal"
        """`normal`, `replica` (it copies us) or `master` (we copy it)."""
        self.replica: Any = None
        self.unfinished: list[bytes] | None = None
        """A command that was put off and comes first when the session goes on."""
        self.in_exec = False
        self.heard: list[Push] = []
        """What news came since the last reply of the transaction that is carried out."""
        self.on_close: Callable[[], None] | None = None
        self.input_bytes = 0
        self.choked = False
        """Whether the next command waits until more of the answers has been sent."""
        self.silent = False
        """Whether its network is dead: nothing it sends is heard, nothing it is told arrives."""

    def __repr__(self) -> str:
        return f"<session {self.id} {self.address} db={self.db.index}>"

    @property
    def subscriptions(self) -> int:
        """How many channels and patterns it listens to, sharded ones apart."""
        return len(self.channels) + len(self.patterns)

    @property
    def listens(self) -> bool:
        """Whether it may say only what subscribers say (RESP2)."""
        return bool(self.channels or self.patterns or self.shard_channels)

    def settle(self) -> None:
        """Work out again whether anything sets this session apart."""
        self.plain = (
            self.authenticated
            and self.unlimited
            and self.queue is None
            and self.reply_mode == "on"
            and not self.skip_next
            and not self.listens
            and not self.monitor
            and self.tracked is None
            and self.kind == "normal"
        )

    def say(self, reply: Reply) -> None:
        """Put a reply to what will be sent; nothing of it where it cannot be written."""
        data = encode(reply, self.resp)
        self.out.append(data)
        self.out_bytes += len(data)

    def push(self, *items: Reply) -> None:
        """Put news to what will be sent, whatever CLIENT REPLY says: who subscribes wants to hear.

        During a transaction of this client's own they stand between its replies, if it is to get those.
        """
        if self.in_exec and self.reply_mode == "on" and not self.skip_next:
            self.heard.append(Push(items))
            return
        data = encode(Push(items), self.resp)
        self.out.append(data)
        self.out_bytes += len(data)
