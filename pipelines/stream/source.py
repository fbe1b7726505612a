"""Source: a file that grows. Who it is, what it holds, and the bytes of a range from one open descriptor.

Reading and digesting go to a thread, a piece at a time, for a disk may be slow and a digest of a large range takes
a second. A range that the file has no more (it was truncated) is `ShortRead`, never a part with fewer bytes.
"""

import asyncio
import io
import os
import stat
from dataclasses import dataclass
from typing import Final

from pipelines.stream.checksums import Checksum, Digesting, Digests, composite
from pipelines.stream.plan import PartPlan, Range
from pipelines.stream.records import Meta, composite_etag

STAMP_STEP_S: Final = 1.1
"""File systems tell times in steps of up to a second; the clock of Linux itself has steps of some milliseconds."""
_PIECE: Final = 1 << 20
_PIECES_PER_THREAD: Final = 32
"""A thread is held for so many pieces, so that a stream that is cancelled stops reading soon."""


class ShortRead(Exception):
    """The file ends before the range does."""


@dataclass(frozen=True)
class Seen:
    """A file as `stat` saw it."""

    dev: int
    ino: int
    size: int
    mtime_ns: int
    links: int = 1


def _seen(found: os.stat_result) -> Seen | None:
    if not stat.S_ISREG(found.st_mode):
        return None
    return Seen(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_nlink)


def look(path: str) -> Seen | None:
    """What is at a path, if it is a file. Trouble other than "there is none" is the caller's."""
    try:
        return _seen(os.stat(path))
    except (FileNotFoundError, NotADirectoryError):
        return None


class Source:
    """An open file. `async with await Source.open(path) as source: ...`"""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    async def open(cls, path: str) -> "Source":
        """Open a file; one that is a pipe by now is opened without waiting for its writer."""
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
        opening = asyncio.ensure_future(asyncio.to_thread(os.open, path, flags))
        try:
            return cls(await asyncio.shield(opening))
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unused)
            raise

    async def __aenter__(self) -> "Source":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def seen(self) -> Seen | None:
        """The file itself, whatever is at its path by now."""
        return _seen(os.fstat(self._descriptor))

    async def read(self, span: Range, checksum: str = "") -> tuple[bytes, Digests]:
        """The bytes of a range, their MD5, and their checksum by an algorithm."""
        return await asyncio.to_thread(self._read, span, checksum)

    def _read(self, span: Range, checksum: str) -> tuple[bytes, Digests]:
        data, made = _exactly(self._descriptor, span.offset, span.size), Digesting(checksum)
        made.update(data)
        return data, made.digests()

    async def digest(self, span: Range) -> str:
        """The MD5 of a range, which is never held whole."""
        return (await self.digests(span)).md5

    async def digests(self, span: Range, checksum: str = "") -> Digests:
        """The MD5 of a range, and its checksum by an algorithm; it is never held whole."""
        made = Digesting(checksum)
        step = _PIECE * _PIECES_PER_THREAD
        for offset in range(span.offset, span.end, step):
            await asyncio.to_thread(self._digest, made, offset, min(step, span.end - offset))
        return made.digests()

    def _digest(self, made: Digesting, offset: int, size: int) -> None:
        for at in range(offset, offset + size, _PIECE):
            made.update(_exactly(self._descriptor, at, min(_PIECE, offset + size - at)))

    def body(self, span: Range) -> "RangeReader":
        """The range as a file for an HTTP client to read from; valid while the source is open."""
        return RangeReader(self._descriptor, span)


def _close_unused(opening: "asyncio.Future[int]") -> None:
    """Nobody waits for it any more: what a thread has opened meanwhile is closed."""
    if not opening.cancelled() and opening.exception() is None:
        os.close(opening.result())


def _exactly(descriptor: int, offset: int, size: int) -> bytes:
    data = os.pread(descriptor, size, offset)
    if len(data) == size:
        return data
    pieces = [data]
    while data and (have := sum(map(len, pieces))) < size:
        data = os.pread(descriptor, size - have, offset + have)
        pieces.append(data)
    whole = b"".join(pieces)
    if len(whole) != size:
        raise ShortRead(f"{size} bytes at {offset} were expected, and {len(whole)} are there")
    return whole


class RangeReader(io.RawIOBase):
    """A range of a file as a file of its own, so that a part of gigabytes is sent without being held."""

    def __init__(self, descriptor: int, span: Range) -> None:
        self._descriptor, self._span, self._at = descriptor, span, 0

    def __len__(self) -> int:
        return self._span.size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._span.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._span.size - self._at)
        size = left if size < 0 else min(size, left)
        data = _exactly(self._descriptor, self._span.offset + self._at, size) if size else b""
        self._at += len(data)
        return data


async def holds_file(
    path: str, meta: Meta, size: int, etag: str, checksum: Checksum | None = None, *, step_s: float = STAMP_STEP_S
) -> bool:
    """Whether an object of that size, and that ETag or checksum, is, byte for byte, what a stream's file is now.

    A file that is written to twice in one step of its clock has the same time after both: what is read when that step
    is over is what the time stands for.
    """
    algorithm = checksum.algorithm if checksum is not None else ""
    async with await Source.open(path) as source:
        seen = source.seen()
        if seen is None or (seen.dev, seen.ino, seen.size) != (meta.dev, meta.ino, size) or not size:
            return False
        await asyncio.sleep(step_s)
        spans = PartPlan.named(meta.part_plan).ranges_of(size)
        digests = [await source.digests(span, algorithm) for span in spans]
        if source.seen() != seen:
            return False
        same = checksum is not None and composite(algorithm, [each.checksum for each in digests]) == checksum
        return same or composite_etag([each.md5 for each in digests]) == etag
