"""Finalize: every range of an idle file is read again and compared, then what is there is promised, then completed.

Plain MP4 is patched at its head when its writer closes it, and with faststart nearly every byte moves: what was
uploaded while it grew proves nothing about what it holds now. Nothing is completed that was not read again and found
unchanged, and what is completed is written down before, part by part, and never changed after.
"""

import logging
from collections.abc import Sequence
from typing import Final

from pipelines.stream.answers import Listed
from pipelines.stream.checksums import Digests
from pipelines.stream.hold import Hold
from pipelines.stream.machine import differing
from pipelines.stream.plan import Range
from pipelines.stream.records import Intent, Part, composite_etag
from pipelines.stream.source import Source, look
from pipelines.stream.state import RedisTrouble
from pipelines.stream.uploading import digest_all, in_parallel, send

_log: Final = logging.getLogger("pipelines.stream")
_ROUNDS: Final = 3
"""Parts that are other than they were a moment ago are looked after so often in one go."""


async def drain(hold: Hold) -> None:
    """The tail, the comparison of all ranges, and the promise. A file that moves meanwhile is growing again."""
    if not hold.meta.size_seen:
        if hold.unmoved(look(hold.path)):
            await hold.transit("mark_abort", "no_parts")
        return
    async with await Source.open(hold.path) as source:
        if not hold.unmoved(source.seen()):
            return
        ranges = hold.plan.ranges_of(hold.meta.size_seen)
        digests = await digest_all(hold, source, ranges)
        for _ in range(_ROUNDS):
            stale = await _stale(hold, ranges, digests)
            if not stale:
                break
            await in_parallel(stale, hold.policy.parts_in_flight, lambda span: send(hold, source, span))
            digests |= await digest_all(hold, source, stale)
        else:
            return
        if hold.unmoved(source.seen()) and hold.unmoved(look(hold.path)):
            await _promise(hold, ranges, digests)


async def _stale(hold: Hold, ranges: Sequence[Range], digests: dict[int, Digests]) -> list[Range]:
    """The ranges that Redis or S3 has otherwise than the file."""
    meta = hold.meta
    recorded = await hold.shop.state.parts(meta.id)
    good: dict[int, Part] = {}
    for span in ranges:
        part = recorded.get(span.n)
        if part is not None and (part.offset, part.size, part.md5) == (span.offset, span.size, digests[span.n].md5):
            good[span.n] = part
    listed = await hold.shop.store.list_parts(meta.key, meta.upload_id)
    hold.checksum = listed.checksum
    unlisted = [*differing(good, listed), *(n for n in good if _damaged(listed.get(n), digests[n]))]
    extra = sorted(recorded.keys() - {span.n for span in ranges})
    if unlisted or extra:
        await hold.transit("drop_parts", meta.upload_id, meta.attempt, *sorted({*unlisted, *extra}))
    wrong = {span.n for span in ranges} - good.keys() | set(unlisted)
    return [span for span in ranges if span.n in wrong]


def _damaged(listed: Listed | None, digests: Digests) -> bool:
    """Whether S3 says of a part that it has other bytes than the file, whatever its ETag."""
    return listed is not None and "" != listed.checksum != digests.checksum != ""


async def _promise(hold: Hold, ranges: Sequence[Range], digests: dict[int, Digests]) -> None:
    meta, policy = hold.meta, hold.policy
    recorded = await hold.shop.state.parts(meta.id)
    parts = [recorded[span.n] for span in ranges if span.n in recorded]
    if [part.n for part in parts] == [span.n for span in ranges]:
        await promise(hold, parts, [digests[span.n].checksum for span in ranges])
        if policy.replicas:
            await _wait_for_replicas(hold)


async def promise(hold: Hold, parts: Sequence[Part], checksums: Sequence[str]) -> None:
    """The intent: from here on, this and nothing else."""
    whole = bool(hold.checksum) and all(checksums)
    meta = hold.meta
    digests = all(part.etag == part.md5 for part in parts)
    intent = Intent(
        upload_id=meta.upload_id,
        size=sum(part.size for part in parts),
        etag=composite_etag([part.md5 for part in parts]) if digests else "",
        etags=tuple(part.etag for part in parts),
        algorithm=hold.checksum if whole else "",
        checksums=tuple(checksums) if whole else (),
    )
    await hold.transit("commit_intent", meta.upload_id, intent.text(), meta.size_seen, meta.mtime_ns)


async def _wait_for_replicas(hold: Hold) -> None:
    policy = hold.policy
    try:
        reached = await hold.shop.state.replicated(policy.replicas, policy.replicas_timeout_s)
    except RedisTrouble:
        reached = 0
    if reached < policy.replicas:
        fields = {"stream": hold.meta.id, "wanted": policy.replicas, "reached": reached}
        _log.warning("stream.replicas", extra=fields)


async def salvage(hold: Hold) -> None:
    """The file is gone and what was uploaded of it is wanted: the parts that follow each other, as S3 lists them."""
    meta = hold.meta
    recorded = await hold.shop.state.parts(meta.id)
    listed = await hold.shop.store.list_parts(meta.key, meta.upload_id)
    hold.checksum = listed.checksum
    lost = set(differing(recorded, listed))
    parts = []
    for n in range(1, meta.contiguous + 1):
        if n in lost or n not in recorded:
            break
        parts.append(recorded[n])
    if not parts:
        await hold.transit("mark_abort", "missing_file")
        return
    answer = await hold.transit("begin_final", meta.last_activity_at, meta.size_seen, meta.mtime_ns)
    if answer.ok:
        await promise(hold, parts, [listed[part.n].checksum for part in parts])
