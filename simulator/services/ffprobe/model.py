"""The model: from a media file, seen through a read function, to the sections of fields that ffprobe prints.

What it decides is `Answer`: the format's fields and each stream's, or nothing and the reason. Whether
a film is complete is not asked: as the real one, it answers from the headers alone, wherever the data ends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, gcd, hypot, pi
from typing import Final

from simulator.services.ffprobe.boxes import Read
from simulator.services.ffprobe.codecs import LAYOUTS, LONG_NAMES, four_letters
from simulator.services.ffprobe.decoders import decoded
from simulator.services.ffprobe.demuxer import demux, score
from simulator.services.ffprobe.index import rescaled
from simulator.services.ffprobe.movie import Movie, Track
from simulator.services.ffprobe.packets import Look, look
from simulator.services.ffprobe.reader import ADDRESS, INVALID, NUMBERS

Fields = dict[str, object]
"""One section: text as it is, numbers as numbers, None for what is not known, and sections inside it."""

_DEMUXER: Final = "mov,mp4,m4a,3gp,3g2,mj2"
_MICROS: Final = 1_000_000
_NO_ANGLE: Final = -(1 << 63)  # What is no number, as the usual processor rounds it.
_DISPOSITIONS: Final = (
    "default", "dub", "original", "comment", "lyrics", "karaoke", "forced", "hearing_impaired", "visual_impaired",
    "clean_effects", "attached_pic", "timed_thumbnails", "captions", "descriptions", "metadata", "dependent",
    "still_image",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What ffprobe has found out: sections, what it complained of, and its exit status."""

    format: Fields
    streams: tuple[Fields, ...] = ()
    complaints: tuple[str, ...] = ()
    failure: str = ""
    error: int = 0
    """The number that `-show_error` gives for the failure."""

    @property
    def code(self) -> int:
        return 1 if self.failure else 0


def demuxer_line(text: str) -> str:
    """A complaint of the demuxer; the real one prints an address that differs in every run."""
    return f"[{_DEMUXER} @ {ADDRESS}] {text}"


def probe(read: Read, size: int, name: str, *, seekable: bool = True) -> Answer:
    """Examine a file of so many bytes."""
    certainty = score(read, size, name)
    if not certainty:
        return Answer({}, failure=INVALID, error=NUMBERS[INVALID])
    opened = demux(read, size)
    complaints = list(opened.complaints)
    if opened.failure:
        return Answer({}, (), tuple(map(demuxer_line, complaints)), opened.failure, NUMBERS[opened.failure])
    movie = opened.movie
    seen = look(movie, read, size)
    start, length = _time(movie, seen)
    streams = tuple(_stream(track, seen) for track in movie.tracks)
    whole = _format(movie, start, length, size if seekable else None, name)
    whole["probe_score"] = certainty
    said = [*map(demuxer_line, complaints), *seen.doubts]
    if seen.complaint:
        said.append(demuxer_line(seen.complaint))
    return Answer(whole, streams, tuple(said))


# --- times ----------------------------------------------------------------------------------------------


def _time(movie: Movie, seen: Look) -> tuple[int | None, int | None]:
    """Give every track its start and length; start and length of the whole film in microseconds."""
    for track in movie.tracks:
        first = seen.first.get(track.index)
        if track.start is None and first is not None:
            track.start = track.shown(first)
    shown, texts = _Spans(), _Spans()
    for track in movie.tracks:
        (texts if track.kind in ("subtitle", "data") else shown).add(track)
    start, end, length = shown.together_with(texts)
    if start is not None and end is not None:
        length = max(end - start, length or 0)
    whole = movie.duration
    if whole is None and length is not None and length > 0:
        whole = length
    for track in movie.tracks:
        if track.start is None:
            track.start = None if start is None else rescaled(start, track.base, _MICROS)
            if whole is not None:
                track.duration = rescaled(whole, track.base, _MICROS)
    return start, whole


class _Spans:
    """Starts, ends and lengths of some tracks, in microseconds."""

    def __init__(self) -> None:
        self.start: int | None = None
        self.end: int | None = None
        self.length: int | None = None

    def add(self, track: Track) -> None:
        length = None if track.duration is None else rescaled(track.duration, _MICROS, track.base)
        if track.start is not None:
            start = rescaled(track.start, _MICROS, track.base)
            self.start = start if self.start is None else min(self.start, start)
            if length is not None:
                self.end = start + length if self.end is None else max(self.end, start + length)
        if length is not None:
            self.length = length if self.length is None else max(self.length, length)

    def together_with(self, texts: "_Spans") -> tuple[int | None, int | None, int | None]:
        """Pictures and sounds count; texts and data do only where they are less than a second away."""
        return (
            _nearly(self.start, texts.start, -1),
            _nearly(self.end, texts.end, 1),
            _nearly(self.length, texts.length, 1),
        )


def _nearly(own: int | None, other: int | None, towards: int) -> int | None:
    if own is None or other is None:
        return other if own is None else own
    return other if 0 < (other - own) * towards < _MICROS else own


def _seconds(value: int | None, scale: int) -> str | None:
    return None if value is None else f"{value / scale:.6f}"


def _ratio(over: int, under: int) -> str:
    common = gcd(over, under) or 1
    return f"{over // common}/{under // common}"


# --- sections -------------------------------------------------------------------------------------------


def _format(movie: Movie, start: int | None, length: int | None, size: int | None, name: str) -> Fields:
    return {
        "filename": name,
        "nb_streams": len(movie.tracks),
        "nb_programs": 0,
        "format_name": _DEMUXER,
        "format_long_name": "QuickTime / MOV",
        "start_time": _seconds(start, _MICROS),
        "duration": _seconds(length, _MICROS),
        "size": None if size is None else str(size),
        "bit_rate": str(int(size * 8.0 * _MICROS / length)) if length and length > 0 and size else None,
        "probe_score": 100,
        **({"tags": dict(movie.tags)} if movie.tags else {}),
    }


def _stream(track: Track, seen: Look) -> Fields:
    known = decoded(track, whole=bool(seen.whole.get(track.index)))
    codec = track.codec or None
    fields: Fields = {
        "index": track.index,
        "codec_name": codec,
        "codec_long_name": LONG_NAMES.get(track.codec),
        "profile": known.get("profile"),
        "codec_type": track.kind,
        "codec_tag_string": four_letters(track.tag.ljust(4, "\0")),
        "codec_tag": f"0x{int.from_bytes(track.tag.encode('latin-1'), 'little'):04x}",
    }
    if track.kind == "video":
        fields.update(_picture(track, known))
    elif track.kind == "audio":
        fields.update(_sound(track, known))
    fields["id"] = f"0x{track.ident & 0xFFFFFFFF:x}"
    fields.update(_timing(track, seen.read.get(track.index, 0)))
    fields["bits_per_raw_sample"] = known.get("bits_per_raw_sample")
    if size := _extradata_bytes(track):
        fields["extradata_size"] = size
    fields["disposition"] = dict.fromkeys(_DISPOSITIONS, 0) | {"default": int(track.enabled)}
    if track.tags:
        fields["tags"] = dict(_track_tags(track))
    if track.kind == "video" and track.matrix:
        fields["side_data_list"] = [
            {
                "side_data_type": "Display Matrix",
                "displaymatrix": _matrix_text(track.matrix),
                "rotation": _rotation(track.matrix),
            }
        ]
    return fields


def _extradata_bytes(track: Track) -> int:
    """How much the demuxer hands to the decoder; it puts eight bytes before Opus's and keeps VP9's to itself."""
    if track.codec == "opus" and track.config:
        return len(track.config) + 8
    return 0 if track.codec == "vp9" else len(track.config)


def _picture(track: Track, known: Mapping[str, object]) -> Fields:
    width, height = known.get("width", track.width), known.get("height", track.height)
    fields: Fields = {
        "width": width,
        "height": height,
        "coded_width": known.get("coded_width", width),
        "coded_height": known.get("coded_height", height),
        "closed_captions": 0,
        "film_grain": 0,
    }
    if not track.codec:  # Without a decoder nothing more is known.
        fields = {"width": width, "height": height}
    if "has_b_frames" in known:
        fields["has_b_frames"] = known["has_b_frames"]
    fields |= {"sample_aspect_ratio": None, "display_aspect_ratio": None}
    aspect = track.aspect
    if aspect is not None and aspect[0] and isinstance(width, int) and isinstance(height, int):
        over, under = aspect
        fields["sample_aspect_ratio"] = _ratio(over, under).replace("/", ":")
        fields["display_aspect_ratio"] = _ratio(width * over, height * under).replace("/", ":")
    fields["pix_fmt"] = known.get("pix_fmt")
    fields["level"] = known["level"]
    for name in ("color_range", "color_space", "color_transfer", "color_primaries", "chroma_location", "field_order"):
        fields[name] = known.get(name)
    if "refs" in known:
        fields["refs"] = known["refs"]
    for name in ("quarter_sample", "divx_packed"):
        if name in known:
            fields[name] = known[name]
    if track.codec == "h264" and len(track.config) > 4:
        fields["is_avc"] = "true"
        fields["nal_length_size"] = str((track.config[4] & 3) + 1 if track.config[0] == 1 else 0)
    return fields


def _sound(track: Track, known: Mapping[str, object]) -> Fields:
    return {
        "sample_fmt": known.get("sample_fmt"),
        "sample_rate": str(track.sample_rate),
        "channels": track.channels,
        "channel_layout": LAYOUTS.get(track.channels),
        "bits_per_sample": 0,
    }


def _timing(track: Track, read: int) -> Fields:
    scale, rate = track.base, track.bit_rate
    pictures = track.kind == "video"
    return {
        "r_frame_rate": _frame_rate(track, read) if pictures else "0/0",
        "avg_frame_rate": _average_rate(track) if pictures else "0/0",
        "time_base": f"1/{scale}",
        "start_pts": track.start,
        "start_time": _seconds(track.start, scale),
        "duration_ts": track.duration,
        "duration": _seconds(track.duration, scale),
        "bit_rate": str(rate) if rate else None,
        "max_bit_rate": None,
        "bits_per_raw_sample": None,
        "nb_frames": str(track.frames) if track.frames else None,
        "nb_read_frames": None,
        "nb_read_packets": None,
    }


def _frame_rate(track: Track, read: int) -> str:
    """The rate at which every frame of the film could be shown: that of its commonest step."""
    if track.step:
        return _ratio(track.timescale, track.step)
    if not track.steps and read < 3:
        return f"{track.base}/1"  # Too few pictures have been seen.
    times = sorted(sample.decoded for sample in track.places)
    steps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    if not steps:
        return f"{track.base}/1"
    return _ratio(track.timescale, max(set(steps), key=steps.count))


def _average_rate(track: Track) -> str:
    return _ratio(track.rated_frames * track.timescale, track.rated_time) if track.rated_time else "0/0"


def _track_tags(track: Track) -> Iterator[tuple[str, str]]:
    names = ("creation_time", "language", "handler_name", "vendor_id", "encoder")
    yield from ((name, track.tags[name]) for name in names if name in track.tags)


# --- rotation ---------------------------------------------------------------------------------------------


def _rotation(matrix: tuple[int, ...]) -> int:
    """By how many degrees a player turns the picture, from the track's matrix."""
    if len(matrix) != 9:
        return 0
    across, down = hypot(matrix[0], matrix[3]), hypot(matrix[1], matrix[4])
    if not across or not down:
        return _NO_ANGLE
    return int(-atan2(matrix[1] / down, matrix[0] / across) * 180 / pi)


def _matrix_text(matrix: tuple[int, ...]) -> str:
    rows = [f"{row:08x}: " + "".join(f"{value:>12}" for value in matrix[3 * row : 3 * row + 3]) for row in range(3)]
    return "\n" + "".join(f"{row}\n" for row in rows)
