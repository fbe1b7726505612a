"""Rope: bytes that are cut and joined without being copied, and whose equal runs are stored once.

A rope is a row of extents. An extent is a stretch of the endless repetition of one block, so a piece as it
came from the network is an extent that never leaves its block, and five gibibytes of zeros are one extent
over a few kilobytes:

    Extent(block=b"ab", start=1, size=5)     is     b"babab"

Ropes never change. Slices and sums share the blocks.
"""

import hashlib
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple, Protocol

Piece = bytes | memoryview
"""What a rope is read as. A memoryview is over immutable bytes, or over a file mapped read-only."""

# Runs are looked for at this grain: what a network hands over at once is rarely larger.
RUN_BLOCK_BYTES: Final = 65_536
# Below this, looking for a run costs more than it could save.
RUN_BYTES_MIN: Final = 4_096
# Small pieces side by side are joined up to this size, so that a dripping sender makes no million extents.
JOIN_BYTES_MAX: Final = 16_384
# Digests of runs larger than this are kept: simulated films are often the same block over and over.
MEMO_BYTES_MIN: Final = 1_048_576


class Extent(NamedTuple):
    """Bytes `start` to `start + size` of the endless repetition of `block`."""

    block: Piece
    start: int
    size: int

    def pieces(self) -> Iterator[Piece]:
        block, at, left = self
        length = len(block)
        if at + left <= length:
            yield block if left == length else memoryview(block)[at : at + left]
            return
        view = memoryview(block)
        if at:
            yield view[at:]
            left -= length - at
        for _ in range(left // length):
            yield block
        if left % length:
            yield view[: left % length]

    def cut(self, start: int, stop: int) -> "Extent":
        assert 0 <= start < stop <= self.size
        return Extent(self.block, (self.start + start) % len(self.block), stop - start)


class Hasher(Protocol):
    """What hashlib's objects are, as far as a rope needs them."""

    def update(self, data: Piece, /) -> None: ...


class Rope:
    """Immutable bytes in extents: `len`, slices, sums, equality, and pieces to read."""

    __slots__ = ("_starts", "extents", "size")

    def __init__(self, extents: tuple[Extent, ...] = ()) -> None:
        self.extents = extents
        self.size = extents[0].size if len(extents) == 1 else sum(extent.size for extent in extents)
        self._starts: list[int] | None = None

    @classmethod
    def of(cls, *pieces: bytes | bytearray | memoryview) -> "Rope":
        return cls.join(pieces)

    @classmethod
    def join(cls, pieces: Iterable[bytes | bytearray | memoryview]) -> "Rope":
        """From pieces as they arrived; they are kept, not copied, save for those that could still change."""
        extents: list[Extent] = []
        for piece in pieces:
            if piece:
                _append(extents, piece if isinstance(piece, bytes) else _frozen(piece))
        return cls(tuple(extents)) if extents else EMPTY

    @classmethod
    def repeat(cls, block: bytes, size: int) -> "Rope":
        """So many bytes of one block over and over."""
        assert size >= 0 and (block or not size)
        return cls((Extent(block, 0, size),)) if size else EMPTY

    @classmethod
    def concat(cls, ropes: Iterable["Rope"]) -> "Rope":
        extents: list[Extent] = []
        for rope in ropes:
            for extent in rope.extents:
                if not (extents and _continues(extents, extent)):
                    extents.append(extent)
        return cls(tuple(extents)) if extents else EMPTY

    def __len__(self) -> int:
        return self.size

    def __add__(self, other: "Rope") -> "Rope":
        return Rope.concat((self, other))

    def __getitem__(self, span: slice) -> "Rope":
        start, stop, step = span.indices(self.size)
        assert step == 1, "a rope is cut, not sampled"
        if start >= stop:
            return EMPTY
        if stop - start == self.size:
            return self
        if self._starts is None:
            self._starts = list(accumulate((extent.size for extent in self.extents[:-1]), initial=0))
        taken: list[Extent] = []
        for index in range(bisect_right(self._starts, start) - 1, len(self.extents)):
            extent, origin = self.extents[index], self._starts[index]
            if origin >= stop:
                break
            taken.append(extent.cut(max(0, start - origin), min(extent.size, stop - origin)))
        return Rope(tuple(taken))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rope):
            return NotImplemented
        return self.size == other.size and (self.extents == other.extents or _same(self.pieces(), other.pieces()))

    __hash__ = None  # type: ignore[assignment]  # by content it would cost a reading, by identity it would mislead

    def __bytes__(self) -> bytes:
        if len(self.extents) == 1:
            block, start, size = self.extents[0]
            if size == len(block) and type(block) is bytes and not start:
                return block
        return b"".join(self.pieces())

    def __repr__(self) -> str:
        return f"<Rope of {self.size} bytes in {len(self.extents)} extents, {self.stored} stored>"

    @property
    def stored(self) -> int:
        """How many bytes the blocks hold, each counted once."""
        return sum({id(extent.block): len(extent.block) for extent in self.extents}.values())

    def pieces(self) -> Iterator[Piece]:
        for extent in self.extents:
            yield from extent.pieces()

    def feed(self, hasher: Hasher) -> None:
        for piece in self.pieces():
            hasher.update(piece)

    def digest(self, name: str) -> bytes:
        """By hashlib's name for it: "md5", "sha1", "sha256"."""
        if len(self.extents) == 1:
            block, start, size = self.extents[0]
            if size == len(block) and not start:
                return _hashed(name, block)
            if size >= MEMO_BYTES_MIN and size > 2 * len(block) and type(block) is bytes:
                return _digest_of_run(name, block, start, size)
        hasher = hashlib.new(name, usedforsecurity=False)
        self.feed(hasher)
        return hasher.digest()

    def crc32(self) -> int:
        return self.fold(zlib.crc32, 0)

    def fold(self, step: Callable[[Piece, int], int], value: int) -> int:
        """Run an incremental checksum over the pieces."""
        for piece in self.pieces():
            value = step(piece, value)
        return value


EMPTY: Final = Rope()


def _hashed(name: str, data: Piece) -> bytes:
    if name == "md5":
        return hashlib.md5(data, usedforsecurity=False).digest()
    return hashlib.new(name, data, usedforsecurity=False).digest()


@lru_cache(maxsize=64)
def _digest_of_run(name: str, block: bytes, start: int, size: int) -> bytes:
    hasher = hashlib.new(name, usedforsecurity=False)
    for piece in Extent(block, start, size).pieces():
        hasher.update(piece)
    return hasher.digest()


def _frozen(piece: bytearray | memoryview) -> Piece:
    if isinstance(piece, memoryview) and piece.readonly:
        return piece if piece.format == "B" and piece.ndim == 1 else piece.cast("B")
    return bytes(piece)


def _append(extents: list[Extent], piece: Piece) -> None:
    """Add one piece at the end: as more of the run before it, as a run of its own, or as it is."""
    size = len(piece)
    if type(piece) is bytes and extents:
        if _repeats(extents[-1], piece):
            block, start, before = extents[-1]
            extents[-1] = Extent(block, start, before + size)
            return
        block, start, before = extents[-1]
        if before + size <= JOIN_BYTES_MAX and before == len(block):
            extents[-1] = Extent(bytes(block) + piece, 0, before + size)
            return
    if size >= RUN_BYTES_MIN and type(piece) is bytes:
        block = _block_of(piece)
        extents.append(Extent(block, 0, size))
    else:
        extents.append(Extent(piece, 0, size))


def _block_of(piece: bytes) -> bytes:
    """The block whose repetition this piece is; itself, when it is none."""
    size = len(piece)
    if (
        piece[0] == piece[size // 2] == piece[-1] == piece[size // 3]
        and piece == (same := _uniform(piece[0], size))[:size]
    ):
        return same[:RUN_BYTES_MIN]
    for length in (RUN_BYTES_MIN, RUN_BLOCK_BYTES):
        # A first look at 16 bytes settles nearly every case.
        if size >= 2 * length and piece.startswith(piece[:16], length):
            block = piece[:length]
            if _is_run(block, piece):
                return block
    return piece


def _is_run(block: bytes, piece: bytes) -> bool:
    length, size = len(block), len(piece)
    whole = size - size % length
    return all(piece.startswith(block, at) for at in range(length, whole, length)) and piece.endswith(
        block[: size % length]
    )


def _uniform(value: int, size: int) -> bytes:
    return bytes((value,)) * max(size, RUN_BYTES_MIN)


def _repeats(last: Extent, piece: bytes) -> bool:
    """Whether the piece is what would come next in the run. A first look at 16 bytes settles nearly every case."""
    block, start, before = last
    length = len(block)
    if type(block) is not bytes or length < RUN_BYTES_MIN:
        return False
    at = (start + before) % length
    head = min(16, length - at, len(piece))
    if block[at : at + head] != piece[:head]:
        return False
    done = 0
    while done < len(piece):
        step = min(length - at, len(piece) - done)
        if not piece.startswith(block[at : at + step], done):
            return False
        done, at = done + step, (at + step) % length
    return True


def _continues(extents: list[Extent], nxt: Extent) -> bool:
    """Lengthen the last extent by the next one where both are stretches of one block; say whether it was done."""
    block, start, before = extents[-1]
    if (block is not nxt.block and block != nxt.block) or (start + before) % len(block) != nxt.start:
        return False
    extents[-1] = Extent(block, start, before + nxt.size)
    return True


def _same(left: Iterator[Piece], right: Iterator[Piece]) -> bool:
    """Whether two rows of pieces, of the same size altogether, hold the same bytes."""
    a: Piece = b""
    b: Piece = b""
    while True:
        a = a or next(left, b"")
        b = b or next(right, b"")
        size = min(len(a), len(b))
        if not size:
            return True
        if memoryview(a)[:size] != memoryview(b)[:size]:
            return False
        a, b = memoryview(a)[size:], memoryview(b)[size:]
