"""Movie: what the `moov` box says of a film, its tracks and their samples."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import error as too_short
from struct import unpack_from
from typing import Final

from simulator.services.ffprobe.boxes import first, within
from simulator.services.ffprobe.codecs import BY_OBJECT_TYPE, BY_TAG, CONFIGURATIONS, TYPES

_EPOCH_1904: Final = 2_082_844_800  # Seconds from 1904, where MP4 begins to count, to 1970.
_VIDEO_ENTRY, _AUDIO_ENTRY = 78, 28  # Bytes of a sample entry before its boxes.
_TAGS: Final = {
    "\xa9nam": "title",
    "\xa9ART": "artist",
    "\xa9alb": "album",
    "\xa9day": "date",
    "\xa9cmt": "comment",
    "\xa9too": "encoder",
    "\xa9gen": "genre",
    "desc": "description",
    "cprt": "copyright",
}


class Damaged(Exception):
    """The moov box cannot be read."""


@dataclass
class Track:
    """One track: what kind, how coded, how long, how many samples."""

    ident: int = 0
    enabled: bool = True
    handler: str = ""
    handler_name: str = ""
    language: str = "und"
    created: int = 0
    timescale: int = 1
    duration: int = 0
    tag: str = ""
    codec: str = ""
    config: bytes = b""
    bit_rate: int = 0
    width: int = 0
    height: int = 0
    aspect: tuple[int, int] | None = None
    compressor: str = ""
    channels: int = 0
    sample_rate: int = 0
    matrix: tuple[int, ...] = ()
    steps: list[tuple[int, int]] = field(default_factory=list)
    """Runs of samples of equal length: how many, how long."""
    first_offset: int = 0
    """How much later than it is decoded the first sample is shown."""
    samples: int = 0
    sample_bytes: int = 0
    edits: list[tuple[int, int]] = field(default_factory=list)
    """The edit list: how long, in the movie's time scale, and from where; -1 is a pause."""
    default_step: int = 0
    default_size: int = 0

    @property
    def kind(self) -> str:
        return TYPES.get(self.handler, "data")


@dataclass
class Movie:
    """The film: its own clock, its tracks, its tags."""

    timescale: int = 1000
    duration: int = 0
    created: int = 0
    fragmented: bool = False
    tracks: list[Track] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


def parse(moov: bytes) -> Movie:
    """Read a moov box's content."""
    movie = Movie()
    try:
        for kind, body in within(moov):
            if kind == "mvhd":
                movie.created, movie.timescale, movie.duration = _clock(body)
            elif kind == "trak":
                movie.tracks.append(_track(body))
            elif kind == "mvex":
                movie.fragmented = True
            elif kind == "udta":
                movie.tags.update(_tags(body))
        for track in movie.tracks:
            _defaults(track, first(moov, "mvex") or b"")
    except (too_short, IndexError) as error:
        raise Damaged(str(error)) from error
    return movie


def _clock(body: bytes) -> tuple[int, int, int]:
    """Creation time, time scale and duration of mvhd or mdhd."""
    if body[0] == 1:
        created, _, timescale, duration = unpack_from(">QQIQ", body, 4)
    else:
        created, _, timescale, duration = unpack_from(">IIII", body, 4)
    unknown = duration in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return (created - _EPOCH_1904 if created else 0), timescale or 1, 0 if unknown else duration


def _tags(udta: bytes) -> Iterator[tuple[str, str]]:
    meta = first(udta, "meta")
    items = first(meta[4:], "ilst") if meta else None
    for kind, body in within(items or b""):
        data = first(body, "data")
        if data is not None and kind in _TAGS:
            yield _TAGS[kind], data[8:].decode("utf-8", "replace")


def _track(trak: bytes) -> Track:
    track = Track()
    for kind, body in within(trak):
        if kind == "tkhd":
            long = body[0] == 1
            track.enabled = bool(body[3] & 1)
            track.ident = unpack_from(">I", body, 20 if long else 12)[0]
            track.matrix = unpack_from(">9i", body, 52 if long else 40)
        elif kind == "edts":
            track.edits = list(_edits(first(body, "elst") or b""))
        elif kind == "mdia":
            _media(track, body)
    return track


def _edits(elst: bytes) -> Iterator[tuple[int, int]]:
    if not elst:
        return
    layout, size = (">Qq", 20) if elst[0] == 1 else (">Ii", 12)
    for index in range(unpack_from(">I", elst, 4)[0]):
        length, start = unpack_from(layout, elst, 8 + index * size)
        yield length, start


def _media(track: Track, mdia: bytes) -> None:
    for kind, body in within(mdia):
        if kind == "mdhd":
            track.created, track.timescale, track.duration = _clock(body)
            packed = unpack_from(">H", body, 32 if body[0] == 1 else 20)[0]
            if packed < 0x400:
                track.language = ""  # A Macintosh language code.
            else:
                track.language = "".join(chr(0x60 + (packed >> shift & 0x1F)) for shift in (10, 5, 0))
        elif kind == "hdlr":
            track.handler = body[8:12].decode("latin-1")
            track.handler_name = body[24:].split(b"\0")[0].decode("utf-8", "replace")
    for kind, body in within(first(mdia, "minf", "stbl") or b""):
        if kind == "stsd":
            _entry(track, body)
        elif kind == "stts":
            track.steps = [unpack_from(">II", body, 8 + 8 * at) for at in range(unpack_from(">I", body, 4)[0])]
        elif kind == "ctts" and unpack_from(">I", body, 4)[0]:
            track.first_offset = unpack_from(">i", body, 12)[0]
        elif kind == "stsz":
            one_size, track.samples = unpack_from(">II", body, 4)
            sizes = 0 if one_size else sum(unpack_from(f">{track.samples}I", body, 12))
            track.sample_bytes = one_size * track.samples or sizes


def _entry(track: Track, stsd: bytes) -> None:
    """The first sample entry: what codec, how large a picture, how many channels."""
    entry = next(iter(within(stsd, 8)), None)
    if entry is None:
        return
    track.tag, body = entry
    track.codec = BY_TAG.get(track.tag, "")
    if track.kind == "video":
        track.width, track.height = unpack_from(">HH", body, 24)
        length = min(body[42], 31)
        track.compressor = body[43 : 43 + length].decode("utf-8", "replace")
    elif track.kind == "audio":
        track.channels = unpack_from(">H", body, 16)[0]
        track.sample_rate = unpack_from(">I", body, 24)[0] >> 16
    for kind, inner in within(body, _VIDEO_ENTRY if track.kind == "video" else _AUDIO_ENTRY):
        if kind == "esds":
            _descriptors(track, inner[4:])
        elif kind in CONFIGURATIONS:
            track.config = inner
        elif kind == "pasp":
            track.aspect = unpack_from(">II", inner)


def _descriptors(track: Track, data: bytes) -> None:
    """An esds box: nested descriptors with the object type, the bit rate and the decoder's configuration."""
    at = 0
    while at + 2 <= len(data):
        tag, at = data[at], at + 1
        size = 0
        while True:
            byte, at = data[at], at + 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 3:
            at += 3  # The elementary stream: its descriptors follow.
        elif tag == 4:
            track.codec = BY_OBJECT_TYPE.get(data[at], track.codec)
            track.bit_rate = unpack_from(">I", data, at + 9)[0]
            at += 13
        elif tag == 5:
            track.config = data[at : at + size]
            return
        else:
            at += size


def _defaults(track: Track, mvex: bytes) -> None:
    for kind, body in within(mvex):
        if kind == "trex" and unpack_from(">I", body, 4)[0] == track.ident:
            track.default_step, track.default_size = unpack_from(">II", body, 12)
