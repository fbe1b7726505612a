"""Extents: the content of a file as a list of pieces, each stored bytes or a pattern; between them are holes.

Rules.
1. A piece `(start, end, source, at)` says: the bytes from `start` to `end` are those of `source` from `at` on.
2. Pieces are sorted, never overlap and never reach beyond `size`. What no piece covers reads as zeros.
3. The bytes of a source that a piece refers to never change. Small appends go to the end of a growing
   buffer, beyond what anyone refers to. So pieces can be kept and put back, which is how a power cut undoes.
4. Large `bytes` are kept as they are, without a copy.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from simulator.world.disk.pattern import Pattern

Source = bytes | bytearray | Pattern
Piece = tuple[int, int, Source, int]

_BUFFERED_MAX = 1 << 16  # A write up to this size joins the buffer before it; a larger one is a piece of its own.


class Extents:
    """The bytes of one file, sparse and cheap to take apart."""

    __slots__ = ("size", "pieces", "_starts")

    def __init__(self) -> None:
        self.size = 0
        self.pieces: list[Piece] = []
        self._starts: list[int] = []

    def read(self, at: int, size: int) -> bytes:
        """The bytes from `at` on, at most `size`, fewer at the end of the file."""
        end = min(at + size, self.size)
        if at >= end:
            return b""
        found: list[bytes] = []
        here = at
        index = max(bisect_right(self._starts, at) - 1, 0)
        while here < end and index < len(self.pieces):
            start, stop, source, origin = self.pieces[index]
            index += 1
            if stop <= here:
                continue
            if start >= end:
                break
            if start > here:
                found.append(bytes(start - here))
                here = start
            until = min(stop, end)
            found.append(_bytes_of(source, origin + here - start, until - here))
            here = until
        if here < end:
            found.append(bytes(end - here))
        return found[0] if len(found) == 1 else b"".join(found)

    def cut(self, low: int, high: int) -> tuple[Piece, ...]:
        """Take out what lies between two offsets; a hole is left, and the pieces are returned."""
        if low >= high or not self.pieces:
            return ()
        first = max(bisect_right(self._starts, low) - 1, 0)
        if self.pieces[first][1] <= low:
            first += 1
        last = first
        taken: list[Piece] = []
        kept: list[Piece] = []
        while last < len(self.pieces) and self.pieces[last][0] < high:
            piece = self.pieces[last]
            taken.append(clipped(piece, low, high))
            if piece[0] < low:
                kept.append(clipped(piece, piece[0], low))
            if piece[1] > high:
                kept.append(clipped(piece, high, piece[1]))
            last += 1
        self.pieces[first:last] = kept
        self._starts[first:last] = [piece[0] for piece in kept]
        return tuple(taken)

    def put(self, pieces: Sequence[Piece]) -> None:
        """Lay pieces, in order and close together, where there is a hole; `size` is the caller's business."""
        if not pieces:
            return
        index = bisect_right(self._starts, pieces[0][0])
        self.pieces[index:index] = pieces
        self._starts[index:index] = [piece[0] for piece in pieces]

    def write(self, at: int, data: bytes) -> tuple[Piece, tuple[Piece, ...]]:
        """Store bytes; return the piece that holds them and the pieces that were there before."""
        end = at + len(data)
        before = self.cut(at, end) if at < self.size else ()
        piece = self._appended(at, data) if not before else None
        if piece is None:
            source = data if len(data) > _BUFFERED_MAX else bytearray(data)
            piece = (at, end, source, 0)
            self.put((piece,))
        self.size = max(self.size, end)
        return piece, before

    def _appended(self, at: int, data: bytes) -> Piece | None:
        """Grow the piece that ends at `at`, where its buffer ends there as well."""
        index = bisect_right(self._starts, at) - 1
        if index < 0 or len(data) > _BUFFERED_MAX:
            return None
        start, end, source, origin = self.pieces[index]
        if end != at or type(source) is not bytearray or origin + end - start != len(source):
            return None
        if len(source) + len(data) > 16 * _BUFFERED_MAX:
            return None
        mark = len(source)
        source += data
        self.pieces[index] = (start, at + len(data), source, origin)
        return (at, at + len(data), source, mark)

    def truncate(self, size: int) -> tuple[Piece, ...]:
        """Set the size; return the pieces that were cut off."""
        gone = self.cut(size, self.size) if size < self.size else ()
        self.size = size
        return gone

    def slice(self, low: int, high: int, to: int) -> tuple[Piece, ...]:
        """The pieces between two offsets, moved so that `low` lies at `to`: copying without reading."""
        high = min(high, self.size)
        index = max(bisect_right(self._starts, low) - 1, 0)
        found: list[Piece] = []
        while index < len(self.pieces) and self.pieces[index][0] < high:
            if self.pieces[index][1] > low:
                start, end, source, origin = clipped(self.pieces[index], low, high)
                found.append((start - low + to, end - low + to, source, origin))
            index += 1
        return tuple(found)

    def blocks(self, low: int, high: int, block_bytes: int) -> int:
        """How many blocks the pieces between two offsets touch; give whole blocks for an honest count."""
        index = max(bisect_right(self._starts, low) - 1, 0)
        count, covered = 0, low // block_bytes
        while index < len(self.pieces) and self.pieces[index][0] < high:
            start, end, _source, _origin = self.pieces[index]
            first = max(max(start, low) // block_bytes, covered)
            last = (min(end, high) + block_bytes - 1) // block_bytes
            if last > first:
                count += last - first
                covered = last
            index += 1
        return count

    def next_data(self, at: int, block_bytes: int) -> int | None:
        """Where the next block with data begins, `at` itself when it lies in one; None when only a hole is left."""
        index = max(bisect_right(self._starts, at) - 1, 0)
        for start, end, _source, _origin in self.pieces[index:]:
            if _up(end, block_bytes) > at:
                return max(at, start // block_bytes * block_bytes)
        return None

    def next_hole(self, at: int, block_bytes: int) -> int:
        """Where the next hole begins; the end of the file counts as one."""
        index = max(bisect_right(self._starts, at) - 1, 0)
        for start, end, _source, _origin in self.pieces[index:]:
            if start // block_bytes * block_bytes > at:
                break
            at = max(at, _up(end, block_bytes))
        return min(at, self.size)


def clipped(piece: Piece, low: int, high: int) -> Piece:
    """The part of a piece between two offsets."""
    start, end, source, origin = piece
    left = max(start, low)
    return (left, min(end, high), source, origin + left - start)


def clip(pieces: Iterable[Piece], low: int, high: int) -> tuple[Piece, ...]:
    """The parts of pieces between two offsets."""
    return tuple(clipped(piece, low, high) for piece in pieces if piece[0] < high and piece[1] > low)


def _bytes_of(source: Source, at: int, size: int) -> bytes:
    if isinstance(source, bytes):
        return source if size == len(source) else source[at : at + size]
    if isinstance(source, bytearray):
        return bytes(memoryview(source)[at : at + size])
    found = source.read(at, size)
    assert len(found) == size, f"{source!r} gave {len(found)} bytes at {at}, asked for {size}"
    return found


def _up(offset: int, block_bytes: int) -> int:
    return -(-offset // block_bytes) * block_bytes
