"""Binding: which stream the file at a path has, or gets. Identity is the inode; the path is an attribute of it."""

import os.path
from enum import Enum
from typing import Final

from pipelines.stream.machine import After, after_the_end, following
from pipelines.stream.names import StreamId, identity, object_key, slug_of, token_of
from pipelines.stream.records import Meta
from pipelines.stream.source import Seen, holds_file
from pipelines.stream.state import Answer
from pipelines.stream.workshop import Workshop

_RACES_MAX: Final = 8
"""So often may others be first in one go."""


class Bound(Enum):
    """What came of it."""

    OURS = "ours"
    ELSEWHERE = "elsewhere"
    """Another worker has it."""
    FINISHED = "finished"
    """The stream of this file is over, and the file is as it was then."""


async def take(shop: Workshop, stream: str) -> tuple[Bound, Answer | None]:
    """The lease of a stream that is known."""
    answer = await shop.state.run_as("acquire", stream, shop.instance, 0, shop.leases.ttl_ms, shop.next_grant())
    if answer.verdict == "ELSEWHERE":
        return Bound.ELSEWHERE, None
    if not answer.ok or answer.meta is None or answer.meta.terminal:
        return Bound.FINISHED, answer
    return Bound.OURS, answer


async def bind(shop: Workshop, path: str, seen: Seen) -> tuple[Bound, Answer | None]:
    """The stream of the file at a path: taken, or begun, or left alone."""
    slug = slug_of(os.path.relpath(path, shop.policy.root) if shop.policy.root else path)
    for _ in range(_RACES_MAX):
        known = await shop.state.latest(seen.dev, seen.ino)
        if known is None:
            wanted, expected = StreamId(slug, seen.dev, seen.ino, 1, 0), ""
        else:
            answer = await shop.state.run_as("see", known, "", 0, round(shop.policy.completed_ttl_s * 1000))
            if answer.meta is not None and not answer.meta.terminal:
                bound, taken = await take(shop, known)
                if bound is Bound.FINISHED:
                    continue  # It has come to its end just now.
                return bound, taken
            parsed = StreamId.parse(known)
            assert parsed is not None, f"the index names {known!r}, which is no stream's id"
            after = parsed if answer.meta is None else await _after(shop, path, slug, answer.meta, seen)
            if after is None:
                return Bound.FINISHED, answer
            wanted, expected = after, known
        begun = await _begin(shop, path, seen, wanted, expected)
        if begun.ok:
            return Bound.OURS, begun
    return Bound.ELSEWHERE, None


async def _after(shop: Workshop, path: str, slug: str, meta: Meta, seen: Seen) -> StreamId | None:
    """The stream that comes after one that is over, if the file is not what it was."""
    after = after_the_end(meta, seen.size, seen.mtime_ns)
    if after is After.COMPARE:
        promised = meta.promised
        checksum = promised.checksum if promised is not None else None
        if await holds_file(path, meta, meta.object_size, meta.etag, checksum):
            await shop.state.run_as("same_content", meta.id, "", 0, seen.size, seen.mtime_ns)
            return None
        after = After.REVISION
    return None if after is After.NOTHING else following(meta, slug, after)


async def _begin(shop: Workshop, path: str, seen: Seen, stream: StreamId, expected: str) -> Answer:
    policy, name = shop.policy, str(stream)
    fields = {
        "path": path,
        "key": object_key(policy.prefix, name, path),
        "bucket": policy.bucket,
        "rev": stream.rev,
        "part_plan": policy.plan.name,
        "dev": seen.dev,
        "ino": seen.ino,
        "size_seen": seen.size,
        "mtime_ns": seen.mtime_ns,
    }
    words = [word for field in fields.items() for word in field]
    given = (shop.leases.ttl_ms, expected, identity(seen.dev, seen.ino), 1, token_of(name, 1))
    return await shop.state.run_as("new", name, shop.instance, 0, *given, *words)
