"""Units: whether a packet of H.264 is what its own length fields say, and in what words a decoder doubts it."""

from collections.abc import Iterator

from simulator.services.ffprobe.movie import Track

_SLICES = (1, 2, 5)


def doubts(track: Track, packet: bytes, *, decoding: bool) -> list[str]:
    """What a parser, and a decoder if one is at work, say of a packet; nothing of a good one."""
    if track.codec != "h264" or len(track.config) < 5 or track.config[0] != 1:
        return []
    width = (track.config[4] & 3) + 1
    said = []
    if wrong := _wrong(packet, width, to_the_picture=True):
        said += [wrong, f"missing picture in access unit with size {len(packet)}"]
    if decoding and (wrong := _wrong(packet, width, to_the_picture=False)):
        said += [wrong, "Error splitting the input into NAL units."]
    return said


def _wrong(packet: bytes, width: int, *, to_the_picture: bool) -> str:
    """The first length that cannot be; a parser stops looking at the picture."""
    for length, left, kind in _lengths(packet, width):
        if not 0 < length <= left:
            return f"Invalid NAL unit size ({length} > {left})."
        if to_the_picture and kind in _SLICES:
            break
    return ""


def _lengths(packet: bytes, width: int) -> Iterator[tuple[int, int, int]]:
    """Each unit's length, how many bytes are left for it, and its kind."""
    at = 0
    while at < len(packet) - width:
        length = int.from_bytes(packet[at : at + width])
        length = length - (1 << 32) if length >> 31 else length
        at += width
        yield length, len(packet) - at, packet[at] & 0x1F
        at += max(length, 0)
