"""Content that is a function of its offset: terabytes that are read as if stored, and take no room.

    film = Seeded(b"lobby.mp4")
    film.read(1 << 40, 16)          # the same sixteen bytes, always

Anything with such a `read` and a `repr` that names it will do; what it says must depend on the offset alone.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_128
from typing import Protocol

_BLOCK_BYTES = 1 << 16


class Pattern(Protocol):
    """Endless content. Its `repr` stands for it in digests, so two that differ must not look the same."""

    def read(self, at: int, size: int) -> bytes:
        """The `size` bytes from offset `at` on."""


@dataclass(frozen=True)
class Seeded:
    """Bytes without structure, different for every seed."""

    seed: bytes

    def read(self, at: int, size: int) -> bytes:
        first, skip = divmod(at, _BLOCK_BYTES)
        last = (at + size + _BLOCK_BYTES - 1) // _BLOCK_BYTES
        if last - first == 1:
            return _block(self.seed, first)[skip : skip + size]
        return b"".join(_block(self.seed, number) for number in range(first, last))[skip : skip + size]


@dataclass(frozen=True)
class Repeated:
    """The same few bytes over and over."""

    unit: bytes

    def read(self, at: int, size: int) -> bytes:
        skip = at % len(self.unit)
        return (self.unit * ((skip + size) // len(self.unit) + 1))[skip : skip + size]


@lru_cache(maxsize=64)  # 4 MiB: enough for a few readers that go through their files block by block.
def _block(seed: bytes, number: int) -> bytes:
    return shake_128(number.to_bytes(8, "big") + seed).digest(_BLOCK_BYTES)
