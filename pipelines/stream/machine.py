"""Decisions: what to do next with a stream, and what an answer of S3 means for it. No I/O.

`next_step` is the whole order of the protocol: it looks at what Redis holds of a stream and at what was seen of its
file, and names one step. Whoever takes the step looks again and asks again; a worker that has just started and one
that has worked for days go the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from pipelines.stream.answers import Head, Kind, Listed
from pipelines.stream.names import StreamId
from pipelines.stream.plan import PartPlan, Range
from pipelines.stream.records import COMPLETED, PENDING, Intent, Meta, Part


class Do(Enum):
    """The steps there are."""

    REST = "rest"
    CREATE = "create"
    RECONCILE = "reconcile"
    TOUCH = "touch"
    UPLOAD = "upload"
    BEGIN_FINAL = "begin_final"
    DRAIN = "drain"
    SALVAGE = "salvage"
    COMMIT = "commit"
    PUBLISH = "publish"
    RESTART = "restart"
    MARK_ABORT = "mark_abort"
    ABORT = "abort"
    OVER = "over"


@dataclass(frozen=True)
class Step:
    """What to do, and why if that is to be written down."""

    do: Do
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What this process knows of the stream's file and upload."""

    present: bool
    """Whether the file of this stream is at its path."""
    other: bool = False
    """Whether another file is."""
    size: int = 0
    mtime_ns: int = 0
    gone: bool = False
    """Whether the file has been away for long enough."""
    idle: bool = False
    settled: bool = False
    reconciled: bool = False
    """Whether what S3 holds was compared with the file since this process took the stream."""
    missing_parts: bool = False
    """Whether the file has full parts that are not recorded."""
    touch_due: bool = False
    salvage: bool = False


def next_step(meta: Meta, sight: Sight, plan: PartPlan) -> Step:
    """The one step that a stream needs now."""
    if meta.terminal:
        return Step(Do.OVER)
    if meta.phase == "aborting":
        return Step(Do.ABORT)
    if meta.phase == "publishing":
        return Step(Do.PUBLISH)
    if meta.intent:
        return Step(Do.COMMIT)
    if not sight.present:
        return _without_file(meta, sight)
    if sight.size < meta.bytes_sent:
        return Step(Do.RESTART, "truncated")
    if sight.size > plan.bytes_max:
        return Step(Do.MARK_ABORT, "too_large")
    if not meta.upload_id:
        return Step(Do.RESTART, "no_upload_id") if meta.bytes_sent else Step(Do.CREATE)
    if not sight.reconciled:
        return Step(Do.RECONCILE)
    return _pending(meta, sight) if meta.status == PENDING else _growing(meta, sight)


def _without_file(meta: Meta, sight: Sight) -> Step:
    if not sight.gone:
        return Step(Do.REST)
    if sight.salvage and meta.upload_id and meta.contiguous:
        return Step(Do.SALVAGE)
    return Step(Do.MARK_ABORT, "file_replaced" if sight.other else "missing_file")


def _changed(meta: Meta, sight: Sight) -> bool:
    return (sight.size, sight.mtime_ns) != (meta.size_seen, meta.mtime_ns)


def _pending(meta: Meta, sight: Sight) -> Step:
    if _changed(meta, sight):
        return Step(Do.TOUCH)
    return Step(Do.DRAIN) if sight.settled else Step(Do.REST)


def _growing(meta: Meta, sight: Sight) -> Step:
    if _changed(meta, sight) and (sight.touch_due or sight.idle):
        return Step(Do.TOUCH)
    if sight.missing_parts:
        return Step(Do.UPLOAD)
    return Step(Do.BEGIN_FINAL) if sight.idle else Step(Do.REST)


# --- what S3 holds ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """A part that S3 lists and that may be what the file holds: its digest decides."""

    span: Range
    listed: Listed
    recorded: Part | None

    def keeps(self, md5: str, checksum: str = "") -> bool:
        """Whether the part holds the range whose digests are given: ETags are none where keys encrypt."""
        known = self.recorded
        by_record = known is not None and known.md5 == md5 and known.etag == self.listed.etag
        return self.listed.etag == md5 or by_record or (bool(checksum) and self.listed.checksum == checksum)

    @property
    def is_recorded(self) -> bool:
        known = self.recorded
        return known is not None and (known.size, known.etag) == (self.span.size, self.listed.etag)


def checks(ranges: list[Range], recorded: Mapping[int, Part], listed: Mapping[int, Listed]) -> list[Check]:
    """The parts of a file that need not be sent if their digests are right; all others are not there."""
    found = ((span, listed.get(span.n)) for span in ranges)
    return [Check(span, part, recorded.get(span.n)) for span, part in found if part and part.size == span.size]


def differing(wanted: Mapping[int, Part], listed: Mapping[int, Listed]) -> list[int]:
    """The parts that S3 does not list as they are wanted."""
    return [n for n, part in wanted.items() if listed.get(n) != Listed(part.size, part.etag)]


# --- what became of a Complete ------------------------------------------------------------------------------


class Outcome(Enum):
    """What an answer to Complete means."""

    PUBLISHED = "published"
    AGAIN = "again"
    """The same intent, later."""
    LOOK = "look"
    """Only HEAD tells."""
    MEND = "mend"
    """A part of the intent was overwritten: it is to be restored."""
    REJECTED = "rejected"
    REFUSED = "refused"
    """No access, or no bucket."""


def judge_complete(intent: Intent, etag: str) -> Outcome:
    """A Complete that was answered with 200; some servers tell no ETag."""
    return Outcome.PUBLISHED if etag and etag == intent.etag else Outcome.LOOK


def judge_refusal(kind: Kind) -> Outcome:
    """A Complete that was refused."""
    match kind:
        case Kind.NO_UPLOAD | Kind.NOT_FOUND | Kind.OCCUPIED:
            return Outcome.LOOK
        case Kind.INVALID_PART:
            return Outcome.MEND
        case Kind.REJECTED | Kind.DAMAGED:
            return Outcome.REJECTED
        case Kind.DENIED | Kind.NO_BUCKET:
            return Outcome.REFUSED
        case _:
            return Outcome.AGAIN


class Whose(Enum):
    """Whose the object at a key is."""

    OURS = "ours"
    """Of this stream, and what is meant."""
    STALE = "stale"
    """Of this stream, with other bytes."""
    FOREIGN = "foreign"
    NOBODY = "nobody"


def judge_head(head: Head | None, meta: Meta, intent: Intent | None) -> Whose:
    """An object by its token, ETag and size. That something is there proves nothing."""
    if head is None:
        return Whose.NOBODY
    if attempt_of(head.token, meta.id) is None:
        return Whose.FOREIGN
    if intent is None or head.size != intent.size:
        return Whose.STALE
    if head.etag == intent.etag:
        return Whose.OURS
    if not intent.etag and head.checksum is not None and head.checksum == intent.checksum:
        return Whose.OURS
    # Where ETags are no digests, what this very attempt has put there is all that can be there.
    return Whose.OURS if not intent.etag and head.token == meta.token else Whose.STALE


def attempt_of(token: str, stream: str) -> int | None:
    """The attempt of this stream that a token names, or None if it is another's."""
    of, _, attempt = token.rpartition("/")
    return int(attempt) if of == stream and attempt.isdigit() else None


# --- what comes after the end -------------------------------------------------------------------------------

_ALWAYS_ANEW = {"missing_file", "file_replaced", "upload_lost"}
_NEXT_REVISION = {"intent_lost", "key_taken"}


class After(Enum):
    """What a file is to a stream that is over."""

    NOTHING = "nothing"
    COMPARE = "compare"
    """It was touched: only its bytes tell."""
    REVISION = "revision"
    GENERATION = "generation"
    """The file that was gone is here again, or another has its inode."""


def after_the_end(meta: Meta, size: int, mtime_ns: int) -> After:
    """Whether a file needs another stream, now that the one it had is over."""
    changed = (size, mtime_ns) != (meta.size_seen, meta.mtime_ns)
    if meta.status == COMPLETED:
        if meta.short:
            return After.REVISION  # The file that was gone is here again, with all its bytes.
        if not changed:
            return After.NOTHING
        return After.COMPARE if size == meta.object_size else After.REVISION
    if meta.reason in _ALWAYS_ANEW:
        return After.GENERATION
    if meta.reason in _NEXT_REVISION:
        return After.REVISION
    if meta.reason == "no_parts":
        return After.REVISION if size else After.NOTHING
    return After.NOTHING  # Until the operator has mended what it was, and says so.


def following(meta: Meta, slug: str, after: After) -> StreamId:
    """The id of the stream that comes after another."""
    now = StreamId.parse(meta.id)
    assert now is not None, f"{meta.id} is no stream's id"
    if after is After.GENERATION:
        return StreamId(slug, now.dev, now.ino, now.generation + 1, 0)
    return StreamId(slug, now.dev, now.ino, now.generation, now.rev + 1)
