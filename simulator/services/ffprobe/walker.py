"""Walker: goes down the boxes of a film in the order of the file, and hands each that it knows to its parser.

A box is as long as it says, at most as long as what it lies in. What a parser leaves is skipped; where it reads too
far, the walk goes back. A box that cannot be read ends everything, as `Damaged`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from simulator.errors import Unsupported
from simulator.services.ffprobe.movie import Movie
from simulator.services.ffprobe.reader import Damaged, Reader

ROOT: Final = "root"
BOXES_MAX: Final = 20_000_000  # A week of film in fragments of a second has some seven million.
_DEPTH_MAX: Final = 10  # The real one's limit.
_SMALL: Final = 0x7FFFF

Parser = Callable[["Walker", str, int], None]
"""Reads the content of a box: its name, and how many bytes it has."""


class Walker:
    """A walk in progress: the file, what was found, and what there is to complain of."""

    def __init__(self, reader: Reader, parsers: Mapping[str, Parser], unnamed: Parser) -> None:
        self.reader, self.movie = reader, Movie()
        self.complaints: list[str] = []
        self.second_look = False
        """Whether nothing was found so far; then a moov may hide in a box that should be skipped."""
        self._parsers, self._unnamed = parsers, unnamed
        self._depth = self._seen = 0

    def say(self, text: str) -> None:
        self.complaints.append(text)

    def inside(self, parent: str, size: int) -> None:
        """Read the boxes within a box."""
        if self._depth > _DEPTH_MAX:
            self.say("Atoms too deeply nested")
            raise Damaged
        self._depth += 1
        try:
            total = self._boxes(parent, size)
        finally:
            self._depth -= 1
        if total is not None and total < size < _SMALL:
            self.reader.skip(size - total)

    def _boxes(self, parent: str, size: int) -> int | None:
        """The loop over them; how many bytes they took, or None where the walk is to stop here."""
        reader, total = self.reader, 0
        while total + 8 <= size and not reader.at_end():
            self._seen += 1
            if self._seen > BOXES_MAX:
                raise Unsupported("ffprobe of so many boxes", f"boxes_max reached: {BOXES_MAX:,}")
            length, kind = reader.number(4), self._name()
            if parent not in (ROOT, "moov") and kind in ("trak", "mdat"):
                self.say("Broken file, trak/mdat not at top-level")
                reader.skip(-8)
                return None
            total += 8
            if length == 1 and total + 8 <= size:
                length, total = reader.signed(8) - 8, total + 8
            if length == 0:
                length = size - total + 8
            length -= 8
            if length < 0:
                break
            length = min(length, size - total)
            if self._box(parent, kind, length):
                return None
            total += length
        return total

    def _name(self) -> str:
        reader = self.reader
        kind = reader.tag()
        if kind == "hoov" or (kind == "free" and self.second_look):
            here = reader.at
            reader.skip(4)
            hidden = reader.tag()
            if not reader.ended:
                reader.seek(here)
                if hidden in ("mvhd", "cmov"):
                    self.say("Detected moov in a free or hoov atom.")
                    return "moov"
        return kind

    def _box(self, parent: str, kind: str, length: int) -> bool:
        """One box; whether everything worth knowing has been found with it."""
        reader, movie = self.reader, self.movie
        parser = self._parsers.get(kind)
        if parser is None and (parent in ("udta", "ilst") or (parent == "ilst" and movie.keyed)):
            parser = self._unnamed
        if parser is None:
            reader.skip(length)
            return False
        start = reader.at
        parser(self, kind, length)
        if reader.at != start + length:
            reader.seek(start + length)
        return movie.found_moov and movie.found_mdat and movie.complete_index
