"""Parameters: what the parameter sets of H.264, H.265 and MPEG-4 say of the pictures, as far as ffprobe tells it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulator.services.ffprobe.bits import Bits, unescaped

_WITH_CHROMA: Final = (100, 110, 122, 244, 44, 83, 86, 118, 128)
_SPS_OF_H265: Final = 33
_ANY_ASPECT_OF_H264: Final = 255
_ANY_ASPECT_OF_MPEG4: Final = 15
_VIDEO_OBJECT_LAYER: Final = range(0x120, 0x130)


@dataclass
class Pictures:
    """What a parameter set says; None is what it leaves open."""

    chroma: int = 1
    depth: int = 8
    width: int = 0
    height: int = 0
    cropped_width: int = 0
    cropped_height: int = 0
    reordered: int | None = None
    full_range: bool | None = None
    progressive: bool = True


def of_h264(config: bytes) -> Pictures | None:
    """The first sequence parameter set of an avcC box."""
    if len(config) < 9 or not config[5] & 0x1F:
        return None
    size = int.from_bytes(config[6:8])
    bits = Bits(unescaped(config[9 : 8 + size]))
    found = Pictures()
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    if profile in _WITH_CHROMA:
        _h264_chroma(bits, found)
    bits.golomb()
    _h264_order(bits)
    bits.golomb()
    bits.take(1)
    found.width = 16 * (bits.golomb() + 1)
    rows = bits.golomb() + 1
    found.progressive = bits.flag()
    found.height = 16 * rows * (1 if found.progressive else 2)
    if not found.progressive:
        bits.take(1)
    bits.take(1)
    _crop(bits, found, 1 if found.progressive else 2)
    if bits.flag():
        _h264_usability(bits, found)
    if found.reordered is None and profile == 66:
        found.reordered = 0
    return found if bits.left >= 0 else None


def _h264_chroma(bits: Bits, found: Pictures) -> None:
    found.chroma = bits.golomb()
    if found.chroma == 3:
        bits.take(1)
    found.depth = 8 + bits.golomb()
    bits.golomb()
    bits.take(1)
    if bits.flag():
        for nth in range(12 if found.chroma == 3 else 8):
            if bits.flag():
                _scaling_list(bits, 16 if nth < 6 else 64)


def _scaling_list(bits: Bits, count: int) -> None:
    last = following = 8
    for _ in range(count):
        if following:
            following = (last + bits.signed_golomb()) % 256
        last = following or last


def _h264_order(bits: Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take(1)
        bits.golomb()
        bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()


def _crop(bits: Bits, found: Pictures, field_rows: int) -> None:
    found.cropped_width, found.cropped_height = found.width, found.height
    if not bits.flag():
        return
    across = 2 if found.chroma in (1, 2) else 1
    down = (2 if found.chroma == 1 else 1) * field_rows
    left, right, top, bottom = (bits.golomb() for _ in range(4))
    found.cropped_width -= across * (left + right)
    found.cropped_height -= down * (top + bottom)


def _h264_usability(bits: Bits, found: Pictures) -> None:
    """How the pictures are meant to be shown, and how far they are reordered."""
    if bits.flag() and bits.take(8) == _ANY_ASPECT_OF_H264:
        bits.take(32)
    if bits.flag():
        bits.take(1)
    if bits.flag():
        bits.take(3)
        found.full_range = bits.flag()
        if bits.flag():
            bits.take(24)
    if bits.flag():
        bits.golomb()
        bits.golomb()
    if bits.flag():
        bits.take(65)
    rates = [bits.flag() and _buffer_model(bits) for _ in range(2)]
    if any(rates):
        bits.take(1)
    bits.take(1)
    if bits.flag():
        bits.take(1)
        for _ in range(4):
            bits.golomb()
        found.reordered = bits.golomb()


def _buffer_model(bits: Bits) -> bool:
    count = bits.golomb() + 1
    bits.take(8)
    for _ in range(min(count, 32)):
        bits.golomb()
        bits.golomb()
        bits.take(1)
    bits.take(20)
    return True


# --- H.265 ------------------------------------------------------------------------------------------------


def of_h265(config: bytes) -> Pictures | None:
    """The first sequence parameter set of an hvcC box."""
    unit = next((unit for kind, unit in _units(config) if kind == _SPS_OF_H265), None)
    if unit is None:
        return None
    bits, found = Bits(unescaped(unit[2:])), Pictures()
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 88 + 8)
    flags = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in flags:
        bits.take(88 * profile + 8 * level)
    bits.golomb()
    found.chroma = bits.golomb()
    if found.chroma == 3:
        bits.take(1)
    found.width, found.height = bits.golomb(), bits.golomb()
    _crop(bits, found, 1)
    found.depth = 8 + bits.golomb()
    bits.golomb()
    bits.golomb()
    for _ in range(layers + 1 if bits.flag() else 1):
        bits.golomb()
        found.reordered = bits.golomb()
        bits.golomb()
    return found if bits.left >= 0 else None


def _units(config: bytes) -> Iterator[tuple[int, bytes]]:
    """The parameter sets of an hvcC box, each with its kind."""
    if len(config) < 23:
        return
    at = 23
    for _ in range(config[22]):
        head = config[at : at + 3]
        if len(head) < 3:
            return
        at += 3
        for _ in range(int.from_bytes(head[1:])):
            size = int.from_bytes(config[at : at + 2])
            yield head[0] & 0x3F, config[at + 2 : at + 2 + size]
            at += 2 + size


# --- MPEG-4 -----------------------------------------------------------------------------------------------


def of_mpeg4(config: bytes) -> Pictures | None:
    """The video object layer of a decoder's configuration."""
    parts = config.split(b"\0\0\1")
    layer = next((part[1:] for part in parts[1:] if part and 0x100 + part[0] in _VIDEO_OBJECT_LAYER), None)
    if layer is None:
        return None
    bits, found = Bits(layer), Pictures(reordered=0)
    bits.take(9)
    if bits.flag():
        bits.take(7)
    if bits.take(4) == _ANY_ASPECT_OF_MPEG4:
        bits.take(16)
    if bits.flag():
        bits.take(2)
        found.reordered = 0 if bits.flag() else 1
        if bits.flag():
            bits.take(79)
    bits.take(3)
    ticks = bits.take(16)
    bits.take(1)
    if bits.flag():
        bits.take(max(1, (ticks - 1).bit_length()))
    bits.take(1)
    found.width = bits.take(13)
    bits.take(1)
    found.height = bits.take(13)
    return found if bits.left >= 0 else None


def mpeg4_profile(config: bytes) -> int | None:
    """Profile and level of a visual object sequence, in one number."""
    found = config.find(b"\0\0\1\xb0")
    return config[found + 4] if found >= 0 and len(config) > found + 4 else None
