"""Recipes: what each sample is and how ffmpeg makes it, or how it is cut from another.

Everything is drawn by ffmpeg itself (a test picture, a tone), so no sample belongs to anybody.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from struct import pack
from typing import Final, TypedDict, Unpack

from simulator.services.ffprobe.boxes import Box, walk

Options = dict[str, str | int]

BITEXACT: Final[Options] = {"fflags": "+bitexact", "flags:v": "+bitexact", "flags:a": "+bitexact", "threads": 1}
"""No names of encoders and no times in the file, and no race between threads: the same machine makes the same bytes."""

H264: Final[Options] = {"c:v": "libx264", "preset": "veryfast", "crf": 36, "g": 10}
H264_LONG: Final[Options] = H264 | {"crf": 38, "g": 25}
AAC: Final[Options] = {"c:a": "aac", "b:a": "32k"}
OPUS: Final[Options] = {"c:a": "libopus", "b:a": "24k"}
FRAGMENTS: Final[Options] = {"movflags": "frag_keyframe+empty_moov"}
SEED: Final = 20_260_101


@dataclass(frozen=True, kw_only=True)
class Film:
    """A film that ffmpeg makes: a test picture, tones, and what to do with them."""

    shows: str
    options: Options
    seconds: int = 1
    rate: str = "25"
    picture: str = "testsrc2"
    """The source of the picture; none for sound alone."""
    tones: tuple[int, ...] = (440,)
    """One sound track for each frequency."""
    of: str = ""
    """The sample whose tracks are copied, in place of new pictures and tones."""
    bitexact: bool = True


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What is left of another sample, or what never was a film."""

    shows: str
    of: str = ""
    made: Callable[[bytes], bytes] = field(repr=False)


class _More(TypedDict, total=False):
    """What a film may have besides; as in `Film`."""

    seconds: int
    rate: str
    picture: str
    tones: tuple[int, ...]
    of: str
    bitexact: bool


def _film(shows: str, *options: Options, **more: Unpack[_More]) -> Film:
    merged: Options = {}
    for some in options:
        merged |= some
    return Film(shows=shows, options=merged, **more)


FILMS: Final[Mapping[str, Film]] = {
    "h264_aac_plain": _film("moov behind the data, as ffmpeg writes it unasked", H264, AAC),
    "h264_aac_faststart": _film("moov in front", H264, AAC, {"movflags": "+faststart"}),
    "h264_aac_fragmented": _film("three fragments behind an empty moov; append-only", H264, AAC, FRAGMENTS),
    "h264_aac_fragmented_delay": _film(
        "fragments; moov is written with the first one and holds an edit list",
        H264,
        AAC,
        {"movflags": "frag_keyframe+delay_moov+default_base_moof"},
    ),
    "h264_aac_fragmented_sidx": _film(
        "fragments with one index in front",
        H264,
        AAC,
        {"movflags": "frag_keyframe+empty_moov+default_base_moof+global_sidx"},
    ),
    "h264_aac_fragmented_shifted": _film(
        "an index in front has moved the fragments, which still name their old places: exit 0 and complaints",
        H264,
        AAC,
        {"movflags": "frag_keyframe+empty_moov+global_sidx"},
    ),
    "h264_aac_plain_10s": _film("ten seconds", H264_LONG, AAC, seconds=10),
    "h264_aac_faststart_10s": _film(
        "ten seconds, moov in front", {"c": "copy", "movflags": "+faststart"}, of="h264_aac_plain_10s"
    ),
    "h264_aac_fragmented_10s": _film("ten seconds, ten fragments", {"c": "copy"}, FRAGMENTS, of="h264_aac_plain_10s"),
    "hevc_aac": _film(
        "H.265",
        {"c:v": "libx265", "tag:v": "hvc1", "preset": "ultrafast", "crf": 40},
        {"x265-params": "log-level=none:info=0"},
        AAC,
    ),
    "hevc_10bit": _film(
        "H.265 in 10 bits, parameter sets in the stream (hev1), no sound",
        {"c:v": "libx265", "tag:v": "hev1", "preset": "ultrafast", "crf": 40, "pix_fmt": "yuv420p10le"},
        {"x265-params": "log-level=none:info=0"},
        tones=(),
    ),
    "vp9_opus": _film("VP9 and Opus", {"c:v": "libvpx-vp9", "crf": 50, "b:v": 0}, OPUS),
    "av1_aac": _film("AV1", {"c:v": "libaom-av1", "cpu-used": 8, "crf": 50, "b:v": 0}, AAC),
    "mpeg4_aac": _film("MPEG-4 part 2", {"c:v": "mpeg4", "q:v": 20}, AAC),
    "mpeg4_mp3": _film("MPEG-4 part 2 and MP3, stereo", {"c:v": "mpeg4", "q:v": 20, "c:a": "libmp3lame", "ac": 2}),
    "h264_opus": _film("H.264 and Opus", H264, OPUS),
    "h264_silent": _film("no sound; baseline profile", H264, {"profile:v": "baseline"}, tones=()),
    "h264_444": _film("no sound; High 4:4:4, as ffmpeg makes of RGB pictures", H264, picture="testsrc", tones=()),
    "aac_only": _film("sound alone, stereo", AAC, {"ac": 2}, picture=""),
    "opus_only": _film("sound alone", OPUS, picture=""),
    "tagged": _film(
        "title and creation time, sound in German and English, 30000/1001 pictures a second",
        H264,
        AAC,
        {"bf": 0, "metadata:g:0": "title=Lobby", "metadata:g:1": "creation_time=2026-01-02T03:04:05Z"},
        {"metadata:s:a:0": "language=deu", "metadata:s:a:1": "language=eng", "metadata:s:v:0": "language=fra"},
        rate="30000/1001",
        tones=(440, 880),
        bitexact=False,  # Bit-exact films have no title.
    ),
    "rotated": _film("turned by 90 degrees", {"c": "copy", "metadata:s:v": "rotate=90"}, of="h264_silent"),
    "encoder_tags": _film("with the encoders' names, as ffmpeg writes them unasked", H264, AAC, bitexact=False),
}


# --- what is left of them -------------------------------------------------------------------------------------


def _boxes(film: bytes, kind: str) -> list[Box]:
    return [box for box in walk(lambda at, size: film[at : at + size], 0, len(film)) if box.kind == kind]


def _inside(film: bytes, kind: str, part: float, *, nth: int = 0) -> bytes:
    """A film that ends inside its nth box of a kind."""
    box = _boxes(film, kind)[nth]
    return film[: box.start + round((box.end - box.start) * part)]


def _before(film: bytes, kind: str) -> bytes:
    return film[: _boxes(film, kind)[0].start]


def _growing(film: bytes) -> bytes:
    """A plain film while it is written: the size of mdat is filled in at the end."""
    box = _boxes(film, "mdat")[0]
    return film[: box.start] + bytes(4) + film[box.start + 4 : (box.start + box.end) // 2]


def _after_moov(film: bytes, part: float) -> bytes:
    headers = _boxes(film, "moov")[0].end
    return film[: headers + round((len(film) - headers) * part)]


CUTS: Final[Mapping[str, Cut]] = {
    "truncated_plain": Cut(
        shows="a plain film cut before its moov", of="h264_aac_plain", made=lambda film: film[: len(film) // 2]
    ),
    "truncated_in_moov": Cut(
        shows="a plain film cut inside its moov", of="h264_aac_plain", made=lambda film: film[: len(film) * 99 // 100]
    ),
    "truncated_faststart": Cut(
        shows="half of a film with its moov in front: ffprobe finds nothing wrong",
        of="h264_aac_faststart",
        made=lambda film: film[: len(film) // 2],
    ),
    "truncated_faststart_5": Cut(
        shows="a film cut inside its first samples", of="h264_aac_faststart", made=lambda film: _after_moov(film, 0.05)
    ),
    "truncated_in_moof": Cut(
        shows="a fragmented film cut inside a fragment's header",
        of="h264_aac_fragmented",
        made=lambda film: _inside(film, "moof", 0.5, nth=1),
    ),
    "truncated_in_mdat": Cut(
        shows="a fragmented film cut inside a fragment's data",
        of="h264_aac_fragmented",
        made=lambda film: _inside(film, "mdat", 0.5, nth=1),
    ),
    "growing_plain": Cut(
        shows="a plain film while it is recorded: mdat has no size yet", of="h264_aac_plain", made=_growing
    ),
    "growing_fragmented": Cut(
        shows="a fragmented film before its first fragment",
        of="h264_aac_fragmented",
        made=lambda film: _before(film, "moof"),
    ),
    "ftyp_only": Cut(shows="the first box alone", of="h264_aac_plain", made=lambda film: _before(film, "free")),
    "four_bytes": Cut(shows="the size of a box that is not there", of="h264_aac_plain", made=lambda film: film[:4]),
    "empty": Cut(shows="nothing", made=lambda _: b""),
    "text": Cut(
        shows="a text that is called .mp4", made=lambda _: b"This is not a film, whatever its name says.\n" * 9
    ),
    "garbage": Cut(shows="4096 random bytes", made=lambda _: random.Random(SEED).randbytes(4096)),
    "zeros": Cut(shows="what a power cut leaves of a file that was grown and not written", made=lambda _: bytes(4096)),
    "foreign_boxes": Cut(
        shows="sound boxes of no known kind", made=lambda _: b"".join(pack(">I4s8x", 16, b"abcd") for _ in range(9))
    ),
}

SAMPLES: Final[Mapping[str, Film | Cut]] = {**FILMS, **CUTS}
