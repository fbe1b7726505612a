"""The model: from a media file, seen through a read function, to the sections of fields that ffprobe prints.

What it decides is `Answer`: the format's fields and each stream's, or nothing and the reason. Whether
a film is complete is not asked: as the real one, it answers from the headers alone, wherever the data ends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from math import atan2, gcd, hypot, pi
from struct import error as too_short
from typing import Final

from simulator.services.ffprobe import moof
from simulator.services.ffprobe.boxes import Box, Read, walk
from simulator.services.ffprobe.codecs import LAYOUTS, LONG_NAMES, decoded
from simulator.services.ffprobe.movie import Damaged, Movie, Track, parse

Fields = dict[str, object]
"""One section: text as it is, numbers as numbers, None for what is not known, and sections inside it."""

_DEMUXER: Final = "mov,mp4,m4a,3gp,3g2,mj2"
_EXTENSIONS: Final = (".mov", ".mp4", ".m4a", ".3gp", ".3g2", ".mj2", ".m4v")
INVALID: Final = "Invalid data found when processing input"
_INVALID_NUMBER: Final = -1_094_995_529
_MICROS: Final = 1_000_000
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
    return f"[{_DEMUXER} @ 0x55d0c0de4740] {text}"


def probe(read: Read, size: int, name: str, *, seekable: bool = True) -> Answer:
    """Examine a file of so many bytes."""
    boxes = list(walk(read, 0, size))
    if not _is_movie(boxes, name):
        return Answer({}, failure=INVALID, error=_INVALID_NUMBER)
    found = next((box for box in boxes if box.kind == "moov"), None)
    if found is None:
        return Answer({}, complaints=(demuxer_line("moov atom not found"),), failure=INVALID, error=_INVALID_NUMBER)
    try:
        movie = parse(found.read(read))
    except Damaged:
        return Answer({}, complaints=(demuxer_line("error reading header"),), failure=INVALID, error=_INVALID_NUMBER)
    complaints = []
    if found.cut:
        complaints.append(demuxer_line(f"stream {len(movie.tracks) - 1}, missing mandatory atoms, broken header"))
    try:
        for box in boxes:
            if box.kind == "moof":
                if box.cut:
                    raise Damaged("a fragment's header is cut")
                moof.add(movie, box.read(read))
    except (Damaged, too_short):
        return Answer({}, complaints=(demuxer_line("error reading header"),), failure=INVALID, error=_INVALID_NUMBER)
    brands = next((box.read(read) for box in boxes if box.kind == "ftyp"), b"")
    streams = tuple(_stream(movie, index) for index in range(len(movie.tracks)))
    return Answer(_format(movie, brands, size if seekable else None, name), streams, tuple(complaints))


def _is_movie(boxes: list[Box], name: str) -> bool:
    """Whether the demuxer for MP4 feels responsible: by the first box, else by the file's name."""
    if boxes and boxes[0].kind in ("ftyp", "moov", "mdat", "free", "wide", "skip"):
        return True
    return name.lower().endswith(_EXTENSIONS)


# --- times ----------------------------------------------------------------------------------------------


def _edited(movie: Movie, track: Track) -> int:
    """How long a track is after its edit list, in its own time scale."""
    whole = track.duration or sum(count * length for count, length in track.steps)
    played = [length for length, start in track.edits if start >= 0 and length]
    if not played or movie.fragmented:
        return whole
    return min(whole, round(Fraction(sum(played) * track.timescale, movie.timescale)))


def _start(movie: Movie, track: Track) -> int:
    """When the first sample is shown, in the track's time scale."""
    pause = sum(length for length, start in track.edits if start < 0)
    skipped = next((start for _, start in track.edits if start >= 0), 0)
    shift = track.first_offset - skipped
    if skipped:
        shift = max(shift, 0)  # What lies before the edit is not shown.
    return shift + round(Fraction(pause * track.timescale, movie.timescale))


def _micros(movie: Movie) -> tuple[int | None, int | None]:
    """Start and length of the whole film in microseconds."""
    spans = [
        (Fraction(_start(movie, track), track.timescale), Fraction(_edited(movie, track), track.timescale))
        for track in movie.tracks
        if _edited(movie, track)
    ]
    if not spans:
        return None, None
    start = min(begin for begin, _ in spans)
    base = Fraction(0) if movie.fragmented else start
    end = max(begin + length for begin, length in spans)
    return round(start * _MICROS), round((end - base) * _MICROS)


def _seconds(value: int | None, scale: int) -> str | None:
    return None if value is None else f"{value / scale:.6f}"


def _ratio(over: int, under: int) -> str:
    common = gcd(over, under) or 1
    return f"{over // common}/{under // common}"


# --- sections -------------------------------------------------------------------------------------------


def _format(movie: Movie, brands: bytes, size: int | None, name: str) -> Fields:
    start, length = _micros(movie)
    tags: Fields = {}
    if brands:
        tags["major_brand"] = brands[:4].decode("latin-1")
        tags["minor_version"] = str(int.from_bytes(brands[4:8], "big"))
        tags["compatible_brands"] = brands[8:].decode("latin-1")
    if movie.created:
        tags["creation_time"] = _date(movie.created)
    tags.update(movie.tags)
    return {
        "filename": name,
        "nb_streams": len(movie.tracks),
        "nb_programs": 0,
        "format_name": _DEMUXER,
        "format_long_name": "QuickTime / MOV",
        "start_time": _seconds(start, _MICROS),
        "duration": _seconds(length, _MICROS),
        "size": None if size is None else str(size),
        "bit_rate": str(size * 8 * _MICROS // length) if length and size is not None else None,
        "probe_score": 100,
        "tags": tags,
    }


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def _stream(movie: Movie, index: int) -> Fields:
    track = movie.tracks[index]
    known = decoded(track.codec, track.config)
    fields: Fields = {
        "index": index,
        "codec_name": track.codec or None,
        "codec_long_name": LONG_NAMES.get(track.codec),
        "profile": known.get("profile"),
        "codec_type": track.kind,
        "codec_tag_string": track.tag,
        "codec_tag": f"0x{int.from_bytes(track.tag.encode('latin-1'), 'little'):04x}",
    }
    if track.kind == "video":
        fields.update(_picture(track, known))
    elif track.kind == "audio":
        fields.update(_sound(track, known))
    fields["id"] = f"0x{track.ident:x}"
    fields.update(_timing(movie, track))
    fields["extradata_size"] = _extradata_bytes(track) or None
    fields["disposition"] = dict.fromkeys(_DISPOSITIONS, 0) | {"default": int(track.enabled)}
    fields["tags"] = dict(_track_tags(track))
    if track.kind == "video" and _rotation(track.matrix):
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
    return {"opus": len(track.config) + 8, "vp9": 0}.get(track.codec, len(track.config))


def _picture(track: Track, known: Mapping[str, object]) -> Fields:
    fields: Fields = {
        "width": track.width,
        "height": track.height,
        "coded_width": track.width,
        "coded_height": track.height,
        "closed_captions": 0,
    }
    if track.aspect is not None:
        over, under = track.aspect
        fields["sample_aspect_ratio"] = _ratio(over, under).replace("/", ":")
        fields["display_aspect_ratio"] = _ratio(track.width * over, track.height * under).replace("/", ":")
    fields["pix_fmt"] = known.get("pix_fmt")
    if "level" in known:
        fields["level"] = known["level"]
    if track.codec == "h264" and len(track.config) > 4:
        fields["is_avc"] = "true"
        fields["nal_length_size"] = str((track.config[4] & 3) + 1)
    return fields


def _sound(track: Track, known: Mapping[str, object]) -> Fields:
    channels = known.get("channels") or track.channels
    return {
        "sample_fmt": known.get("sample_fmt"),
        "sample_rate": str(track.sample_rate),
        "channels": channels,
        "channel_layout": LAYOUTS.get(channels),  # type: ignore[call-overload]  # A number, whoever says it.
        "bits_per_sample": 0,
    }


def _timing(movie: Movie, track: Track) -> Fields:
    duration: int | None = _edited(movie, track) or None
    if movie.fragmented and track.kind == "audio" and duration is not None:
        # As the real one: the sound of a fragmented film is as long as the film.
        duration = round(Fraction((_micros(movie)[1] or 0) * track.timescale, _MICROS))
    whole = track.duration or sum(count * length for count, length in track.steps)
    start = _start(movie, track) if duration is not None else None
    rate = track.sample_bytes * 8 * track.timescale // whole if whole else track.bit_rate
    return {
        "r_frame_rate": _frame_rate(track) if track.kind == "video" else "0/0",
        "avg_frame_rate": _average_rate(track, whole) if track.kind == "video" else "0/0",
        "time_base": f"1/{track.timescale}",
        "start_pts": start,
        "start_time": _seconds(start, track.timescale),
        "duration_ts": duration,
        "duration": _seconds(duration, track.timescale),
        "bit_rate": str(rate) if rate else None,
        "nb_frames": str(track.samples) if track.samples and not movie.fragmented else None,
    }


def _frame_rate(track: Track) -> str:
    """The rate at which every frame of the film could be shown: that of its commonest step."""
    steps = [(count, length) for count, length in track.steps if length]
    return _ratio(track.timescale, max(steps)[1]) if steps else "0/0"


def _average_rate(track: Track, whole: int) -> str:
    return _ratio(track.samples * track.timescale, whole) if whole and track.samples else "0/0"


def _track_tags(track: Track) -> Iterator[tuple[str, str]]:
    if track.created:
        yield "creation_time", _date(track.created)
    if track.language:
        yield "language", track.language
    if track.handler_name:
        yield "handler_name", track.handler_name
    if track.kind in ("video", "audio"):
        yield "vendor_id", "[0][0][0][0]"
    if track.compressor:
        yield "encoder", track.compressor


# --- rotation ---------------------------------------------------------------------------------------------


def _rotation(matrix: tuple[int, ...]) -> int:
    """By how many degrees a player turns the picture, from the track's matrix."""
    if len(matrix) != 9:
        return 0
    across, down = hypot(matrix[0], matrix[3]), hypot(matrix[1], matrix[4])
    if not across or not down:
        return 0
    return round(-atan2(matrix[1] / down, matrix[0] / across) * 180 / pi)


def _matrix_text(matrix: tuple[int, ...]) -> str:
    rows = [f"{row:08x}: " + "".join(f"{value:>12}" for value in matrix[3 * row : 3 * row + 3]) for row in range(3)]
    return "\n" + "".join(f"{row}\n" for row in rows)
