"""Tables: the boxes that say of a track's samples how long they are, how large, and where."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from struct import iter_unpack, unpack
from typing import Final

from simulator.services.ffprobe.movie import Track
from simulator.services.ffprobe.reader import ALLOCATION_MAX_BYTES, END_OF_FILE, NO_MEMORY, Damaged
from simulator.services.ffprobe.walker import Parser, Walker

_STEP_MAX: Final = 0xFFFFFFFF - 48_000 * 10
"""A longer step is believed to be a negative one."""

_SIZES_MAX: Final = ((1 << 31) - 1 - 4 - 8 * 64) // 32
_TOTAL_MAX: Final = 1 << 31


def _track(walker: Walker) -> Track | None:
    """The track that a table belongs to, when there is one; version and flags are passed over."""
    track = walker.movie.track
    if track is not None:
        walker.reader.number(4)
    return track


def _rows(walker: Walker, layout: str, width: int, count: int, *, of_bytes: int) -> Iterator[tuple[int, ...]]:
    """As many rows of a table as the file has; a table that is cut off is an error after its rows."""
    if count * of_bytes > ALLOCATION_MAX_BYTES:
        raise Damaged(NO_MEMORY)
    raw = walker.reader.piece(count * width)
    yield from iter_unpack(layout, raw[: len(raw) // width * width])
    if len(raw) < count * width:
        raise Damaged(END_OF_FILE)


def _stts(walker: Walker, kind: str, size: int) -> None:
    track = _track(walker)
    if track is None:
        return
    count = walker.reader.number(4)
    if count >= ((1 << 31) - 1) // 8:
        raise Damaged(NO_MEMORY)
    track.steps = []
    total = samples = decoded = corrected = 0
    for of_run, step in _rows(walker, ">II", 8, count, of_bytes=0):
        if step > _STEP_MAX:
            corrected += (step - (1 << 32) if step >> 31 else 1) * of_run
            step = 1
        else:
            corrected += step * of_run & 0xFFFFFFFF
        decoded += step * of_run & 0xFFFFFFFF
        if decoded > corrected:
            drift = (decoded - corrected) // max(of_run, 1)
            less = drift if step > drift else step - 1
            decoded -= less * of_run & 0xFFFFFFFF
            step -= less
        track.steps.append((of_run, step))
        total += step * of_run
        samples += of_run
    if walker.reader.ended:
        raise Damaged(END_OF_FILE)
    if total > 0 and samples < _TOTAL_MAX:
        track.rated_time += total
        track.rated_frames += samples
    track.frames = samples
    if total:
        track.duration = track.duration if track.duration is None else min(track.duration, total)
    track.end = total


def _ctts(walker: Walker, kind: str, size: int) -> None:
    track = _track(walker)
    if track is None:
        return
    count = walker.reader.number(4)
    if not count:
        return
    shifts: list[tuple[int, int]] = []
    track.shifts = []
    for at, (of_run, shift) in enumerate(_rows(walker, ">ii", 8, count, of_bytes=8)):
        if of_run <= 0:
            continue
        shifts.append((of_run, shift))
        if abs(shift) > 1 << 28 and at + 2 < count:
            return
        if at + 2 < count:
            shift_decoding(track, shift)
    track.shifts = shifts


def shift_decoding(track: Track, shift: int) -> None:
    """Samples that are shown before they are decoded make everything be decoded earlier."""
    if shift < 0:
        track.decode_shift = max(track.decode_shift, min(-shift, (1 << 31) - 1))


def _stsc(walker: Walker, kind: str, size: int) -> None:
    track = _track(walker)
    if track is None:
        return
    count = walker.reader.number(4)
    if count * 12 + 4 > size:
        raise Damaged
    if not count or track.runs:
        return
    cut = None
    rows: list[tuple[int, ...]] = []
    try:
        rows.extend(_rows(walker, ">iii", 12, count, of_bytes=12))
    except Damaged as damage:
        cut = damage
    track.runs = _mended([(first, many, entry) for first, many, entry in rows])
    if cut is not None:
        raise cut


def _mended(runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Chunks must be numbered upwards; what is not takes after its successor, as in the real one."""
    at = len(runs) - 1
    while at >= 0:
        first, many, entry = runs[at]
        last = at + 1 >= len(runs)
        wrong = (
            (not last and first >= runs[at + 1][0])
            or (at > 0 and first <= runs[at - 1][0])
            or first < at + 1
            or many < 1
            or entry < 1
        )
        if wrong and last:
            if many == 0 and at > 0:
                runs.pop()
                at -= 1
                continue
            first = max(first, at + 1)
            if at > 0 and first <= runs[at - 1][0]:
                first = min(runs[at - 1][0] + 1, (1 << 31) - 1)
            runs[at] = (first, max(many, 1), max(entry, 1))
        elif wrong:
            follower = runs[at + 1]
            runs[at] = (follower[0] - 1, follower[1], follower[2])
        at -= 1
    return runs


def _stsz(walker: Walker, kind: str, size: int) -> None:
    reader, track = walker.reader, _track(walker)
    if track is None:
        return
    bits = 32
    if kind == "stsz":
        track.one_size = reader.number(4)
    else:
        track.one_size, bits = 0, reader.number(4) & 0xFF
    track.samples = reader.number(4)
    if track.one_size:
        return
    if bits not in (4, 8, 16, 32):
        walker.say(f"Invalid sample field size {bits}")
        raise Damaged
    if not track.samples:
        return
    if track.samples >= _SIZES_MAX * 32 // bits:
        raise Damaged
    count, track.samples = track.samples, 0
    raw = reader.piece((count * bits + 4) // 8)
    if len(raw) < (count * bits + 4) // 8:
        return  # A table that is cut off is as good as none, and no error yet.
    sizes = _numbers(raw, bits, count)
    if bits == 32 and max(sizes) >> 31:
        wrong = next(found for found in sizes if found >> 31)
        walker.say(f"Invalid sample size {wrong - (1 << 32)}")
        raise Damaged
    track.sizes, track.samples = sizes, count
    track.data_bytes += sum(sizes)


def _numbers(raw: bytes, bits: int, count: int) -> tuple[int, ...]:
    if bits == 4:
        return tuple(half for byte in raw for half in (byte >> 4, byte & 15))[:count]
    return unpack(f">{count}{ {8: 'B', 16: 'H', 32: 'I'}[bits] }", raw[: count * bits // 8])


def _stco(walker: Walker, kind: str, size: int) -> None:
    if not walker.movie.in_track:
        return
    track = _track(walker)
    assert track is not None, "within a track there is one"
    count = walker.reader.number(4)
    if not count or track.chunks:
        return
    layout, width = (">I", 4) if kind == "stco" else (">q", 8)
    chunks: list[int] = []
    try:
        for (offset,) in _rows(walker, layout, width, count, of_bytes=8):
            chunks.append(max(offset, 0))
    finally:
        track.chunks = tuple(chunks)


def _stss(walker: Walker, kind: str, size: int) -> None:
    if _track(walker) is None:
        return
    count = walker.reader.number(4)
    if count >= 0xFFFFFFFF // 4:
        raise Damaged
    for _ in _rows(walker, ">I", 4, count, of_bytes=4):
        pass  # Which samples are key frames is not asked for.


def _elst(walker: Walker, kind: str, size: int) -> None:
    reader, track = walker.reader, walker.movie.track
    if track is None:
        return
    version = reader.number(1)
    reader.skip(3)
    count = reader.number(4)
    width, layout = (20, ">Qq") if version == 1 else (12, ">Ii")
    size -= 8
    if count * width != size:
        count = max(size, 0) // width
    if not count:
        return
    raw = reader.piece(count * width)
    raw += bytes(-len(raw) % width)
    track.edits = []
    for (row,) in iter_unpack(f"{width}s", raw):
        length, start = unpack(layout, row[: width - 4])
        track.edits.append((length, start))


def rows_of(runs: list[tuple[int, int]]) -> Iterator[int]:
    """The values of a table that counts equal neighbours."""
    for count, value in runs:
        for _ in range(count):
            yield value


def ends(runs: list[tuple[int, int, int]], chunks: int) -> Iterator[tuple[int, int, int]]:
    """How many chunks, with how many samples in each, of which description."""
    bounds = [first for first, _, _ in runs] + [chunks + 1]
    for (start, stop), (_, many, entry) in zip(pairwise(bounds), runs, strict=True):
        yield stop - start, many, entry


PARSERS: Final[Mapping[str, Parser]] = {
    "stts": _stts,
    "ctts": _ctts,
    "stsc": _stsc,
    "stsz": _stsz,
    "stz2": _stsz,
    "stco": _stco,
    "co64": _stco,
    "stss": _stss,
    "elst": _elst,
}
