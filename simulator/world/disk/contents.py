"""What happens to the bytes of a file: written, cut, reserved, punched and copied, each with its log entry.

Functions here work on inodes and return what Linux returns; that a program holds the file open for writing is checked
by `openfile`. `entry` is the name under which it is done, for those who watch.
"""

from collections.abc import Sequence
from errno import EFBIG, ENOSPC

from simulator.world.disk.disk import Disk
from simulator.world.disk.durability import Change
from simulator.world.disk.extents import Piece
from simulator.world.disk.failing import failure
from simulator.world.disk.inode import Entry, File, Meta
from simulator.world.disk.notify import tell_entry
from simulator.world.disk.pattern import Pattern, Repeated

ZEROS = Repeated(b"\0")
"""What reserved blocks hold: they take room, unlike a hole, and read as zeros."""


def read(file: File, at: int, size: int, entry: Entry | None) -> bytes:
    """Bytes from an offset on."""
    file.disk.read_by_someone(file)
    data = file.content.read(at, size)
    if data and (file.watches or (entry is not None and entry.directory.watches)):
        tell_entry(entry, file, "access")
    return data


def write(file: File, at: int, data: bytes, entry: Entry | None) -> int:
    """Store bytes; fewer than given where the disk is full or the file as large as a file can be."""
    length = _room(file, at, len(data))
    if length < len(data):
        data = data[:length]
    size, meta, blocks = file.size, file.meta, _blocks(file, at, at + length)
    piece, before = file.content.write(at, data)
    _written(file, at, at + length, before, (piece,), size, meta, blocks, entry)
    return length


def lay(file: File, at: int, pieces: Sequence[Piece], length: int, entry: Entry | None) -> int:
    """Store pieces of content that lie between `at` and `at + length`; gaps between them become holes."""
    end = at + _room(file, at, length)
    size, meta, blocks = file.size, file.meta, _blocks(file, at, end)
    before = file.content.cut(at, end)
    after = tuple((low, min(high, end), source, origin) for low, high, source, origin in pieces if low < end)
    file.content.put(after)
    file.content.size = max(size, end)
    _written(file, at, end, before, after, size, meta, blocks, entry)
    return end - at


def write_pattern(file: File, at: int, length: int, pattern: Pattern, entry: Entry | None, *, origin: int = 0) -> int:
    """Store a pattern from its offset `origin` on, without a byte being made."""
    return lay(file, at, [(at, at + length, pattern, origin)], length, entry)


def truncate(file: File, size: int, entry: Entry | None) -> None:
    """Set the size: what lies beyond is gone, what is new reads as zeros."""
    disk = file.disk
    if size > disk.settings.file_bytes_max:
        raise failure(EFBIG)
    before, meta, blocks = file.size, file.meta, _blocks(file, size, file.size)
    gone = file.content.truncate(size)
    freed = blocks - _blocks(file, size, before)
    file.blocks -= freed
    disk.blocks_used -= freed
    _stamp(file)
    change = Change("truncate", disk.now_ns(), meta, file.meta, size, max(before, size), gone, (), before, size)
    disk.change(file, change)
    tell_entry(entry, file, "modify")


def reserve(file: File, at: int, length: int, entry: Entry | None) -> None:
    """Take room for later, as `posix_fallocate` does; all of it or none."""
    end = at + length
    if end > file.disk.settings.file_bytes_max:
        raise failure(EFBIG)
    if _room(file, at, length) < length:
        raise failure(ENOSPC)
    lay(file, at, _filled(file.content.slice(at, end, at), at, end), length, entry)


def copy(source: File, low: int, target: File, at: int, length: int, entry: Entry | None) -> int:
    """Copy between files without making the bytes; a hole becomes zeros that take room, as `sendfile` leaves it."""
    source.disk.read_by_someone(source)
    pieces = _filled(source.content.slice(low, low + length, at), at, at + length)
    return lay(target, at, pieces, length, entry)


def punch(file: File, at: int, length: int, entry: Entry | None) -> None:
    """Give back the room between two offsets; they read as zeros, and the size stays."""
    size = file.size
    if at < size:
        lay(file, at, (), min(length, size - at), entry)


def _filled(pieces: Sequence[Piece], low: int, high: int) -> list[Piece]:
    """Pieces with zeros where there are holes between two offsets."""
    filled: list[Piece] = []
    for piece in (*pieces, (high, high, ZEROS, 0)):
        if piece[0] > low:
            filled.append((low, piece[0], ZEROS, 0))
        if piece[1] > piece[0]:
            filled.append(piece)
        low = piece[1]
    return filled


def _room(file: File, at: int, length: int) -> int:
    """How many of the bytes can be stored; an error when none can."""
    disk = file.disk
    length = min(length, disk.settings.file_bytes_max - at)
    if length <= 0:
        raise failure(EFBIG)
    if _wanted(file, at, at + length) <= disk.blocks_free:
        return length
    fits, fails = 0, length
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if _wanted(file, at, at + middle) <= disk.blocks_free:
            fits = middle
        else:
            fails = middle
    if fits == 0:
        raise failure(ENOSPC)
    return fits


def _wanted(file: File, low: int, high: int) -> int:
    """Blocks that are missing to store what lies between two offsets."""
    block = file.disk.settings.block_bytes
    return -(-high // block) - low // block - _blocks(file, low, high)


def _blocks(file: File, low: int, high: int) -> int:
    """Blocks that are taken where two offsets lie, whole ones."""
    block = file.disk.settings.block_bytes
    return file.content.blocks(low // block * block, -(-high // block) * block, block)


def _stamp(file: File) -> None:
    now = file.disk.stamp_ns()
    if file.meta.mtime_ns != now or file.meta.ctime_ns != now:
        file.meta = file.meta._replace(mtime_ns=now, ctime_ns=now)


def _written(
    file: File,
    low: int,
    high: int,
    before: tuple[Piece, ...],
    after: tuple[Piece, ...],
    size_before: int,
    meta_before: Meta,
    blocks_before: int,
    entry: Entry | None,
) -> None:
    """What follows each write: blocks counted, times stamped, the change remembered, watchers told."""
    disk: Disk = file.disk
    taken = _blocks(file, low, high) - blocks_before
    file.blocks += taken
    disk.blocks_used += taken
    _stamp(file)
    change = Change("write", disk.now_ns(), meta_before, file.meta, low, high, before, after, size_before, file.size)
    disk.change(file, change)
    if file.watches or (entry is not None and entry.directory.watches):
        tell_entry(entry, file, "modify")
