"""Status: what an operator sees of streams, read from Redis."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pipelines.stream.names import STATUSES, StreamId, stream_of_key
from pipelines.stream.records import FAILED, REASONS, Meta, Part
from pipelines.stream.state import StreamState

_ROWS_MAX: Final = 1_000


@dataclass(frozen=True)
class Row:
    """One stream in a list."""

    stream: str
    path: str
    key: str
    status: str
    phase: str
    size: int
    sent: int
    parts: int
    quiet_s: float
    owner: str
    reason: str
    next_try_s: float

    @property
    def progress(self) -> float:
        """How much of what the file has was sent, from 0 to 1."""
        if self.status == "completed":
            return 1.0
        return min(1.0, self.sent / self.size) if self.size else 0.0


def row(meta: Meta, now_ms: int) -> Row:
    return Row(
        stream=meta.id,
        path=meta.path,
        key=meta.key,
        status=meta.status,
        phase=meta.phase,
        size=meta.object_size or meta.size_seen,
        sent=meta.bytes_sent,
        parts=meta.contiguous,
        quiet_s=max(0, now_ms - meta.last_activity_at) / 1000,
        owner=meta.owner if meta.lease_until > now_ms else "",
        reason=meta.reason or meta.retry_reason,
        next_try_s=max(0, meta.next_retry_at - now_ms) / 1000 if meta.next_retry_at else 0.0,
    )


@dataclass(frozen=True)
class Overview:
    """How many streams of each status, and those that are listed."""

    counts: Mapping[str, int]
    rows: tuple[Row, ...]
    left_out: int


async def overview(state: StreamState, *, completed: bool = False) -> Overview:
    """The streams as Redis has them: what is under way and what failed, and what is completed if that is asked for."""
    now_ms, counts = await state.now_ms(), await state.counts()
    names: list[str] = []
    for status in STATUSES:
        if status != "completed" or completed:
            names += await state.members(status)
    shown = names[:_ROWS_MAX]
    rows = tuple([row(meta, now_ms) async for meta in state.metas(shown)])
    return Overview(counts, rows, len(names) - len(shown))


def amount(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def plain(text: str) -> str:
    """Text as a terminal may be given it: no control characters, no halves of characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def overview_words(seen: Overview) -> str:
    """The list, for a terminal."""
    lines = ["  ".join(f"{status} {seen.counts.get(status, 0)}" for status in (*STATUSES, "abort_queue"))]
    for each in seen.rows:
        state = each.status if each.status in ("completed", FAILED) else f"{each.status}/{each.phase}"
        told = f"{each.progress:4.0%}  {amount(each.sent)} of {amount(each.size)}"
        more = f"  {each.reason}" if each.reason else ""
        if each.next_try_s:
            more += f", next try in {each.next_try_s:.0f} s"
        if each.status not in ("completed", FAILED):
            more += f"  quiet {each.quiet_s:.0f} s  {each.owner or 'nobody has it'}"
        lines.append(f"{state:32} {told:32} {plain(each.path)}{more}")
    if seen.left_out:
        lines.append(f"... and {seen.left_out} more")
    return "\n".join(lines) + "\n"


def overview_json(seen: Overview) -> str:
    rows = [asdict(each) | {"progress": round(each.progress, 4)} for each in seen.rows]
    told = {"counts": dict(seen.counts), "streams": rows, "left_out": seen.left_out}
    return json.dumps(told, ensure_ascii=True) + "\n"


# --- one stream -----------------------------------------------------------------------------------------


async def find(state: StreamState, asked: str, *, prefix: str) -> Meta | None:
    """The stream that an operator names by its object's key, its id, or its file's path (of that, the latest)."""
    for stream in (asked if StreamId.parse(asked) else None, stream_of_key(prefix, asked)):
        if stream and (meta := await state.meta(stream)) is not None:
            return meta
    latest: Meta | None = None
    async for meta in state.metas(await state.known()):
        same = meta.path == asked or meta.path.endswith(f"/{asked}") or meta.key == asked
        if same and (latest is None or meta.created_at >= latest.created_at):
            latest = meta
    return latest


def facts(meta: Meta, parts: Mapping[int, Part], now_ms: int) -> dict[str, Any]:
    """All that is known of a stream, as data."""
    told = asdict(meta) | {"parts": [asdict(part) for part in parts.values()], "now": now_ms}
    for name in ("intent", "metadata"):
        try:
            told[name] = json.loads(told[name]) if told[name] else None
        except ValueError:
            pass
    return told


def facts_words(meta: Meta, parts: Mapping[int, Part], now_ms: int) -> Iterable[str]:
    """The same in words."""
    seen = row(meta, now_ms)
    yield f"stream     {meta.id}"
    yield f"file       {plain(meta.path)}"
    yield f"object     s3://{meta.bucket}/{plain(meta.key)}"
    yield f"state      {meta.status}/{meta.phase}, attempt {meta.attempt}, revision {meta.rev}"
    if meta.reason:
        yield f"reason     {meta.reason}: {REASONS.get(meta.reason, 'unknown to this version')}"
    sent = f"{amount(meta.bytes_sent)} of {amount(meta.size_seen)} in {meta.contiguous} parts"
    yield f"sent       {sent} ({seen.progress:.0%})"
    yield f"quiet      {seen.quiet_s:.0f} s"
    if not meta.terminal:
        yield f"owner      {seen.owner or 'nobody'}, epoch {meta.epoch}"
    if meta.retry_count:
        yield f"tries      {meta.retry_count}, next in {seen.next_try_s:.0f} s: {plain(meta.retry_reason)}"
    if meta.upload_id and not meta.terminal:
        yield f"upload     {plain(meta.upload_id)}"
    if meta.etag:
        yield f"published  {amount(meta.object_size)}, ETag {meta.etag}{', short' if meta.short else ''}"
    if meta.metadata_status:
        yield f"described  {meta.metadata_status}"
    for part in list(parts.values())[-10:]:
        yield f"part {part.n:5} {part.offset:>16,} + {part.size:,}  {part.etag}"
    if len(parts) > 10:
        yield f"           (the last 10 of {len(parts)} parts)"
