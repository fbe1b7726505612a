"""Kinds: the closed vocabulary of events, one table for all floors.

To add a kind, add one line to `_TABLE`: its name, one sentence, and the names of its fields. A kind whose
fields carry words of the program (its output, its log, its headers) is marked `TEXT`: those fields are
cleaned of secrets, memory addresses and undecodable bytes before they are kept. A kind that is only worth
its bytes when one looks closely is marked `DETAIL`, and is left out below that level.

    >>> KINDS["fs.rename"].doc
    'A name was moved, replacing what was there.'
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulator.errors import Misuse

TEXT: Final = "text"
DETAIL: Final = "detail"

TABLE_BEGIN: Final = "<!-- kinds: written from simulator/trace/kinds.py -->"
TABLE_END: Final = "<!-- end of kinds -->"

COMMON_FIELDS: Final = frozenset({"where", "pid", "thread", "task", "why", "error"})
"""Fields that any kind may carry: the call site, the actor, the reason, the errno's name."""


@dataclass(frozen=True)
class Kind:
    """One word of the vocabulary: what it tells, and which fields it may carry."""

    name: str
    doc: str
    fields: frozenset[str]
    text: bool = False
    detail: bool = False

    @property
    def family(self) -> str:
        """Return the part before the dot; `note` is a family of its own."""
        return self.name.partition(".")[0]


def _kind(name: str, doc: str, fields: str = "", *marks: str) -> Kind:
    return Kind(name, doc, frozenset(fields.split()), text=TEXT in marks, detail=DETAIL in marks)


_TABLE: Final = (
    # The run.
    _kind("run.begin", "A run began; its fields tell one run from another.", "scenario program seed params", TEXT),
    _kind("run.end", "A run ended.", "outcome message", TEXT),
    _kind("phase.begin", "A phase of the run began: setup, drive, heal, settle or check.", "phase"),
    _kind("limit.reached", "Something went on for longer than its limit allows.", "limit value_max message", TEXT),
    _kind("stuck", "Nothing can ever wake again.", "waiting message", TEXT),
    _kind("note", "The scenario said something about itself.", "text data", TEXT),
    _kind("absorbed", "A value from a clock or entropy source was handed out.", "label size checksum", DETAIL),
    # Processes.
    _kind("proc.start", "A program started on a host.", "name argv cwd env", TEXT),
    _kind("proc.error", "An exception ended a program.", "text", TEXT),
    _kind("proc.unraisable", "An error in a finalizer, which nobody could catch.", "message", TEXT),
    _kind("proc.exit", "A program ended: by itself, by a signal, or because the power was cut.", "name code how"),
    _kind("proc.signal", "A signal was delivered.", "signal handled"),
    _kind("proc.pause", "A process froze while the world went on."),
    _kind("proc.resume", "A frozen process went on."),
    _kind("proc.restart", "A restart policy brought a program back.", "name delay_ns policy"),
    _kind("host.crash", "The power of a host was cut: not one more line ran there."),
    _kind("host.boot", "A host came back after a crash."),
    _kind("proc.stdout", "The program wrote to its standard output.", "text", TEXT),
    _kind("proc.stderr", "The program wrote to its standard error.", "text", TEXT),
    _kind("log", "The program logged a record.", "level logger message data", TEXT),
    # The loop and its threads.
    _kind("loop.blocked", "A blocking call held up the event loop.", "duration_ns seconds call", TEXT),
    _kind("loop.exception", "An exception reached the loop's exception handler.", "message callback handled", TEXT),
    _kind("loop.warning", "A warning was raised: never awaited, unclosed, deprecated.", "category message", TEXT),
    _kind("thread.start", "A thread started.", "name target"),
    _kind("thread.exit", "A thread ended.", "name exception", TEXT),
    _kind("task.start", "A task was created.", "name coroutine", DETAIL),
    _kind("task.exit", "A task was done.", "name how", DETAIL),
    # Files.
    _kind("fs.open", "A file was opened.", "path flags fd mode created"),
    _kind("fs.close", "A descriptor was closed.", "path fd", DETAIL),
    _kind("fs.read", "Bytes were read from a file.", "path fd offset bytes checksum", DETAIL),
    _kind("fs.write", "Bytes were written to a file.", "path fd offset bytes checksum"),
    _kind("fs.truncate", "A file's length was set.", "path fd size"),
    _kind("fs.fsync", "A file's or folder's content reached the platter.", "path fd bytes"),
    _kind("fs.rename", "A name was moved, replacing what was there.", "path to replaced"),
    _kind("fs.unlink", "A name was removed.", "path"),
    _kind("fs.link", "A second name was given to a file.", "path to"),
    _kind("fs.symlink", "A symbolic link was made.", "path to"),
    _kind("fs.mkdir", "A folder was made.", "path mode"),
    _kind("fs.rmdir", "A folder was removed.", "path"),
    _kind("fs.chmod", "A file's mode or owner was changed.", "path mode uid gid"),
    _kind("fs.utime", "A file's times were set.", "path mtime_ns atime_ns"),
    _kind("fs.lock", "A file lock was taken, refused or given up.", "path fd operation"),
    _kind("fs.error", "A file operation failed.", "path operation"),
    _kind("fs.crash", "A disk lost power: what was not synced may be lost or torn.", "mount names files"),
    _kind("watch.add", "A program began to watch a path.", "path recursive"),
    _kind("watch.batch", "A watcher handed over a batch of changes.", "path changes"),
    _kind("watch.lost", "A watcher's queue overflowed and changes were lost.", "roots lost"),
    # The network.
    _kind("net.listen", "A program listens on an address.", "address backlog"),
    _kind("net.connect", "A connection was attempted.", "conn src dst"),
    _kind("net.accept", "A connection was accepted.", "conn src dst"),
    _kind("net.refused", "A connection was refused.", "conn src dst"),
    _kind("net.unreachable", "A connection attempt found no way or no answer.", "conn src dst"),
    _kind("net.send", "Bytes were handed to the network.", "conn src dst bytes checksum"),
    _kind("net.deliver", "Bytes reached the other side.", "conn src dst bytes checksum"),
    _kind("net.eof", "One side closed its direction of a connection.", "conn src dst"),
    _kind("net.reset", "A connection was torn down by a reset.", "conn src dst"),
    _kind("net.close", "A connection was closed.", "conn src dst"),
    _kind("net.drop", "A datagram was lost.", "src dst bytes checksum"),
    _kind("net.hold", "Traffic between hosts was held back.", "src dst"),
    _kind("net.release", "Held traffic was let go.", "src dst"),
    _kind("net.partition", "Traffic between hosts was cut.", "src dst oneway"),
    _kind("net.heal", "A cut or a slow link was lifted.", "src dst"),
    _kind("net.link", "A link's latency or bandwidth was changed.", "src dst latency_ns jitter_ns bytes_per_s"),
    _kind("dns.query", "A name was looked up.", "name answer delay_ns"),
    # Subprocesses, clocks, faults, guards.
    _kind("sub.start", "A program started a subprocess.", "argv child cwd env", TEXT),
    _kind("sub.exit", "A subprocess ended.", "child code signal"),
    _kind("clock.jump", "A host's wall clock jumped.", "by_ns"),
    _kind("clock.drift", "A host's wall clock began to run fast or slow.", "ppm"),
    _kind("fault.begin", "A fault took hold.", "fault target number"),
    _kind("fault.end", "A fault was lifted.", "fault target number"),
    _kind("fault.hit", "A fault changed the fate of one attempt.", "fault target operation verdict number"),
    _kind("guard.refused", "A door that is not simulated was refused.", "door", TEXT),
    _kind("guard.leak", "The program reached the real machine through a door.", "door", TEXT),
    _kind("oracle.violated", "A property was violated.", "oracle message", TEXT),
    # Services.
    _kind(
        "http.request",
        "A service received a request.",
        "operation key method target headers bytes checksum conn",
        TEXT,
    ),
    _kind("http.response", "A service answered a request.", "operation key status headers bytes checksum conn", TEXT),
    _kind("http.refused", "A server refused input that is no proper request.", "status conn", TEXT),
    _kind("redis.command", "A Redis server carried out a command.", "command client keys db bytes reply script"),
    _kind("redis.script", "A script changed more when it ran twice.", "script keys same_reply changed writes"),
    _kind("redis.failover", "The replica behind a Redis server's address took over.", "lost away_ns"),
    _kind("redis.restart", "A Redis server was killed and starts again.", "away_ns"),
    _kind("s3.request", "An S3 server was asked.", "operation bucket key upload part bytes"),
    _kind(
        "s3.response",
        "An S3 server answered; the checksum is the ETag.",
        "operation bucket key upload part status code bytes checksum",
    ),
    _kind("s3.lifecycle", "An S3 server swept what a rule of its bucket says.", "bucket key what"),
)

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in _TABLE}
assert len(KINDS) == len(_TABLE), "a kind is listed twice"


def verify(name: str, fields: dict[str, object]) -> None:
    """Raise `Misuse` when an event's kind or one of its fields is not in the vocabulary."""
    kind = KINDS.get(name)
    if kind is None:
        near = ", ".join(sorted(other for other in KINDS if other.partition(".")[0] == name.partition(".")[0]))
        raise Misuse(
            f"event kind {name!r} is not in the vocabulary" + (f" (there are {near})" if near else ""),
            hint="add it to the table in simulator/trace/kinds.py",
        )
    strangers = fields.keys() - kind.fields - COMMON_FIELDS
    if strangers:
        found, expected = ", ".join(sorted(strangers)), ", ".join(sorted(kind.fields))
        raise Misuse(
            f"event kind {name!r} has no field {found} (it has {expected})",
            hint="add the field to the kind's line in simulator/trace/kinds.py",
        )


def as_markdown() -> str:
    """Return the vocabulary as the table of the reference page."""
    rows = ["| kind | what it tells | fields |", "|---|---|---|"]
    for kind in _TABLE:
        marks = " *(detail)*" if kind.detail else ""
        rows.append(f"| `{kind.name}` | {kind.doc}{marks} | {', '.join(sorted(kind.fields))} |")
    return "\n".join(rows)


def write_reference(page: Path) -> None:
    """Put the table into the reference page, in place of the one that is there."""
    before, _, rest = page.read_text().partition(TABLE_BEGIN)
    _, _, after = rest.partition(TABLE_END)
    page.write_text(f"{before}{TABLE_BEGIN}\n{as_markdown()}\n{TABLE_END}{after}")
