"""Ending: a recording is published and described, or its upload is aborted and the stream fails."""

import logging
from typing import Final

from pipelines.stream.answers import Head, Kind, S3Refusal
from pipelines.stream.hold import Hold
from pipelines.stream.machine import Whose, attempt_of, judge_head
from pipelines.stream.publishing import Described, Published
from pipelines.stream.records import Intent

_log: Final = logging.getLogger("pipelines.stream")
_METADATA_TRIES: Final = 5


async def publish_found(hold: Hold, head: Head, *, sure: bool) -> None:
    """The object is there, as HEAD tells of it."""
    attempt = attempt_of(head.token, hold.meta.id)
    intent = hold.meta.promised if sure else None
    await publish_as(hold, head.etag, head.token, attempt or hold.meta.attempt, intent, size=head.size, sure=sure)


async def publish_as(
    hold: Hold, etag: str, token: str, attempt: int, intent: Intent | None, *, size: int = 0, sure: bool = True
) -> None:
    """The object is at its key; `sure`, if it is known to hold what the file held when Redis last saw it."""
    size = intent.size if intent is not None else size
    short = int(intent is not None and intent.size < hold.meta.size_seen)
    await hold.transit("publish", etag, size, token, attempt, short, int(sure))


async def publish(hold: Hold) -> None:
    """What there is to know about the recording, beside it and in Redis; trouble with that fails no recording."""
    meta = hold.meta
    described = await _described(hold)
    if described is not None and described.text:
        try:
            await hold.shop.store.put(f"{meta.key}.json", described.text.encode(), "application/json")
        except S3Refusal as refusal:
            final = refusal.kind in {Kind.DENIED, Kind.NO_BUCKET, Kind.REJECTED}
            if not final and meta.retry_count < _METADATA_TRIES:
                raise
            described = Described(status="error", text=described.text)
    status, text = (described.status, described.text) if described is not None else ("off", "")
    _log.info("stream.metadata", extra={"stream": meta.id, "status": status})
    await hold.transit("finish", text, status, round(hold.policy.completed_ttl_s * 1000))


async def _described(hold: Hold) -> Described | None:
    meta, describe = hold.meta, hold.shop.describe
    if describe is None:
        return None
    published = Published(
        stream=meta.id,
        path=hold.path,
        bucket=meta.bucket,
        key=meta.key,
        size=meta.object_size,
        etag=meta.etag,
        parts=_parts_of(meta.etag),
        short=bool(meta.short),
    )
    try:
        return await describe(published)
    except Exception as error:
        # Any `Describe` may be given; none of its faults stands in the way of a recording that is published.
        _log.exception("stream.describe", extra={"stream": meta.id})
        return Described(status="error", text=f'{{"error": "{type(error).__name__}"}}')


def _parts_of(etag: str) -> int:
    count = etag.rpartition("-")[2]
    return int(count) if count.isdigit() else 0


async def abort(hold: Hold) -> None:
    """The way back: the upload is aborted, and if our object is there after all, the stream is completed."""
    meta = hold.meta
    if meta.upload_id:
        await hold.shop.store.abort(meta.key, meta.upload_id)
    head = await hold.shop.store.head(meta.key)
    if head is not None and attempt_of(head.token, meta.id) is not None:
        sure = judge_head(head, meta, meta.promised) is Whose.OURS
        await publish_found(hold, head, sure=sure)
        return
    await hold.transit("fail", meta.reason, "0", round(hold.policy.failed_ttl_s * 1000))
