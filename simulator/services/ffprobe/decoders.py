"""Decoders: what the first packets would show of a stream, as far as the decoder's configuration says it as well.

Coded pictures and sounds are not looked at. Where the first packet of a stream is not there in full, a decoder has
shown nothing, and these fields are missing.
"""

from collections.abc import Callable, Mapping
from typing import Final

from simulator.services.ffprobe import parameters
from simulator.services.ffprobe.codecs import audio_profile
from simulator.services.ffprobe.movie import Track

Said = dict[str, object]

_H264: Final = {
    66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2",
    244: "High 4:4:4 Predictive",
}  # fmt: skip
_HEVC: Final = {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Rext"}
_AV1: Final = {0: "Main", 1: "High", 2: "Professional"}
_MPEG4: Final = {0: "Simple Profile", 1: "Simple Scalable Profile", 2: "Core Profile", 3: "Main Profile"} | {
    15: "Advanced Simple Profile"
}
_CHROMA: Final = {0: "gray", 1: "yuv420p", 2: "yuv422p", 3: "yuv444p"}
_PLANAR: Final = ("aac", "opus", "ac3", "eac3", "mp3")
_NO_LEVEL: Final = -99


def decoded(track: Track, *, whole: bool) -> Mapping[str, object]:
    """Fields that a decoder fills in, once it has had a whole packet."""
    if track.kind == "audio":
        said: Said = {"sample_fmt": "fltp"} if track.codec in _PLANAR else {}
        if track.codec == "aac" and whole:
            said["profile"] = audio_profile(track.config)
        return said
    if track.kind != "video":
        return {}
    unseen: Said = {"level": _NO_LEVEL, "has_b_frames": 0}
    if track.codec:
        unseen["refs"] = 1
    tell = _TELLERS.get(track.codec)
    shown = tell(track.config) if tell else {}
    if whole or track.codec == "hevc":  # H.265's decoder knows all from its configuration.
        return unseen | shown
    if track.codec == "h264" and track.shifts and track.places:  # Seen from the times, without a decoder.
        unseen["has_b_frames"] = shown.get("has_b_frames", 0)
    return unseen


def _pixels(chroma: int, depth: int) -> str:
    name = _CHROMA.get(chroma, "yuv420p")
    return name if depth == 8 else f"{name}{depth}le"


def _h264(config: bytes) -> Said:
    if len(config) < 5:
        return {}
    number, constraints = config[1], config[2]
    name = "Constrained Baseline" if number == 66 and constraints & 0x40 else _H264.get(number)
    said: Said = {"profile": name, "level": config[3], "chroma_location": "left"}
    found = parameters.of_h264(config)
    if found is None:
        return said | {"pix_fmt": "yuv420p"}
    said |= {"pix_fmt": _pixels(found.chroma, found.depth), "bits_per_raw_sample": str(found.depth)}
    said |= {"width": found.cropped_width, "height": found.cropped_height}
    if found.progressive:
        said["field_order"] = "progressive"
    if found.reordered is not None:
        said["has_b_frames"] = found.reordered
    if found.full_range is not None:
        said["color_range"] = "pc" if found.full_range else "tv"
    return said


def _hevc(config: bytes) -> Said:
    if len(config) < 13:
        return {}
    said: Said = {"profile": _HEVC.get(config[1] & 0x1F), "level": config[12], "pix_fmt": "yuv420p"}
    found = parameters.of_h265(config)
    if found is None:
        return said
    said |= {"pix_fmt": _pixels(found.chroma, found.depth), "has_b_frames": found.reordered}
    said |= {"width": found.cropped_width, "height": found.cropped_height}
    said |= {"coded_width": found.width, "coded_height": found.height}
    return said | {"color_range": "tv", "chroma_location": "left", "field_order": "progressive"}


def _vp9(config: bytes) -> Said:
    if len(config) < 7:
        return {"has_b_frames": 0, "color_range": "tv", "field_order": "progressive"}
    depth, chroma = config[6] >> 4, config[6] >> 1 & 7
    return {
        "profile": f"Profile {config[4]}",
        "pix_fmt": _pixels({0: 1, 1: 1, 2: 2, 3: 3}.get(chroma, 1), depth or 8),
        "color_range": "pc" if config[6] & 1 else "tv",
        "field_order": "progressive",
        "has_b_frames": 0,
    }


def _av1(config: bytes) -> Said:
    if len(config) < 4:
        return {}
    depth = 8 if not config[2] & 0x40 else 12 if config[2] & 0x20 else 10
    chroma = {0: 3, 2: 2, 3: 1}.get(config[2] >> 2 & 3, 1)
    return {
        "profile": _AV1.get(config[1] >> 5),
        "level": config[1] & 0x1F,
        "pix_fmt": _pixels(0 if config[2] & 0x10 else chroma, depth),
        "color_range": "tv",
        "field_order": "progressive",
        "has_b_frames": 0,
    }


def _mpeg4(config: bytes) -> Said:
    said: Said = {"pix_fmt": "yuv420p", "chroma_location": "left", "quarter_sample": "false", "divx_packed": "false"}
    number = parameters.mpeg4_profile(config)
    if number is not None:
        said |= {"profile": _MPEG4.get(number >> 4), "level": number & 15}
    found = parameters.of_mpeg4(config)
    if found is not None:
        said |= {"width": found.width, "height": found.height, "has_b_frames": found.reordered}
    return said


_TELLERS: Final[Mapping[str, Callable[[bytes], Said]]] = {
    "h264": _h264,
    "hevc": _hevc,
    "vp9": _vp9,
    "av1": _av1,
    "mpeg4": _mpeg4,
}
