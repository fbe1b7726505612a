"""Journal: one file of records that only grows; what is cut off in the middle was never acknowledged.

    magic line
    length (4 bytes)  CRC-32 of the payload (4 bytes)  payload
    ...

Reading stops at the first record that is not whole or whose sum is wrong; what stands behind it is put aside
in `journal.dropped`, and the next record is written in its place. A compacted journal is written beside the
old one and takes its name when all of it is on the disk.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import Final
from zlib import crc32

from simulator.errors import Misuse

MAGIC: Final = b"soundstage-s3-journal 1\n"
NAME: Final = "journal"
RECORD_BYTES_MAX: Final = 1 << 30

_HEAD: Final = Struct(">II")


class Journal:
    """The journal of one folder, open for appending."""

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        self.folder = folder
        self.fsync = fsync
        self.path = folder / NAME
        self.size = 0
        self.dropped_bytes = 0
        self._fd = -1

    # --- reading ----------------------------------------------------------------------------------------

    def replay(self) -> Iterator[bytes]:
        """The payloads from the first to the last whole one; after the last the journal is open for writing."""
        content = self._content()
        place = len(MAGIC)
        while (payload := _record_at(content, place)) is not None:
            yield bytes(payload)
            place += _HEAD.size + len(payload)
        self._open(content, place)

    def _content(self) -> bytes:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return MAGIC
        if content[: len(MAGIC)] == MAGIC:
            return content
        if MAGIC.startswith(content):
            return MAGIC  # The power failed at the very first write.
        raise Misuse(
            f"{self.path} is no journal of this server: it begins with {content[:24]!r}",
            hint="give --data a folder of its own",
        )

    def _open(self, content: bytes, place: int) -> None:
        tail = content[place:]
        self.dropped_bytes = len(tail)
        if tail:
            (self.folder / f"{NAME}.dropped").write_bytes(tail)
        with suppress(FileNotFoundError):
            os.unlink(self.folder / f"{NAME}.new")
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        if not os.fstat(self._fd).st_size or len(content) == len(MAGIC):
            os.ftruncate(self._fd, 0)
            _write(self._fd, MAGIC)
        os.ftruncate(self._fd, place)
        self.size = place
        self._sync(self._fd)
        sync_folder(self.folder, really=self.fsync)

    # --- writing ----------------------------------------------------------------------------------------

    def append(self, payloads: Iterable[bytes]) -> None:
        """Write records and wait until they are on the disk; on an error the journal is as it was before."""
        content = b"".join(map(_framed, payloads))
        try:
            _write(self._fd, content)
            self._sync(self._fd)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._fd, self.size)
            raise
        self.size += len(content)

    def rewrite(self, payloads: Iterable[bytes]) -> None:
        """Put these records in place of all there are; at no moment is there neither the old nor the new."""
        fresh = self.folder / f"{NAME}.new"
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        try:
            size = _write(fd, MAGIC)
            for payload in payloads:
                size += _write(fd, _framed(payload))
            self._sync(fd)
            os.replace(fresh, self.path)
        except OSError:
            os.close(fd)
            with suppress(OSError):
                os.unlink(fresh)
            raise
        sync_folder(self.folder, really=self.fsync)
        os.close(self._fd)
        self._fd, self.size = fd, size

    def _sync(self, fd: int) -> None:
        if self.fsync:
            os.fsync(fd)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _record_at(content: bytes, place: int) -> memoryview | None:
    """The payload of the record that begins there, if it is whole."""
    if place + _HEAD.size > len(content):
        return None
    size, checksum = _HEAD.unpack_from(content, place)
    start = place + _HEAD.size
    if not size or size > RECORD_BYTES_MAX or start + size > len(content):
        return None
    payload = memoryview(content)[start : start + size]
    return payload if crc32(payload) == checksum else None


def _framed(payload: bytes) -> bytes:
    assert 0 < len(payload) <= RECORD_BYTES_MAX
    return _HEAD.pack(len(payload), crc32(payload)) + payload


def _write(fd: int, content: bytes) -> int:
    """All of it, for the kernel may take less at a time."""
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
    return len(content)


def sync_folder(folder: Path, *, really: bool) -> None:
    """A new name is on the disk only when its folder is."""
    if really:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
