"""Fragments: what each `moof` box adds to the tracks of a film that is written as it goes."""

from collections.abc import Mapping
from struct import iter_unpack
from typing import Final

from simulator.services.ffprobe.index import rescaled
from simulator.services.ffprobe.movie import INDEX_MAX, Defaults, Fragment, Sample, Track
from simulator.services.ffprobe.reader import END_OF_FILE, NO_MEMORY, PATCH_WELCOME, Damaged
from simulator.services.ffprobe.tables import shift_decoding
from simulator.services.ffprobe.walker import Parser, Walker

_BASE, _DESCRIPTION, _STEP, _SIZE, _FLAGS, _MOOF_IS_BASE = 0x1, 0x2, 0x8, 0x10, 0x20, 0x20000  # Flags of tfhd.
_OFFSET, _FIRST_FLAGS, _STEPS, _SIZES, _SAMPLE_FLAGS, _SHIFTS = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800  # Flags of trun.
_ENTRY_BYTES: Final = 24
_ALIKE_MAX: Final = ((1 << 31) - 1) // _ENTRY_BYTES


def _trex(walker: Walker, kind: str, size: int) -> None:
    reader = walker.reader
    reader.number(4)
    ident, description, step, of_bytes, _ = (reader.number(4) for _ in range(5))
    walker.movie.duration = None  # What the film's header says is not the whole.
    walker.movie.defaults.append(Defaults(ident, description, step, of_bytes))


def _moof(walker: Walker, kind: str, size: int) -> None:
    movie, fragment = walker.movie, walker.movie.fragment
    fragment.found = False  # The fragment's; a track's part without a header goes on with the part before.
    fragment.start = fragment.implicit = walker.reader.at - 8
    fragment.times, fragment.after = movie.fragment_times.setdefault(fragment.start, {}), {}
    walker.inside("moof", size)


def _tfhd(walker: Walker, kind: str, size: int) -> None:
    reader, movie, fragment = walker.reader, walker.movie, walker.movie.fragment
    reader.number(1)
    flags, ident = reader.number(3), reader.number(4)
    if not ident:
        raise Damaged
    usual = next((found for found in movie.defaults if found.ident == ident), None)
    if usual is None:
        return
    fragment.found, fragment.ident = True, ident
    if flags & _BASE:
        fragment.base = reader.number(8)
    else:
        fragment.base = fragment.start if flags & _MOOF_IS_BASE else fragment.implicit
    fragment.description = reader.number(4) if flags & _DESCRIPTION else usual.description
    fragment.step = reader.number(4) if flags & _STEP else usual.step
    fragment.size = reader.number(4) if flags & _SIZE else usual.size
    fragment.after.pop(ident, None)


def _described(walker: Walker) -> Track | None:
    """The track of the fragment, if it follows the description that the fragment is coded by."""
    fragment = walker.movie.fragment
    track = walker.movie.by_ident(fragment.ident)
    if track is None or (track.entry + 1 != fragment.description and track.entry != -1):
        return None
    return track


def _tfdt(walker: Walker, kind: str, size: int) -> None:
    reader, fragment = walker.reader, walker.movie.fragment
    track = _described(walker)
    if track is None:
        return
    version = reader.number(1)
    reader.number(3)
    track.end = reader.signed(8) if version else reader.number(4)
    fragment.times[fragment.ident] = track.end


def _trun(walker: Walker, kind: str, size: int) -> None:
    reader, fragment = walker.reader, walker.movie.fragment
    if not fragment.found:
        walker.say("trun track id unknown, no tfhd was found")
        raise Damaged
    track = _described(walker)
    if track is None:
        return
    reader.number(1)
    flags, count = reader.number(3), reader.number(4)
    if count >= 0xFFFFFFFF // 8:
        raise Damaged
    offset = reader.signed(4) if flags & _OFFSET else 0
    if flags & _FIRST_FLAGS:
        reader.number(4)
    start = _start(fragment, track) - track.edit_offset
    if not count:
        return
    if (track.indexed + count) * _ENTRY_BYTES > (1 << 31) - 1:
        raise Damaged(NO_MEMORY)
    _samples(walker, track, flags, count, fragment.base + offset, start)


def _start(fragment: Fragment, track: Track) -> int:
    """When a run begins: after the run before it, or when the fragment says, or where the track has ended."""
    ident = fragment.ident
    return fragment.after.get(ident, fragment.times.get(ident, track.end))


def _samples(walker: Walker, track: Track, flags: int, count: int, offset: int, dts: int) -> None:
    """The samples of one run; only the places of the first few are kept."""
    reader, fragment = walker.reader, walker.movie.fragment
    names = [flag for flag in (_STEPS, _SIZES, _SAMPLE_FLAGS, _SHIFTS) if flags & flag]
    width = 4 * len(names)
    if not width:
        offset, dts = _alike(track, count, offset, dts, fragment.step, fragment.size)
        cut = False
    else:
        if reader.ended:
            raise Damaged(END_OF_FILE)
        raw = reader.piece(count * width)
        cut = len(raw) < count * width
        if cut:
            raw += bytes(width - len(raw) % width)
        fields = [names.index(flag) if flag in names else -1 for flag in (_STEPS, _SIZES, _SHIFTS)]
        for row in iter_unpack(f">{len(names)}I", raw):
            step = row[fields[0]] if fields[0] >= 0 else fragment.step
            of_bytes = row[fields[1]] if fields[1] >= 0 else fragment.size
            shift = row[fields[2]] if fields[2] >= 0 else 0
            offset, dts = _sample(track, offset, dts, step, of_bytes, shift - (1 << 32) if shift >> 31 else shift)
    fragment.after[fragment.ident] = dts + track.edit_offset
    if cut:
        raise Damaged(END_OF_FILE)
    fragment.implicit = offset
    track.end = dts + track.edit_offset
    if track.duration is None or track.duration < track.end:
        track.duration = track.end


def _alike(track: Track, count: int, offset: int, dts: int, step: int, of_bytes: int) -> tuple[int, int]:
    """Samples that are all as the defaults say, of which a damaged file may claim any number."""
    few = min(count, INDEX_MAX)
    for _ in range(few):
        offset, dts = _sample(track, offset, dts, step, of_bytes, 0)
    rest = count - few
    track.indexed += rest
    track.data_bytes += rest * of_bytes
    track.rated_time += rest * step
    track.rated_frames += rest
    return offset + rest * of_bytes, dts + rest * step


def _sample(track: Track, offset: int, dts: int, step: int, of_bytes: int, shift: int) -> tuple[int, int]:
    shift_decoding(track, shift)
    if len(track.places) < INDEX_MAX:
        track.places.append(Sample(offset, of_bytes, dts, shift))
    track.indexed += 1
    if not of_bytes or not -(1 << 63) <= dts + step < 1 << 63:
        raise Damaged
    track.data_bytes += of_bytes
    track.rated_time += step
    track.rated_frames += 1
    return offset + of_bytes, dts + step


def _sidx(walker: Walker, kind: str, size: int) -> None:
    """An index of fragments; when it reaches the end of the file, no fragment after the first is looked at."""
    reader, movie = walker.reader, walker.movie
    end = reader.at + size
    version = reader.number(1)
    if version > 1:
        return
    reader.number(3)
    ident = reader.number(4)
    track = movie.by_ident(ident)
    if track is None:
        return
    scale = reader.signed(4)
    if scale <= 0:
        walker.say(f"Invalid sidx timescale 1/{scale}")
        raise Damaged
    width = 8 if version else 4
    time, offset = reader.signed(width), end + reader.number(width)
    reader.number(2)
    count = reader.number(2)
    if not count:
        raise Damaged
    for _ in range(count):
        length, duration = reader.number(4), reader.number(4)
        if length >> 31:
            raise Damaged(PATCH_WELCOME)
        reader.number(4)
        movie.fragment_times.setdefault(offset, {})[ident] = rescaled(time, track.timescale, scale)
        offset, time = offset + length, time + duration
    track.duration = track.end = time
    track.has_sidx = True
    if _reaches_the_end(walker, offset):
        movie.complete_index = True
        for other in movie.tracks:
            if not other.has_sidx:
                other.duration = other.end = rescaled(time, other.timescale, track.timescale)


def _reaches_the_end(walker: Walker, offset: int) -> bool:
    """Whether nothing follows, or only the index that may close a fragmented film."""
    reader = walker.reader
    if offset == reader.size:
        return True
    here = reader.at
    reader.seek(reader.size - 4)
    closing = reader.number(4)
    reader.seek(here)
    return offset == reader.size - closing


PARSERS: Final[Mapping[str, Parser]] = {
    "trex": _trex,
    "moof": _moof,
    "tfhd": _tfhd,
    "tfdt": _tfdt,
    "trun": _trun,
    "sidx": _sidx,
}
