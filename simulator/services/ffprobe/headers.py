"""Headers: the boxes that say what a film and its tracks are, and those that only hold others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import hypot
from typing import Final

from simulator.services.ffprobe.index import finish_track, rational, rescaled
from simulator.services.ffprobe.movie import Track
from simulator.services.ffprobe.reader import PATCH_WELCOME, Damaged
from simulator.services.ffprobe.walker import Parser, Walker

_EPOCH_1904: Final = 2_082_844_800  # Seconds from 1904, where MP4 begins to count, to 1970.
_LAST_DATE: Final = 253_402_300_799
_KINDS: Final = {"vide": "video", "soun": "audio", "subp": "subtitle", "clcp": "subtitle"}
_STRAIGHT: Final = (65_536, 0, 0, 0, 65_536, 0, 0, 0, 1 << 30)
_SHIFTS: Final = (16, 16, 30)
_MAC_LANGUAGES: Final = ("eng", "fra", "ger", "ita", "dut", "sve", "spa", "dan", "por", "nor", "heb", "jpn")


def _container(walker: Walker, kind: str, size: int) -> None:
    walker.inside(kind, size)


def _ftyp(walker: Walker, kind: str, size: int) -> None:
    reader, movie = walker.reader, walker.movie
    brand = reader.exact(4).decode("utf-8", "replace")
    if movie.tracks:
        return
    movie.iso = movie.iso or brand != "qt  "
    movie.tags["major_brand"] = _text(brand)
    movie.tags["minor_version"] = str(reader.number(4))
    if size < 8:
        raise Damaged
    movie.tags["compatible_brands"] = _text(reader.exact(size - 8).decode("utf-8", "replace"))


def _text(raw: str) -> str:
    return raw.split("\0", maxsplit=1)[0]


def _moov(walker: Walker, kind: str, size: int) -> None:
    if walker.movie.found_moov:
        walker.reader.skip(size)  # A second one is not looked at.
        return
    walker.inside("moov", size)
    walker.movie.found_moov = True


def _mdat(walker: Walker, kind: str, size: int) -> None:
    walker.movie.found_mdat = walker.movie.found_mdat or size > 0


def _wide(walker: Walker, kind: str, size: int) -> None:
    """A place kept free for a longer mdat header."""
    if size < 8:
        return
    if walker.reader.number(4) == 0 and walker.reader.tag() == "mdat":
        _mdat(walker, "mdat", size - 8)


def _mvhd(walker: Walker, kind: str, size: int) -> None:
    reader, movie = walker.reader, walker.movie
    version = reader.number(1)
    reader.skip(3)
    _created(walker, movie.tags, version)
    movie.timescale = reader.signed(4)
    if movie.timescale <= 0:
        walker.say(f"Invalid mvhd time scale {movie.timescale}, defaulting to 1")
        movie.timescale = 1
    length = reader.signed(8) if version == 1 else reader.number(4)
    if not movie.defaults:
        movie.duration = rescaled(length, 1_000_000, movie.timescale)
    reader.skip(16)
    movie.matrix = tuple(reader.signed(4) for _ in range(9))


def _created(walker: Walker, tags: dict[str, str], version: int) -> None:
    reader = walker.reader
    seconds = reader.signed(8) if version == 1 else reader.number(4)
    reader.skip(8 if version == 1 else 4)
    if seconds <= 0:
        return
    if version != 1 and seconds < _EPOCH_1904:
        seconds += _EPOCH_1904  # Someone has counted from 1970.
    if abs(seconds - _EPOCH_1904) <= _LAST_DATE:
        date = datetime.fromtimestamp(seconds - _EPOCH_1904, UTC)
        tags["creation_time"] = f"{date:%Y-%m-%dT%H:%M:%S}.000000Z"


def _trak(walker: Walker, kind: str, size: int) -> None:
    movie = walker.movie
    track = Track(index=len(movie.tracks))
    movie.tracks.append(track)
    movie.in_track = True
    walker.inside("trak", size)
    movie.in_track = False
    finish_track(walker, track)


def _tkhd(walker: Walker, kind: str, size: int) -> None:
    reader, movie, track = walker.reader, walker.movie, walker.movie.track
    if track is None:
        return
    if track.ident != -1:
        raise Damaged
    version, flags = reader.number(1), reader.number(3)
    track.enabled = bool(flags & 1)
    reader.skip(16 if version == 1 else 8)
    track.ident = reader.signed(4)
    reader.skip((12 if version == 1 else 8) + 16)
    own = [reader.signed(4) for _ in range(9)]
    width, height = reader.signed(4), reader.signed(4)
    track.shown_width, track.shown_height = width >> 16, height >> 16
    whole = movie.matrix or (0,) * 9
    product = tuple(
        _int32(sum((own[3 * row + k] * whole[3 * k + column]) >> _SHIFTS[k] for k in range(3)))
        for row in range(3)
        for column in range(3)
    )
    if product != _STRAIGHT:
        track.matrix = product
        if width and height:
            _matrix_aspect(track)


def _int32(value: int) -> int:
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def _matrix_aspect(track: Track) -> None:
    across = hypot(track.matrix[0], track.matrix[3])
    down = hypot(track.matrix[1], track.matrix[4])
    if 1 < across < 1 << 24 and 1 < down < 1 << 24 and abs(across / down - 1) > 0.01:
        track.aspect = rational(across / down)


def _mdhd(walker: Walker, kind: str, size: int) -> None:
    reader, track = walker.reader, walker.movie.track
    if track is None:
        return
    if track.timescale:
        walker.say("Multiple mdhd?")
        raise Damaged
    version = reader.number(1)
    if version > 1:
        raise Damaged(PATCH_WELCOME)
    reader.skip(3)
    _created(walker, track.tags, version)
    track.timescale = reader.signed(4)
    if track.timescale <= 0:
        walker.say(f"Invalid mdhd time scale {track.timescale}, defaulting to 1")
        track.timescale = 1
    track.duration = reader.signed(8) if version == 1 else reader.number(4)
    if track.duration == (-1 if version == 1 else 0xFFFFFFFF):
        track.duration = 0
    language = _language(reader.number(2))
    if language:
        track.tags["language"] = language


def _language(code: int) -> str:
    """Three letters of five bits each, or an old Macintosh number."""
    if code >= 0x400 and code != 0x7FFF:
        return "".join(chr(0x60 + (code >> shift & 0x1F)) for shift in (10, 5, 0))
    return _MAC_LANGUAGES[code] if code < len(_MAC_LANGUAGES) else ""


def _hdlr(walker: Walker, kind: str, size: int) -> None:
    reader, movie = walker.reader, walker.movie
    reader.skip(4)
    reader.skip(4)
    handler = reader.tag()
    if not movie.in_track:
        movie.keyed = movie.keyed or handler == "mdta"
        return
    track = movie.tracks[-1]
    track.kind = _KINDS.get(handler, track.kind)
    reader.skip(12)
    if size > 24:
        raw = reader.exact(size - 24)
        name = raw[1:] if not movie.iso and raw[:1] and raw[0] == len(raw) - 1 else raw
        if raw[:1] > b"\0":
            track.tags.setdefault("handler_name", _text(name.decode("utf-8", "replace")))


def _dref(walker: Walker, kind: str, size: int) -> None:
    reader = walker.reader
    if walker.movie.track is None:
        return
    reader.skip(4)
    entries = reader.number(4)
    if not entries or entries > max(size - 1, 0) // 12 + 1:
        raise Damaged
    for _ in range(entries):
        length = reader.number(4)
        start = reader.at
        if length < 12:
            raise Damaged
        reader.seek(start + length - 4)


def _meta(walker: Walker, kind: str, size: int) -> None:
    """A box with a version in MP4 and without in QuickTime: its first inner box is searched for."""
    reader = walker.reader
    while size > 8:
        size -= 4
        if reader.tag() == "hdlr":
            reader.skip(-8)
            walker.inside("meta", size + 8)
            return


def _ilst(walker: Walker, kind: str, size: int) -> None:
    walker.movie.in_items = True
    walker.inside("ilst", size)
    walker.movie.in_items = False


PARSERS: Final[Mapping[str, Parser]] = {
    **dict.fromkeys(("dinf", "edts", "mdia", "minf", "mvex", "stbl", "traf", "tref", "udta"), _container),
    "ftyp": _ftyp,
    "moov": _moov,
    "mdat": _mdat,
    "wide": _wide,
    "mvhd": _mvhd,
    "trak": _trak,
    "tkhd": _tkhd,
    "mdhd": _mdhd,
    "hdlr": _hdlr,
    "dref": _dref,
    "meta": _meta,
    "ilst": _ilst,
}
