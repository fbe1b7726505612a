"""Demuxer: from a file to what its boxes say, or to the error at which reading ends."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from struct import unpack_from
from typing import Final

from simulator.services.ffprobe import entries, fragments, headers, tables, tags
from simulator.services.ffprobe.boxes import Read
from simulator.services.ffprobe.index import rescaled
from simulator.services.ffprobe.movie import Movie
from simulator.services.ffprobe.reader import INVALID, Damaged, Reader
from simulator.services.ffprobe.walker import ROOT, Parser, Walker

_PARSERS: Final[Mapping[str, Parser]] = {
    **headers.PARSERS,
    **tables.PARSERS,
    **entries.PARSERS,
    **fragments.PARSERS,
    **tags.PARSERS,
}
_CERTAIN: Final = ("moov", "mdat", "pnot", "udta", "ftyp")
_LIKELY: Final = ("ediw", "wide", "free", "junk", "pict")
_POSSIBLE: Final = ("skip", "uuid", "prfl", "\x82\x82\x7f\x7d")
_IMAGES: Final = ("jp2 ", "jpx ", "jxl ")
_EXTENSIONS: Final = (
    ".mov", ".mp4", ".m4a", ".3gp", ".3g2", ".mj2", ".psp", ".m4b", ".ism", ".ismv", ".isma", ".f4v", ".avif",
)  # fmt: skip
_BY_NAME: Final = 1  # What a file's name counts where its content says nothing.
_GOOD: Final = 25
_HEAD_BYTES: Final = 2048
_HEAD_MAX_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Opened:
    """What opening a file has led to: the film, or why there is none."""

    movie: Movie
    complaints: tuple[str, ...]
    failure: str = ""


def demux(read: Read, size: int) -> Opened:
    """Read a film's headers."""
    reader = Reader(read, size)
    walker = Walker(reader, _PARSERS, tags.read_tag)
    try:
        walker.inside(ROOT, size)
        if not walker.movie.found_moov:
            reader.seek(0)
            walker.second_look = True
            walker.inside(ROOT, size)
    except Damaged as damage:
        walker.say("error reading header")
        return Opened(walker.movie, tuple(walker.complaints), damage.reason)
    if not walker.movie.found_moov:
        walker.say("moov atom not found")
        return Opened(walker.movie, tuple(walker.complaints), INVALID)
    _settle(walker.movie)
    complaints = tuple(walker.complaints)
    if walker.movie.complete_index:
        _read_on(walker)
    return Opened(walker.movie, complaints)


def _read_on(walker: Walker) -> None:
    """Where an index in front names all fragments, those behind the first are read when their packets are wanted."""
    movie, reader = walker.movie, walker.reader
    lengths = [(track.duration, track.bit_rate) for track in movie.tracks]
    movie.complete_index = False
    with suppress(Damaged):
        walker.inside(ROOT, reader.size - reader.at)
    for track, (duration, rate) in zip(movie.tracks, lengths, strict=False):
        track.duration, track.bit_rate = duration, rate


def _settle(movie: Movie) -> None:
    """What can only be said when everything has been read."""
    for track in movie.tracks:
        if track.timescale <= 0:
            track.timescale = max(movie.timescale, 1)
        if movie.defaults and track.duration is not None and track.duration > 0:
            track.bit_rate = rescaled(track.data_bytes, track.timescale * 8, track.duration)


def score(read: Read, size: int, name: str) -> int:
    """How certain it is that a file is a film of this format, out of 100; zero is another format's or nobody's."""
    window = _HEAD_BYTES
    while True:
        best = _of_content(read(0, min(size, window)))
        if best > _GOOD or window >= min(size, _HEAD_MAX_BYTES):
            break
        window *= 2
    return max(best, _BY_NAME if name.lower().endswith(_EXTENSIONS) else 0)


def _of_content(head: bytes) -> int:
    best = at = 0
    while at + 8 <= len(head):
        length, least = unpack_from(">I", head, at)[0], 8
        if length == 1 and at + 16 <= len(head):
            length, least = unpack_from(">Q", head, at + 8)[0], 16
        elif length == 0:
            length = len(head) - at
        if length < least:
            at += 4
            continue
        kind = head[at + 4 : at + 8].decode("latin-1")
        if kind in _CERTAIN:
            image = kind == "ftyp" and head[at + 8 : at + 12].decode("latin-1") in _IMAGES
            best = max(best, 5 if image else 100)
        elif kind in _LIKELY:
            best = max(best, 95)
        elif kind in _POSSIBLE:
            best = max(best, 50)
        at += length
    return best
