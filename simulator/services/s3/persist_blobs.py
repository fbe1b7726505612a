"""Blobs: the bytes of larger bodies, one file for what came at once, written once and never changed.

A body that is kept here is a rope over *segments*, stretches of blob files. Where files can be mapped, a
segment is a view of the mapping and costs no memory; otherwise it is read when it is first met. Ropes that
are cut from kept ones or made of them (a finished upload, a copy) lie over the same segments, so they cost
a few bytes in the journal and none here. A blob goes when the last rope over it does.
"""

import mmap
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from simulator.services.rope import EMPTY, Extent, Rope
from simulator.services.s3.persist_journal import sync_folder

INLINE_BYTES_MAX: Final = 16 << 10
"""Bodies up to this size stand in the journal: one file and one fsync instead of two."""
FANOUT: Final = 256

_ABSENT: Final = memoryview(b"")


class Segment(Struct, frozen=True, array_like=True):
    """A stretch of a blob."""

    blob: int
    offset: int
    size: int


Kept = list[tuple[bytes | Segment, int, int]]
"""A rope as the journal holds it: extents whose block is either here or in a segment."""


class Blobs:
    """The blob files of one folder."""

    def __init__(self, folder: Path, *, fsync: bool, mapped: bool) -> None:
        self.folder = folder
        self.fsync, self.mapped = fsync, mapped
        self.absent: set[int] = set()
        """Blobs that were asked for and are not there, or are too short."""
        self._views: dict[Segment, memoryview] = {}
        self._segments: dict[int, tuple[Segment, memoryview]] = {}
        """By the identity of the view, which is kept alive here."""
        self._uses: Counter[int] = Counter()
        self._next = 1
        self._unsynced: list[tuple[int, Path]] = []
        self._folders: set[Path] = set()
        self._doomed: list[int] = []

    def path(self, blob: int) -> Path:
        return self.folder / f"{blob % FANOUT:02x}" / f"{blob:012x}"

    # --- ropes to segments ------------------------------------------------------------------------------

    def keep(self, rope: Rope) -> Rope:
        """The same bytes over segments; what is not in a file yet is written to one."""
        strange = [extent for extent in rope.extents if id(extent.block) not in self._segments]
        if sum(_needed(extent) for extent in strange) <= INLINE_BYTES_MAX:
            return rope
        blob, self._next = self._next, self._next + 1
        writer = _BlobWriter()
        kept = [extent if id(extent.block) in self._segments else writer.add(extent) for extent in rope.extents]
        self._write(blob, writer.pieces)
        return Rope(tuple(each if isinstance(each, Extent) else self._placed(blob, *each) for each in _joined(kept)))

    def _placed(self, blob: int, offset: int, length: int, start: int, size: int) -> Extent:
        return Extent(self.view(Segment(blob, offset, length)), start, size)

    def packed(self, rope: Rope) -> Kept:
        """What the journal holds for a rope that is kept."""
        found: Kept = []
        for block, start, size in rope.extents:
            known = self._segments.get(id(block))
            if known is not None:
                found.append((known[0], start, size))
            elif start + size <= len(block):
                found.append((bytes(block[start : start + size]), 0, size))
            else:
                found.append((bytes(block), start, size))
        return found

    def unpacked(self, kept: Kept) -> Rope:
        """The rope of what the journal holds."""
        extents = tuple(
            Extent(self.view(block) if isinstance(block, Segment) else block, start, size)
            for block, start, size in kept
        )
        return Rope(extents) if extents else EMPTY

    def view(self, segment: Segment) -> memoryview:
        """The bytes of a segment; the same view each time, for ropes know it by that."""
        view = self._views.get(segment)
        if view is None:
            whole = self._whole(segment.blob)
            view = whole[segment.offset : segment.offset + segment.size]
            if len(view) != segment.size:
                self.absent.add(segment.blob)
            self._views[segment] = view
            self._segments[id(view)] = segment, view
        return view

    def _whole(self, blob: int) -> memoryview:
        try:
            fd = os.open(self.path(blob), os.O_RDONLY)
        except FileNotFoundError:
            self.absent.add(blob)
            return _ABSENT
        try:
            size = os.fstat(fd).st_size
            if self.mapped and size:
                with suppress(OSError, ValueError):  # As when there are too many mappings: then it is read.
                    return memoryview(mmap.mmap(fd, size, prot=mmap.PROT_READ))
            return memoryview(_read(fd, size))
        finally:
            os.close(fd)

    # --- who uses them ----------------------------------------------------------------------------------

    def use(self, rope: Rope) -> None:
        """One more rope lies over its segments."""
        for blob in self._blobs(rope):
            self._uses[blob] += 1

    def drop(self, rope: Rope) -> None:
        """One rope less; what nobody uses goes at the next `forget`."""
        for blob in self._blobs(rope):
            self._uses[blob] -= 1
            if not self._uses[blob]:
                del self._uses[blob]
                self._doomed.append(blob)

    def lies_over(self, rope: Rope, blobs: set[int]) -> bool:
        """Whether any of these blobs holds some of its bytes."""
        return not blobs.isdisjoint(self._blobs(rope))

    def _blobs(self, rope: Rope) -> set[int]:
        segments = self._segments
        return {segments[id(extent.block)][0].blob for extent in rope.extents if id(extent.block) in segments}

    # --- files ------------------------------------------------------------------------------------------

    def _write(self, blob: int, pieces: list[bytes | memoryview]) -> None:
        path = self.path(blob)
        if path.parent not in self._folders:
            path.parent.mkdir(exist_ok=True)
            self._folders.add(path.parent)
            sync_folder(self.folder, really=self.fsync)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            for piece in pieces:
                view = memoryview(piece)
                while view:
                    view = view[os.write(fd, view) :]
        except OSError:
            os.close(fd)
            with suppress(OSError):
                os.unlink(path)
            raise
        self._unsynced.append((fd, path.parent))

    def sync(self) -> None:
        """Wait until all that was written is on the disk."""
        unsynced, self._unsynced = self._unsynced, []
        try:
            if self.fsync:
                for fd, _ in unsynced:
                    os.fsync(fd)
                for folder in {folder for _, folder in unsynced}:
                    sync_folder(folder, really=True)
        finally:
            for fd, _ in unsynced:
                os.close(fd)

    def forget(self) -> None:
        """Remove the blobs that nobody uses; to be called when the journal says so, on the disk."""
        doomed, self._doomed = self._doomed, []
        gone = {blob for blob in doomed if not self._uses[blob]}
        if not gone:
            return
        for segment in [segment for segment in self._views if segment.blob in gone]:
            del self._segments[id(self._views.pop(segment))]
        for blob in gone:
            with suppress(OSError):
                os.unlink(self.path(blob))

    def sweep(self) -> int:
        """After loading: remove files that nothing uses, and count them; numbering goes on behind the rest."""
        swept = 0
        for folder in sorted(self.folder.iterdir()):
            self._folders.add(folder)
            for path in folder.iterdir():
                blob = int(path.name, 16) if len(path.name) == 12 else 0
                if self._uses[blob]:
                    self._next = max(self._next, blob + 1)
                else:
                    path.unlink()
                    swept += 1
        self._doomed.clear()
        return swept


class _BlobWriter:
    """Lays extents out in a new blob: stretches one behind the other, repeated blocks once."""

    def __init__(self) -> None:
        self.pieces: list[bytes | memoryview] = []
        self.size = 0
        self._runs: dict[int, tuple[int, int]] = {}

    def add(self, extent: Extent) -> tuple[int, int, int, int]:
        """Where the extent lies: offset and length of its block in the blob, start and size in that block."""
        block, start, size = extent
        if start + size <= len(block):
            offset = self._put(memoryview(block)[start : start + size])
            return offset, size, 0, size
        if id(block) not in self._runs:
            self._runs[id(block)] = self._put(block), len(block)
        return *self._runs[id(block)], start, size

    def _put(self, piece: bytes | memoryview) -> int:
        offset, self.size = self.size, self.size + len(piece)
        self.pieces.append(piece)
        return offset


def _joined(
    extents: list[Extent | tuple[int, int, int, int]],
) -> list[Extent | tuple[int, int, int, int]]:
    """Stretches that lie side by side in the blob become one."""
    joined: list[Extent | tuple[int, int, int, int]] = []
    for extent in extents:
        last = joined[-1] if joined else None
        if last is not None and not isinstance(last, Extent) and not isinstance(extent, Extent):
            whole = last[1] == last[3] and extent[1] == extent[3]
            if whole and last[0] + last[1] == extent[0]:
                size = last[1] + extent[1]
                joined[-1] = (last[0], size, 0, size)
                continue
        joined.append(extent)
    return joined


def _needed(extent: Extent) -> int:
    return min(extent.size, len(extent.block))


def _read(fd: int, size: int) -> bytes:
    pieces: list[bytes] = []
    while size and (piece := os.read(fd, min(size, 1 << 30))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
