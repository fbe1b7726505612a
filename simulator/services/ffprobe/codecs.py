"""Codecs: what ffprobe calls what MP4 files name by four characters and numbers."""

from typing import Final

_VIDEO: Final = {
    "avc1": "h264", "avc2": "h264", "avc3": "h264", "avc4": "h264", "hvc1": "hevc", "hev1": "hevc", "vp08": "vp8",
    "vp09": "vp9", "av01": "av1", "mp4v": "mpeg4", "jpeg": "mjpeg", "apcn": "prores", "apch": "prores",
    "apcs": "prores", "apco": "prores", "ap4h": "prores", "ap4x": "prores", "mp4s": "",
}  # fmt: skip
_AUDIO: Final = {
    "mp4a": "aac", "Opus": "opus", "ac-3": "ac3", "ec-3": "eac3", "fLaC": "flac", "alac": "alac", ".mp3": "mp3",
    "sowt": "pcm_s16le", "twos": "pcm_s16be",
}  # fmt: skip
_SUBTITLE: Final = {"tx3g": "mov_text", "text": "mov_text"}

BY_TAG: Final = {
    tag: (codec, kind)
    for kind, table in (("video", _VIDEO), ("audio", _AUDIO), ("subtitle", _SUBTITLE))
    for tag, codec in table.items()
}
"""The codec of a sample entry by its name, and the kind of track that it makes."""

BY_OBJECT_TYPE: Final = {
    0x08: "mov_text", 0x20: "mpeg4", 0x21: "h264", 0x23: "hevc", 0x40: "aac", 0x66: "aac", 0x67: "aac", 0x68: "aac",
    0x69: "mp3", 0x6B: "mp3", 0x6C: "mjpeg", 0xA5: "ac3", 0xA6: "eac3", 0xAD: "opus", 0xB1: "vp9",
}  # fmt: skip
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
    "pcm_s16le": "PCM signed 16-bit little-endian",
    "pcm_s16be": "PCM signed 16-bit big-endian",
}

LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
_RATES: Final = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_CHANNELS: Final = (0, 1, 2, 3, 4, 5, 6, 8)
_AAC: Final = {1: "Main", 2: "LC", 3: "SSR", 4: "LTP", 5: "HE-AAC", 29: "HE-AACv2"}
_BY_AUDIO_TYPE: Final = {1: "aac", 2: "aac", 3: "aac", 4: "aac", 5: "aac", 29: "aac", 32: "mp1", 33: "mp2", 34: "mp3"}


def four_letters(raw: str) -> str:
    """A box's name in print; what no name should hold is given as a number."""
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_. ") else f"[{ord(sign)}]" for sign in raw)


def audio_config(config: bytes) -> tuple[str, int, int] | None:
    """Codec, rate and channels of an MPEG-4 audio configuration; None when it says nothing sensible."""
    bits = int.from_bytes(config[:16].ljust(16, b"\0"))
    position = 0

    def take(count: int) -> int:
        nonlocal position
        position += count
        return bits >> 128 - position & (1 << count) - 1

    kind = take(5)
    if kind == 31:
        kind = 32 + take(6)
    place = take(4)
    rate = take(24) if place == 15 else _RATES[place] if place < len(_RATES) else 0
    channels = take(4)
    if channels >= len(_CHANNELS):
        return None
    if kind in (5, 29):
        again = take(4)
        rate = take(24) if again == 15 else _RATES[again] if again < len(_RATES) else 0
    return _BY_AUDIO_TYPE.get(kind, "aac"), rate, _CHANNELS[channels]


def audio_profile(config: bytes) -> str | None:
    return _AAC.get(config[0] >> 3) if config else None
