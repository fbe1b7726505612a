"""Completing: what was promised becomes an object, and what became of it is found out, however often that takes.

No answer to Complete is taken at its word but a 200 with the ETag that was promised. All else is decided by what is at
the key: whose token it carries, its ETag, its size.
"""

import logging
from typing import Final

from pipelines.stream.answers import UPLOAD_GONE, Head, Kind, S3Refusal
from pipelines.stream.ending import publish_as, publish_found
from pipelines.stream.hold import Hold
from pipelines.stream.machine import Outcome, Whose, judge_complete, judge_head, judge_refusal
from pipelines.stream.records import Intent
from pipelines.stream.source import Source, look
from pipelines.stream.uploading import send

_log: Final = logging.getLogger("pipelines.stream")
_ROUNDS: Final = 3
"""Complete is sent so often in one go, when what was in its way has been removed."""


async def commit(hold: Hold) -> None:
    """Complete what was promised, and find out what became of it, however often that takes."""
    intent = hold.meta.promised
    assert intent is not None
    if hold.meta.retry_count and (await _is_there(hold, intent) or not await mend(hold, intent)):
        return
    left_s = hold.doubt_until_s - hold.shop.clock.now_s()
    if left_s > 0:
        # Some servers take a part that comes late, and break the object with it.
        hold.wait_until_s = hold.doubt_until_s
        return
    replaces: str | None = None
    for _ in range(_ROUNDS):
        outcome, error = await _complete(hold, intent, replaces)
        if outcome is Outcome.PUBLISHED:
            await publish_as(hold, intent.etag, hold.meta.token, hold.meta.attempt, intent)
            return
        if outcome is Outcome.LOOK:
            head = await hold.shop.store.head(hold.meta.key)
            replaces = await _judge(hold, intent, head, error)
            if replaces is None:
                return
        elif outcome is Outcome.MEND:
            if not await mend(hold, intent):
                return
        else:
            await _give_up(hold, outcome, error)
            return
    await hold.put_off("complete")


async def _complete(hold: Hold, intent: Intent, replaces: str | None) -> tuple[Outcome, S3Refusal | None]:
    try:
        etag = await hold.shop.store.complete(hold.meta.key, intent, replaces=replaces)
    except S3Refusal as refusal:
        fields = {"stream": hold.meta.id, "error": str(refusal), "what": refusal.kind.value}
        _log.info("stream.complete", extra=fields)
        return judge_refusal(refusal.kind), refusal
    return judge_complete(intent, etag), None


async def _is_there(hold: Hold, intent: Intent) -> bool:
    """Whether an earlier Complete has worked after all; some servers never say so."""
    head = await hold.shop.store.head(hold.meta.key)
    if head is None or judge_head(head, hold.meta, intent) is not Whose.OURS:
        return False
    await publish_found(hold, head, sure=True)
    return True


async def _judge(hold: Hold, intent: Intent, head: Head | None, error: S3Refusal | None) -> str | None:
    """What is at the key decides; an ETag is what the same Complete may replace."""
    meta, whose = hold.meta, judge_head(head, hold.meta, intent)
    told = error is None and head is not None and head.token == meta.token and head.size == intent.size
    if head is not None and (whose is Whose.OURS or told):
        await publish_found(hold, head, sure=True)
        return None
    if error is not None and error.kind is Kind.OCCUPIED:
        if whose is Whose.STALE and head is not None:
            return head.etag
        if whose is Whose.FOREIGN:
            await hold.transit("mark_abort", "key_taken")
        else:
            await hold.put_off("complete: conflict")
        return None
    if error is None:
        await hold.put_off("complete: no object")
        return None
    await _upload_lost(hold)
    return None


async def _upload_lost(hold: Hold) -> None:
    if hold.owns(look(hold.path)):
        await hold.restart("upload_lost")
    else:
        await hold.transit("mark_abort", "upload_lost")


async def _give_up(hold: Hold, outcome: Outcome, error: S3Refusal | None) -> None:
    assert error is not None
    if outcome is not Outcome.REJECTED:
        raise error
    if hold.meta.restart_reason == "rejected" or not hold.owns(look(hold.path)):
        await hold.transit("mark_abort", "rejected")
    else:
        await hold.restart("rejected")


async def mend(hold: Hold, intent: Intent) -> bool:
    """Restore the parts that were promised and overwritten; if the file has those bytes no more, there is an end."""
    meta = hold.meta
    try:
        listed = await hold.shop.store.list_parts(meta.key, intent.upload_id)
    except S3Refusal as refusal:
        if refusal.kind not in UPLOAD_GONE:
            raise
        if not await _is_there(hold, intent):
            await _upload_lost(hold)
        return False
    hold.checksum = listed.checksum
    recorded = await hold.shop.state.parts(meta.id)
    ranges = hold.plan.ranges_of(intent.size)
    wrong = [span for span in ranges if span.n not in listed or listed[span.n].etag != intent.etags[span.n - 1]]
    if not wrong:
        return True
    if not hold.owns(look(hold.path)):
        await hold.transit("mark_abort", "missing_file")
        return False
    async with await Source.open(hold.path) as source:
        seen = source.seen()
        for span in wrong:
            known, etag = recorded.get(span.n), intent.etags[span.n - 1]
            meant = known.md5 if known is not None and known.etag == etag else etag
            if seen is None or seen.size < span.end or await source.digest(span) != meant:
                await hold.transit("mark_abort", "intent_lost")
                return False
            await send(hold, source, span)
    return True
