"""Uploading: ranges of a file become parts, some at a time, S3 first and Redis after it.

A part that fits in memory is read once; a larger one is read twice, for its digest and for the wire, and never held:
if the file changed in between, S3 refuses it, for it does not fit the digest.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

from pipelines.stream.answers import Kind, S3Refusal
from pipelines.stream.checksums import Digests
from pipelines.stream.hold import Hold, Lost
from pipelines.stream.plan import Range
from pipelines.stream.source import RangeReader, Source

_log: Final = logging.getLogger("pipelines.stream")
_UNSURE: Final = {Kind.AGAIN, Kind.CREDENTIALS}
_STREAMED_BYTES: Final = 1 << 20
"""What a part that is streamed holds in memory, buffers of the connection included."""

T = TypeVar("T")


async def in_parallel(items: Iterable[T], many: int, work: Callable[[T], Awaitable[None]]) -> None:
    """Do it for all, so many at once; the first error ends the rest and is raised."""
    left = iter(items)

    async def worker() -> None:
        for item in left:
            await work(item)

    tasks = [asyncio.create_task(worker()) for _ in range(many)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    errors = [error for task in tasks if not task.cancelled() and (error := task.exception()) is not None]
    for error in sorted(errors, key=lambda error: not isinstance(error, Lost)):
        raise error


async def digest_all(hold: Hold, source: Source, ranges: Sequence[Range]) -> dict[int, Digests]:
    """The MD5 of every range of a file, and its checksum if the upload has them."""
    digests: dict[int, Digests] = {}

    async def digest(span: Range) -> None:
        digests[span.n] = await source.digests(span, hold.checksum)

    await in_parallel(ranges, hold.policy.parts_in_flight, digest)
    return digests


async def upload(hold: Hold, size: int) -> None:
    """Send every full part that is not recorded."""
    first, full = hold.meta.contiguous + 1, hold.plan.full_parts(size)
    missing = [hold.plan.range_of(n) for n in range(first, full + 1) if n not in hold.ahead]
    async with await Source.open(hold.path) as source:
        if not hold.owns(source.seen()):
            return
        many = min(hold.policy.parts_in_flight, len(missing))
        await in_parallel(missing, many, lambda span: send(hold, source, span))
    hold.touch_soon()


async def send(hold: Hold, source: Source, span: Range) -> None:
    """One part: read, to S3, to Redis."""
    shop, policy, meta = hold.shop, hold.policy, hold.meta
    in_memory = span.size <= policy.part_memory_bytes
    async with shop.memory.hold(span.size if in_memory else _STREAMED_BYTES):
        body: bytes | RangeReader
        if in_memory:
            body, digests = await source.read(span, hold.checksum)
        else:
            digests, body = await source.digests(span, hold.checksum), source.body(span)
        began_s = shop.clock.now_s()
        etag = await _put(hold, span, body, digests)
    md5 = digests.md5
    fields = {"stream": meta.id, "n": span.n, "size": span.size, "attempt": meta.attempt}
    _log.info("stream.part", extra=fields | {"seconds": round(shop.clock.now_s() - began_s, 6)})
    answer = await hold.transit("rec_part", meta.upload_id, meta.attempt, span.n, span.offset, span.size, md5, etag)
    if answer.ok:
        hold.ahead.add(span.n)
        hold.ahead = {n for n in hold.ahead if n > hold.meta.contiguous}


async def _put(hold: Hold, span: Range, body: bytes | RangeReader, digests: Digests) -> str:
    meta, tries = hold.meta, list[S3Refusal]()
    hold.parts_in_flight += 1
    sure = False
    try:
        etag = await hold.shop.store.upload_part(
            meta.key, meta.upload_id, span.n, body, digests, tries, checksum=hold.checksum
        )
        sure = not any(each.kind in _UNSURE for each in tries)
        return etag
    except S3Refusal:
        sure = not any(each.kind in _UNSURE for each in tries)
        raise
    finally:
        hold.parts_in_flight -= 1
        if not sure:
            hold.doubt()
