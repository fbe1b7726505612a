"""Describing: one client in a line, as CLIENT LIST and the log of denials have it."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

_REPLY_CHUNK: Final = 16384


def type_of(session: "Session") -> str:
    """Return the class that limits and lists put a client in."""
    return "pubsub" if session.kind == "normal" and session.listens else session.kind


def _flags(session: "Session") -> str:
    letters = ""
    if session.kind == "replica":
        letters += "S"
    if session.kind == "master":
        letters += "M"
    if session.monitor:
        letters += "O"
    if session.listens:
        letters += "P"
    if session.queue is not None:
        letters += "x"
    if session.waiting is not None:
        letters += "b"
    if session.tracked is not None:
        letters += "t" + ("R" if session.tracked.broken else "") + ("B" if session.tracked.broadcast else "")
    if session.broken:
        letters += "d"
    if session.closing:
        letters += "c"
    if session.no_evict:
        letters += "e"
    return letters or "N"


def described(server: "Server", session: "Session") -> bytes:
    """Return a client as CLIENT LIST has it."""
    now_ms = server.keyspace.now_ms
    queued = sum(len(word) for _, argv in session.queue or () for word in argv)
    waiting = session.parser.pending
    sent = session.wire.get_write_buffer_size() if session.wire is not None else 0
    redirect = -1 if session.tracked is None else session.tracked.redirect
    fields: list[tuple[str, object]] = [
        ("id", session.id), ("addr", session.address), ("laddr", session.local), ("fd", session.fd),
        ("name", session.name.decode()), ("age", (now_ms - session.created_ms) // 1000),
        ("idle", (now_ms - session.last_ms) // 1000), ("flags", _flags(session)), ("db", session.db.index),
        ("sub", len(session.channels)), ("psub", len(session.patterns)), ("ssub", len(session.shard_channels)),
        ("multi", -1 if session.queue is None else len(session.queue)), ("qbuf", waiting),
        ("qbuf-free", max(0, 20474 - waiting)), ("argv-mem", 10), ("multi-mem", queued), ("rbs", _REPLY_CHUNK),
        ("rbp", _REPLY_CHUNK), ("obl", 0), ("oll", 0), ("omem", sent), ("tot-mem", 37658 + waiting + sent + queued),
        ("events", "r"), ("cmd", session.last_command), ("user", session.user.name.decode(errors="replace")),
        ("redir", redirect), ("resp", session.resp),
    ]  # fmt: skip
    return " ".join(f"{name}={value}" for name, value in fields).encode()
