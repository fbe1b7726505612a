"""Reader: a file as a demuxer reads it, forward and in small pieces, with zeros where the file has ended.

What lies behind the end reads as zero and raises nothing; `ended` remembers that it was tried. That is how the real
one reads, and why it makes something of nearly every damaged file.
"""

from typing import Final

from simulator.services.ffprobe.boxes import Read

INVALID: Final = "Invalid data found when processing input"
END_OF_FILE: Final = "End of file"
PATCH_WELCOME: Final = "Not yet implemented in FFmpeg, patches welcome"
NO_MEMORY: Final = "Cannot allocate memory"
NUMBERS: Final = {
    INVALID: -1_094_995_529,
    END_OF_FILE: -541_478_725,
    PATCH_WELCOME: -1_163_346_256,
    NO_MEMORY: -12,
}
"""Errors of the library, and the number of each."""

ADDRESS: Final = "0x55d0c0de4740"
"""Where the real one says that it keeps what complains; it differs in every run of that one, and not in ours."""

ALLOCATION_MAX_BYTES: Final = (1 << 31) - 1
"""The largest piece of memory that the library allocates; a box that claims more is out of memory."""

_WINDOW_BYTES: Final = 32_768


class Damaged(Exception):
    """The file cannot be read on; the text is the library's error."""

    def __init__(self, reason: str = INVALID) -> None:
        super().__init__(reason)
        self.reason = reason


class Reader:
    """A cursor over a file."""

    __slots__ = ("_from", "_read", "_window", "at", "ended", "size")

    def __init__(self, read: Read, size: int) -> None:
        self._read, self.size = read, size
        self._window, self._from = b"", 0
        self.at = 0
        self.ended = False

    def piece(self, count: int) -> bytes:
        """So many bytes, or as many as there are."""
        start = self.at - self._from
        if start < 0 or start + count > len(self._window):
            self._from, start = self.at, 0
            there = min(max(count, _WINDOW_BYTES), self.size - self.at)  # What a damaged box claims is not asked for.
            self._window = self._read(self.at, there) if there > 0 else b""
        found = self._window[start : start + count]
        self.at += len(found)
        if len(found) < count:
            self.ended = True
        return found

    def exact(self, count: int) -> bytes:
        """So many bytes; less is damage."""
        if count > ALLOCATION_MAX_BYTES:
            raise Damaged(NO_MEMORY)
        found = self.piece(count)
        if len(found) < count:
            raise Damaged
        return found

    def number(self, count: int) -> int:
        """An unsigned number of so many bytes."""
        found = self.piece(count)
        return int.from_bytes(found + bytes(count - len(found)))

    def signed(self, count: int) -> int:
        value = self.number(count)
        return value - (1 << 8 * count) if value >> 8 * count - 1 else value

    def tag(self) -> str:
        """The name of a box."""
        found = self.piece(4)
        return (found + bytes(4 - len(found))).decode("latin-1")

    def skip(self, count: int) -> None:
        self.seek(self.at + count)

    def seek(self, to: int) -> None:
        self.ended = to > self.size
        self.at = max(0, min(to, self.size))

    def at_end(self) -> bool:
        """Whether reading has met the end, and still does."""
        self.ended = self.ended and self.at >= self.size
        return self.ended
