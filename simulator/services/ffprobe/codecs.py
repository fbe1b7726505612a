"""Codecs: what ffprobe calls what MP4 files name by four characters and numbers."""

from typing import Final

BY_TAG: Final = {
    "avc1": "h264",
    "avc3": "h264",
    "hvc1": "hevc",
    "hev1": "hevc",
    "vp08": "vp8",
    "vp09": "vp9",
    "av01": "av1",
    "mp4v": "mpeg4",
    "jpeg": "mjpeg",
    "apcn": "prores",
    "apch": "prores",
    "mp4a": "aac",
    "Opus": "opus",
    "ac-3": "ac3",
    "ec-3": "eac3",
    "fLaC": "flac",
    "alac": "alac",
    ".mp3": "mp3",
    "tx3g": "mov_text",
}

BY_OBJECT_TYPE: Final = {0x20: "mpeg4", 0x40: "aac", 0x66: "aac", 0x67: "aac", 0x68: "aac", 0x69: "mp3", 0x6B: "mp3"}
"""What an esds descriptor says more exactly than the tag: `mp4a` may be MP3."""

LONG_NAMES: Final = {
    "h264": "H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10",
    "hevc": "H.265 / HEVC (High Efficiency Video Coding)",
    "vp8": "On2 VP8",
    "vp9": "Google VP9",
    "av1": "Alliance for Open Media AV1",
    "mpeg4": "MPEG-4 part 2",
    "mjpeg": "Motion JPEG",
    "prores": "Apple ProRes (iCodec Pro)",
    "aac": "AAC (Advanced Audio Coding)",
    "opus": "Opus (Opus Interactive Audio Codec)",
    "ac3": "ATSC A/52A (AC-3)",
    "eac3": "ATSC A/52B (AC-3, E-AC-3)",
    "flac": "FLAC (Free Lossless Audio Codec)",
    "alac": "ALAC (Apple Lossless Audio Codec)",
    "mp3": "MP3 (MPEG audio layer 3)",
    "mov_text": "MOV text",
}

TYPES: Final = {"vide": "video", "soun": "audio", "sbtl": "subtitle", "subt": "subtitle", "text": "subtitle"}
CONFIGURATIONS: Final = ("avcC", "hvcC", "vpcC", "av1C", "esds", "dOps", "dfLa", "alac", "dac3", "dec3")
"""Boxes of a sample entry that configure the decoder."""

_H264: Final = {66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2"}
_H264_DEEP: Final = {110: "yuv420p10le", 122: "yuv422p"}
_HEVC: Final = {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Rext"}
_AAC: Final = {1: "Main", 2: "LC", 3: "SSR", 4: "LTP", 5: "HE-AAC", 29: "HE-AACv2"}
LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}


def decoded(codec: str, config: bytes) -> dict[str, object]:
    """What a decoder's configuration tells: profile, level, pixel format."""
    if codec == "h264" and len(config) > 4:
        number, constraints, level = config[1], config[2], config[3]
        name = "Constrained Baseline" if number == 66 and constraints & 0x40 else _H264.get(number)
        return {"profile": name, "pix_fmt": _H264_DEEP.get(number, "yuv420p"), "level": level}
    if codec == "hevc" and len(config) > 12:
        number = config[1] & 0x1F
        pixels = "yuv420p10le" if number == 2 else "yuv420p"
        return {"profile": _HEVC.get(number), "pix_fmt": pixels, "level": config[12]}
    if codec == "vp9" and len(config) > 4:
        return {"profile": f"Profile {config[4]}", "pix_fmt": "yuv420p", "level": -99}
    if codec == "aac" and len(config) > 1:
        channels = config[1] >> 3 & 0xF  # The sample entry says 2 whatever it is.
        return {"profile": _AAC.get(config[0] >> 3), "sample_fmt": "fltp", "channels": channels}
    if codec in ("opus", "ac3", "eac3", "mp3"):
        return {"sample_fmt": "fltp"}
    return {}
