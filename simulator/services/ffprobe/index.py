"""Index: what follows from a track's tables when all of its boxes have been read."""

from fractions import Fraction
from itertools import chain, islice, repeat

from simulator.services.ffprobe.movie import INDEX_MAX, Movie, Sample, Track
from simulator.services.ffprobe.reader import Damaged
from simulator.services.ffprobe.tables import ends, rows_of
from simulator.services.ffprobe.walker import Walker


def finish_track(walker: Walker, track: Track) -> None:
    """Check a track's tables against each other, and derive times, rates and places of the first samples."""
    movie = walker.movie
    if not track.chunks and not track.steps:
        track.runs = []
    if track.chunks:
        broken = not track.steps or not track.runs or not (track.one_size or track.samples)
    else:
        broken = track.samples > 0
    if broken:
        walker.say(f"stream {track.index}, missing mandatory atoms, broken header")
        return
    if track.runs and track.runs[-1][0] > len(track.chunks):
        walker.say(f"stream {track.index}, contradictionary STSC and STCO")
        raise Damaged
    if track.timescale <= 0:
        track.timescale = max(movie.timescale, 1)
    track.base = track.timescale
    _build(walker, track)
    if track.kind == "video":
        _picture(track)


def _build(walker: Walker, track: Track) -> None:
    movie = walker.movie
    start, pause = _first_edit(movie, track)
    track.edit_offset = start - pause
    dts = 0
    raw_sound = track.kind == "audio" and len(track.steps) == 1 and track.steps[0][1] == 1
    if not raw_sound and not track.samples:
        return
    if raw_sound and not track.chunks:
        return
    if not raw_sound:
        dts -= track.decode_shift
        if not _count(walker, track):
            track.places = _places(track, dts)
            return
    track.places = _places(track, dts)
    if track.edits and track.places:
        _follow_edits(movie, track)
    elif track.start is None and track.kind == "video" and track.places:
        track.start = track.shown(track.places[0])


def _first_edit(movie: Movie, track: Track) -> tuple[int, int]:
    """Where the first edit begins in the track, and how long a pause is before it."""
    start = pause = 0
    first = 0
    for at, (length, begin) in enumerate(track.edits):
        if at == 0 and begin == -1:
            pause, first = length, 1
        elif at == first and begin >= 0:
            start = begin
    if not movie.timescale > 0:
        return 0, 0
    return start, rescaled(pause, track.timescale, movie.timescale)


def _count(walker: Walker, track: Track) -> bool:
    """Count the samples that the chunks hold, and their bytes; whether that agrees with the table of sizes."""
    held = sum(chunks * many for chunks, many, _ in ends(track.runs, len(track.chunks))) if track.chunks else 0
    track.indexed = min(held, track.samples)
    if held > track.samples:
        walker.say("wrong sample count")
        return False
    size = track.one_size * held if track.one_size else sum(track.sizes[:held])
    if track.duration is not None and track.duration > 0:
        track.bit_rate = (size * 8 * track.timescale & (1 << 64) - 1) // track.duration
    return True


def _places(track: Track, dts: int) -> list[Sample]:
    """The first samples in the order of the chunks; what the table of steps lacks has its last step."""
    last = track.steps[-1][1]
    steps = chain(rows_of(track.steps), repeat(last))
    shifts = chain(rows_of(track.shifts), repeat(0))
    sizes = repeat(track.one_size) if track.one_size else iter(track.sizes)
    found: list[Sample] = []
    per_chunk = (run for chunks, *run in ends(track.runs, len(track.chunks)) for _ in range(chunks))
    for offset, (many, entry) in zip(track.chunks, per_chunk, strict=False):
        for size in islice(sizes, min(many, INDEX_MAX)):
            if track.entry in (-1, entry - 1):
                found.append(Sample(offset, size, dts, next(shifts)))
            offset, dts = offset + size, dts + next(steps)
        if len(found) >= INDEX_MAX:
            break
    return found[:INDEX_MAX]


def _follow_edits(movie: Movie, track: Track) -> None:
    if not movie.timescale:  # Edits are measured by the film's clock; without one, nothing of the track is shown.
        track.start = track.duration = 0
        track.places = []
        return
    lengths = [rescaled(length, track.timescale, movie.timescale) for length, _ in track.edits]
    pause = 0
    for length, (_, begin) in zip(lengths, track.edits, strict=True):
        if begin != -1:
            break
        pause += length
    track.start = pause
    if track.duration is not None:
        track.duration = min(track.duration, sum(lengths))


def rescaled(value: int, to_scale: int, from_scale: int) -> int:
    """A time in another scale, rounded to the nearest, halves away from zero."""
    if value < 0:
        return -rescaled(-value, to_scale, from_scale)
    return (value * to_scale + from_scale // 2) // from_scale


def _picture(track: Track) -> None:
    shape = (track.width, track.height)
    shown = (track.shown_width, track.shown_height)
    if (track.aspect is None or not track.aspect[0]) and all(shape) and all(shown) and shape != shown:
        track.aspect = rational(float(Fraction(track.height * track.shown_width, track.width * track.shown_height)))
    steps = track.steps
    if steps and (len(steps) == 1 or (len(steps) == 2 and steps[1][0] == 1)):
        track.step = steps[0][1]
    if track.codec == "mpeg4":
        track.width = track.height = 0  # The decoder knows better.


def rational(value: float, most: int = (1 << 31) - 1) -> tuple[int, int]:
    """The nearest fraction to a positive number, with numbers that fit."""
    near = Fraction(value).limit_denominator(max(1, int(most / max(value, 1))))
    return near.numerator, near.denominator
