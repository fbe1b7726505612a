"""Boxes: the walk over a sound MP4 file, which is a sequence of sized, named boxes.

A file is seen through a function that reads bytes at an offset, so that a terabyte of film is not touched
where only its headers matter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import unpack_from

Read = Callable[[int, int], bytes]
"""Bytes at an offset, at most so many; fewer at the end of the file."""


@dataclass(frozen=True)
class Box:
    """One box: its name, where it begins, where its content begins, and where it ends."""

    kind: str
    start: int
    body: int
    end: int


def walk(read: Read, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets; what is no box ends the walk."""
    at = start
    while at < end:
        header = read(at, min(16, end - at))
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
        yield Box(kind.decode("latin-1"), at, body, at + size)
        at += size
