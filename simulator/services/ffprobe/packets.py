"""Packets: how far a prober reads into the data before it believes what the headers say.

It takes packets in the order of the file until each stream has shown itself. So it may meet the end of a file that is
cut off, and then says so; mostly it does not come that far.
"""

from dataclasses import dataclass, field
from typing import Final

from simulator.services.ffprobe.boxes import Read
from simulator.services.ffprobe.index import rescaled
from simulator.services.ffprobe.movie import Movie, Sample, Track
from simulator.services.ffprobe.reader import ADDRESS
from simulator.services.ffprobe.units import doubts

_MICROS: Final = 1_000_000
_BLOCK_BYTES: Final = 32_768
_READ_MAX_BYTES: Final = 5_000_000
_RATE_PACKETS: Final = 21
"""So many pictures are looked at where nothing says how many there are in a second."""

_SHOWN_BY_DECODING: Final = ("h264", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores", "mp3", "mp2", "ac3", "eac3", "")


@dataclass
class Look:
    """What reading packets has shown."""

    first: dict[int, Sample] = field(default_factory=dict)
    """By track, its first packet, if reading came to it."""
    whole: dict[int, int] = field(default_factory=dict)
    """By track, how many of its packets were read whole."""
    read: dict[int, int] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    """What decoders have said."""
    complaint: str = ""


class _Buffer:
    """The piece of the file that is in memory, which decides whether a step past the end is noticed."""

    def __init__(self, size: int) -> None:
        self.size, self.start, self.end = size, size, size

    def seek(self, to: int) -> bool:
        """Go somewhere; false when reading forward has met the end."""
        if self.end < to <= self.end + _BLOCK_BYTES:
            self.end = min(self.size, self.end + -(-(to - self.end) // _BLOCK_BYTES) * _BLOCK_BYTES)
            self.start = max(self.start, self.end - _BLOCK_BYTES)
            return to <= self.size
        if not self.start <= to <= self.end:
            self.start = self.end = to
        return True

    def take(self, at: int, count: int) -> int:
        """Read from where it is; how many bytes there were."""
        have = max(0, min(count, self.size - at))
        if at + have > self.end:
            blocks = -(-(at + have - self.end) // _BLOCK_BYTES)
            self.end = min(self.size, self.end + blocks * _BLOCK_BYTES)
            self.start = max(self.start, self.end - _BLOCK_BYTES)
        return have


def look(movie: Movie, read: Read, size: int) -> Look:
    """Read packets until every track is known, or none is left."""
    found, buffer, total = Look(), _Buffer(size), 0
    following = {track.index: 0 for track in movie.tracks}
    while total < _READ_MAX_BYTES and not all(_is_known(track, found) for track in movie.tracks):
        track = _next(movie.tracks, following)
        if track is None:
            break
        sample = track.places[following[track.index]]
        following[track.index] += 1
        if not buffer.seek(sample.position):
            found.complaint = f"stream {track.index}, offset 0x{sample.position:x}: partial file"
            break
        have = buffer.take(sample.position, sample.size)
        if not have:
            break
        total += have
        found.first.setdefault(track.index, sample)
        found.read[track.index] = found.read.get(track.index, 0) + 1
        if _is_sound(track, found, read, sample, have):
            found.whole[track.index] = found.whole.get(track.index, 0) + 1
    return found


def _is_sound(track: Track, found: Look, read: Read, sample: Sample, have: int) -> bool:
    """Whether a packet is of use to a decoder."""
    if track.codec == "h264":
        decoding = found.whole.get(track.index, 0) < 1
        said = doubts(track, read(sample.position, have), decoding=decoding)
        found.doubts += [f"[h264 @ {ADDRESS}] {line}" for line in said]
        return not said
    return have == sample.size


def _next(tracks: list[Track], following: dict[int, int]) -> Track | None:
    """Whose turn it is: the first in the file, among packets of about the same time."""
    best: Track | None = None
    best_time = best_position = 0
    for track in tracks:
        if following[track.index] >= len(track.places):
            continue
        sample = track.places[following[track.index]]
        time = rescaled(sample.decoded, _MICROS, max(track.timescale, 1))
        near = abs(best_time - time) <= _MICROS
        if best is None or (near and sample.position < best_position) or (not near and time < best_time):
            best, best_time, best_position = track, time, sample.position
    return best


def _is_known(track: Track, found: Look) -> bool:
    if track.kind not in ("video", "audio"):
        return track.kind == "data" or bool(track.codec)
    if track.codec in _SHOWN_BY_DECODING and not (track.codec and found.whole.get(track.index)):
        return False
    read = found.read.get(track.index, 0)
    if track.kind == "video" and not (track.step and track.rated_time):
        pictures = read if not track.steps else len(track.places)
        if pictures < _RATE_PACKETS:
            return False
    return read > 0
