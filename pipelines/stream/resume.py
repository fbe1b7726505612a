"""Resume: from what Redis, S3 and the directory say to an upload that can go on. Beginning is resuming from nothing."""

import asyncio
import os.path
from dataclasses import dataclass
from typing import Final

from pipelines.stream.answers import UPLOAD_GONE, S3Refusal
from pipelines.stream.ending import publish_found
from pipelines.stream.hold import Hold
from pipelines.stream.machine import Check, Whose, checks, judge_head
from pipelines.stream.names import STATUSES
from pipelines.stream.records import PENDING
from pipelines.stream.source import Source, holds_file, look
from pipelines.stream.uploading import in_parallel
from pipelines.stream.workshop import Workshop

_TYPES: Final = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".m4a": "audio/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".ts": "video/mp2t",
    ".mpg": "video/mpeg",
    ".avi": "video/x-msvideo",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".json": "application/json",
}


@dataclass(frozen=True)
class Unfinished:
    """A path, and the streams of it that have not come to their end, oldest first."""

    path: str
    streams: tuple[str, ...]


async def unfinished(shop: Workshop) -> list[Unfinished]:
    """What is to be taken up at the start: every stream that has not ended, whatever set it is in.

    The sets are repaired from the hashes on the way. A stream of another folder may be of another machine, on which
    its file is there: the caller leaves those alone.
    """
    state = shop.state
    sets = {status: set(await state.members(status)) for status in STATUSES}
    known = set(await state.known())
    found = []
    async for meta in state.metas(sorted(known)):
        if not meta.terminal:
            found.append(meta)
        if [status for status in STATUSES if meta.id in sets[status]] != [meta.status]:
            await state.run_as("repair", meta.id, "", 0)
    for stream in sorted(set[str]().union(*sets.values()) - known):
        await state.run_as("repair", stream, "", 0)
    found.sort(key=lambda meta: (meta.created_at, meta.id))
    by_path: dict[str, list[str]] = {}
    for meta in found:
        by_path.setdefault(meta.path, []).append(meta.id)
    return [Unfinished(path, tuple(streams)) for path, streams in by_path.items()]


# --- the upload ---------------------------------------------------------------------------------------------


async def create(hold: Hold) -> None:
    """An upload for this attempt, if our object is not there already; what was begun for it before is given up."""
    shop, meta = hold.shop, hold.meta
    if await shop.state.parts(meta.id):
        await hold.restart("no_upload_id")
        return
    head = await shop.store.head(meta.key)
    if head is not None:
        whose = judge_head(head, meta, None)
        if whose is Whose.FOREIGN:
            await hold.transit("mark_abort", "key_taken")
            return
        # Redis has forgotten that it was completed. What is there stays; if the file differs, a revision follows.
        same = await holds_file(hold.path, meta, head.size, head.etag, head.checksum)
        await publish_found(hold, head, sure=same)
        return
    await give_up_others(hold)
    suffix = os.path.splitext(meta.path)[1].lower()
    begun = await shop.store.create(meta.key, meta.token, _TYPES.get(suffix, "application/octet-stream"))
    upload_id = begun.upload_id
    answer = await hold.transit("set_upload", upload_id, meta.attempt)
    if hold.meta.upload_id != upload_id:
        await shop.state.run_as("orphaned", meta.id, "", 0, meta.bucket, meta.key, upload_id, 1)
        return
    hold.reconciled, hold.checksum = answer.ok, begun.checksum
    if begun.doubtful:
        await give_up_others(hold)


async def give_up_others(hold: Hold) -> None:
    """Uploads of this very key that are not the stream's are aborted: answers to Create that were lost left them."""
    meta = hold.meta
    async for key, upload_id in hold.shop.store.uploads(meta.key, exact=True):
        if upload_id != hold.meta.upload_id:
            await hold.shop.state.run("orphaned", hold.meta, meta.bucket, key, upload_id, 1)


# --- the parts ----------------------------------------------------------------------------------------------


async def reconcile(hold: Hold, size: int) -> None:
    """Compare what S3 lists with what the file holds, and make Redis say what is true."""
    shop, meta = hold.shop, hold.meta
    try:
        listed, recorded = await asyncio.gather(
            shop.store.list_parts(meta.key, meta.upload_id), shop.state.parts(meta.id)
        )
    except S3Refusal as refusal:
        if refusal.kind not in UPLOAD_GONE:
            raise
        await upload_is_gone(hold)
        return
    hold.checksum = listed.checksum
    full = hold.plan.full_parts(size)
    ranges = (
        hold.plan.ranges_of(size) if meta.status == PENDING else [hold.plan.range_of(n) for n in range(1, full + 1)]
    )
    kept: set[int] = set()

    async with await Source.open(hold.path) as source:
        if not hold.owns(source.seen()):
            return

        async def check(one: Check) -> None:
            md5, checksum = await source.digests(one.span, hold.checksum)
            if not one.keeps(md5, checksum):
                return
            if not one.is_recorded:
                span, etag = one.span, one.listed.etag
                await hold.transit("rec_part", meta.upload_id, meta.attempt, span.n, span.offset, span.size, md5, etag)
            kept.add(one.span.n)

        await in_parallel(checks(ranges, recorded, listed), hold.policy.parts_in_flight, check)
    worthless = sorted(recorded.keys() - kept)
    if worthless:
        await hold.transit("drop_parts", meta.upload_id, meta.attempt, *worthless)
    hold.ahead = {n for n in kept if n > hold.meta.contiguous}
    hold.reconciled = True


async def upload_is_gone(hold: Hold) -> None:
    """Completed, aborted or expired, without an intent: the object's token and bytes decide."""
    if not hold.owns(look(hold.path)):
        await hold.transit("mark_abort", "upload_lost")
        return
    head = await hold.shop.store.head(hold.meta.key)
    ours = head is not None and judge_head(head, hold.meta, None) is Whose.STALE
    if head is not None and ours and await holds_file(hold.path, hold.meta, head.size, head.etag, head.checksum):
        await publish_found(hold, head, sure=True)
    else:
        await hold.restart("upload_lost")
