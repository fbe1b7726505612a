"""Fragments: what each `moof` box adds to the tracks of a film that is written as it goes."""

from struct import unpack_from

from simulator.services.ffprobe.boxes import within
from simulator.services.ffprobe.movie import Movie, Track

_BASE, _DESCRIPTION, _STEP, _SIZE, _FLAGS = 0x1, 0x2, 0x8, 0x10, 0x20  # Flags of tfhd.
_OFFSET, _FIRST_FLAGS, _STEPS, _SIZES, _SAMPLE_FLAGS, _SHIFTS = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800  # Flags of trun.


def add(movie: Movie, moof: bytes) -> None:
    """Count the samples of one fragment."""
    for kind, traf in within(moof):
        if kind == "traf":
            _track_fragment(movie, traf)


def _track_fragment(movie: Movie, traf: bytes) -> None:
    track: Track | None = None
    step = size = 0
    for kind, body in within(traf):
        if kind == "tfhd":
            flags, ident = unpack_from(">II", body)
            track = next((track for track in movie.tracks if track.ident == ident), None)
            if track is None:
                return
            step, size = _defaults(track, flags & 0xFFFFFF, body)
        elif kind == "trun" and track is not None:
            _run(track, body, step, size)


def _defaults(track: Track, flags: int, tfhd: bytes) -> tuple[int, int]:
    """The length and size of samples for which the runs give none."""
    at = 8 + (8 if flags & _BASE else 0) + (4 if flags & _DESCRIPTION else 0)
    step, size = track.default_step, track.default_size
    if flags & _STEP:
        step, at = unpack_from(">I", tfhd, at)[0], at + 4
    if flags & _SIZE:
        size = unpack_from(">I", tfhd, at)[0]
    return step, size


def _run(track: Track, trun: bytes, step: int, size: int) -> None:
    word, count = unpack_from(">II", trun)
    flags = word & 0xFFFFFF
    at = 8 + (4 if flags & _OFFSET else 0) + (4 if flags & _FIRST_FLAGS else 0)
    names = [flag for flag in (_STEPS, _SIZES, _SAMPLE_FLAGS, _SHIFTS) if flags & flag]
    if not names:  # All samples are alike, and a damaged file may claim any number of them.
        track.steps.append((count, step))
        track.samples += count
        track.sample_bytes += count * size
        return
    for _ in range(count):
        values = dict(zip(names, unpack_from(f">{len(names)}I", trun, at), strict=True))
        at += 4 * len(names)
        if track.samples == 0:
            shift = values.get(_SHIFTS, 0)
            track.first_offset = shift - (1 << 32) if shift >> 31 else shift
        length = values.get(_STEPS, step)
        if track.steps and track.steps[-1][1] == length:
            track.steps[-1] = (track.steps[-1][0] + 1, length)
        else:
            track.steps.append((1, length))
        track.samples += 1
        track.sample_bytes += values.get(_SIZES, size)
