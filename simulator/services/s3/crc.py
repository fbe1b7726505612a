"""CRCs that zlib has not: CRC-32C and CRC-64/NVME, and the joining of CRCs without reading again.

Two are computed here: a long text is folded to a short one (see `folding`), which goes through tables, eight bytes
at a step. A CRC of joined texts follows from those of its
parts and their lengths: the first is moved past the second by a product of polynomials. Where `google_crc32c`
or `awscrt` are installed `faster()` may take them in; the numbers are the same.
"""

import struct
import sys
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from simulator.services.rope import Extent, Piece, Rope
from simulator.services.s3.folding import MULTIPLES, STRIDE_BYTES, fold

# Repeats of one block are joined rather than read, from so many on.
_REPEATS_MIN: Final = 4
_TOGETHER: Final = 64


class Crc:
    """A reflected CRC that starts from and ends with all ones: its polynomial, and its width in bits."""

    def __init__(self, name: str, bits: int, polynomial: int) -> None:
        self.name = name
        self.bits = bits
        self.polynomial = polynomial
        self.mask = (1 << bits) - 1
        self._tables: list[list[int]] = []
        self._multiples = MULTIPLES.get(name, ())
        # A multiple serves where a text is longer than its degree by half.
        self._foldable_bytes = min((each[0] * 3 // 16 for each in self._multiples), default=sys.maxsize)
        self.step: Callable[[Piece, int], int] = self._folded

    def of(self, rope: Rope) -> int:
        """Of a whole rope; runs cost their block, not their length."""
        value = 0
        waiting: list[Piece] = []
        for extent in rope.extents:
            short = extent.size < STRIDE_BYTES and extent.size <= len(extent.block)
            if short and self._multiples:
                # Pieces as they came from the network are short; together they fold better.
                waiting += extent.pieces()
            if waiting and (not short or len(waiting) >= _TOGETHER):
                value = self.step(b"".join(waiting), value)
                waiting.clear()
            if not short or not self._multiples:
                value = self._extent(extent, value)
        return self.step(b"".join(waiting), value) if waiting else value

    def _extent(self, extent: Extent, value: int) -> int:
        block, start, size = extent
        length = len(block)
        if start or size < _REPEATS_MIN * length:
            for piece in extent.pieces():
                value = self.step(piece, value)
            return value
        once = self.step(block, 0)
        value = self.combine(value, self._repeated(once, length, size // length), size - size % length)
        return self.step(memoryview(block)[: size % length], value) if size % length else value

    def _repeated(self, once: int, length: int, times: int) -> int:
        """The CRC of `times` copies of a text, by doubling."""
        done = 0
        while times:
            if times & 1:
                done = self.combine(done, once, length)
            once, length, times = self.combine(once, once, length), length * 2, times >> 1
        return done

    def combine(self, first: int, second: int, second_size: int) -> int:
        """The CRC of two texts joined, from theirs."""
        return self._multiply(self._power(second_size), first) ^ second if first else second

    def _multiply(self, a: int, b: int) -> int:
        """The product of two polynomials, lowest power in the highest bit, modulo ours."""
        product = 0
        for _ in range(self.bits):
            if a >> (self.bits - 1):
                product ^= b
            a = a << 1 & self.mask
            if not a:
                break
            b = b >> 1 ^ self.polynomial if b & 1 else b >> 1
        return product

    @lru_cache(maxsize=4096)  # noqa: B019  there are three of us, for ever
    def _power(self, size: int) -> int:
        """x to the power of `8 * size`, modulo our polynomial."""
        if not size:
            return 1 << (self.bits - 1)
        half = self._power(size >> 1)
        square = self._multiply(half, half)
        return self._multiply(square, 1 << (self.bits - 9)) if size & 1 else square

    def _folded(self, data: Piece, value: int) -> int:
        """`value` is the CRC of what came before. Long texts are made short first."""
        view = memoryview(data)
        register = value ^ self.mask
        if len(view) > self._foldable_bytes:
            # What is left of one stride goes before the next one, so that the tables are needed once.
            text, bits = register, 0
            for at in range(0, len(view), STRIDE_BYTES):
                stride = view[at : at + STRIDE_BYTES]
                text ^= int.from_bytes(stride, "little") << bits
                text, bits = fold(text, bits + 8 * len(stride), self._multiples)
            view, register = memoryview(text.to_bytes(bits // 8, "little")), 0
        return self._sliced(view, register) ^ self.mask

    def _sliced(self, data: Piece, register: int) -> int:
        """Eight bytes at a step."""
        if not self._tables:
            self._tables = _tables(self.polynomial)
        t0, t1, t2, t3, t4, t5, t6, t7 = self._tables
        view = memoryview(data)
        whole = len(view) & ~7
        for (word,) in _WORD.iter_unpack(view[:whole]):
            word ^= register
            register = (
                t7[word & 255] ^ t6[word >> 8 & 255] ^ t5[word >> 16 & 255] ^ t4[word >> 24 & 255]
                ^ t3[word >> 32 & 255] ^ t2[word >> 40 & 255] ^ t1[word >> 48 & 255] ^ t0[word >> 56]
            )  # fmt: skip
        for byte in view[whole:]:
            register = t0[(register ^ byte) & 255] ^ register >> 8
        return register


_WORD: Final = struct.Struct("<Q")


def _tables(polynomial: int) -> list[list[int]]:
    """Table n says what a byte becomes n bytes later."""
    first = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ polynomial if value & 1 else value >> 1
        first.append(value)
    tables = [first]
    for _ in range(7):
        tables.append([first[value & 255] ^ value >> 8 for value in tables[-1]])
    return tables


CRC32: Final = Crc("CRC32", 32, 0xEDB88320)
CRC32.step = zlib.crc32
CRC32C: Final = Crc("CRC32C", 32, 0x82F63B78)
CRC64NVME: Final = Crc("CRC64NVME", 64, 0x9A6C9329AC4BC9B5)


def faster() -> list[str]:
    """Take the compiled implementations that are installed; says which. The values do not change, only the speed."""
    taken = []
    try:
        from google_crc32c import extend  # type: ignore[import-not-found, unused-ignore]

        CRC32C.step = lambda data, value: int(extend(value, bytes(data)))
        taken.append("google_crc32c")
    except ImportError:
        pass
    try:
        from awscrt import checksums  # type: ignore[import-not-found, unused-ignore]

        CRC64NVME.step = lambda data, value: int(checksums.crc64nvme(bytes(data), value))
        CRC32C.step = lambda data, value: int(checksums.crc32c(bytes(data), value))
        taken.append("awscrt")
    except (ImportError, AttributeError):
        pass
    return taken
