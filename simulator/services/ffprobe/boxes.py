"""Boxes: the walk over an MP4 file, which is a sequence of sized, named boxes.

A file is seen through a function that reads bytes at an offset, so that a terabyte of film is not touched
where only its headers matter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from struct import unpack_from
from typing import Final

Read = Callable[[int, int], bytes]
"""Bytes at an offset, at most so many; fewer at the end of the file."""

BOXES_MAX: Final = 1_000_000
BODY_MAX_BYTES: Final = 256 << 20
"""The largest box that is read whole; a moov of a day of film has some 50 MiB."""


@dataclass(frozen=True)
class Box:
    """One box: its name, where it begins, where its content begins, and where it ends."""

    kind: str
    start: int
    body: int
    end: int
    limit: int
    """Where its surroundings end: a box that ends later is cut off."""

    @property
    def cut(self) -> bool:
        return self.end > self.limit

    def read(self, read: Read) -> bytes:
        """The content, as far as it is there."""
        return read(self.body, min(min(self.end, self.limit) - self.body, BODY_MAX_BYTES))


def walk(read: Read, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets; what is no box ends the walk."""
    at = start
    for _ in range(BOXES_MAX):
        header = read(at, min(16, end - at)) if at < end else b""
        if len(header) < 8:
            return
        size, kind = unpack_from(">I4s", header)
        body = at + 8
        if size == 1:
            if len(header) < 16:
                return
            size, body = unpack_from(">Q", header, 8)[0], at + 16
        elif size == 0:
            size = end - at
        if size < body - at:
            return
        yield Box(kind.decode("latin-1"), at, body, at + size, end)
        at += size


def within(data: bytes, start: int = 0) -> Iterator[tuple[str, bytes]]:
    """The boxes inside a box's content, each with its own content."""
    for box in walk(lambda offset, size: data[offset : offset + size], start, len(data)):
        yield box.kind, data[box.body : box.end]


def first(data: bytes, *path: str) -> bytes | None:
    """The content of the first box down a path of names."""
    found: bytes | None = data
    for name in path:
        found = next((body for kind, body in within(found) if kind == name), None) if found is not None else None
    return found


def rational(value: float, most: int = (1 << 31) - 1) -> tuple[int, int]:
    """The nearest fraction to a positive number, with numbers that fit."""
    near = Fraction(value).limit_denominator(max(1, int(most / max(value, 1))))
    return near.numerator, near.denominator
