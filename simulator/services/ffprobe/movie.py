"""Movie: what a film's boxes have said so far, of the whole and of each track."""

from dataclasses import dataclass, field
from typing import Final

INDEX_MAX: Final = 256
"""Samples per track whose place is kept: probing looks at the first few packets only."""


@dataclass(slots=True)
class Sample:
    """Where a sample lies, how large it is, when it is decoded, and how much later it is shown."""

    position: int
    size: int
    decoded: int
    shift: int


@dataclass(slots=True)
class Track:
    """One track. Times are in its own time scale; None is what nobody has said."""

    index: int
    ident: int = -1
    enabled: bool = False
    kind: str = "data"
    timescale: int = 0
    base: int = 90_000
    """The time scale in which the track's times are given out; this one until its boxes hold together."""
    duration: int | None = None
    start: int | None = None
    frames: int = 0
    bit_rate: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    # How it is coded.
    tag: str = ""
    codec: str = ""
    config: bytes = b""
    width: int = 0
    height: int = 0
    shown_width: int = 0
    shown_height: int = 0
    aspect: tuple[int, int] | None = None
    matrix: tuple[int, ...] = ()
    channels: int = 0
    sample_rate: int = 0
    entries: int = 0
    entry: int = 0
    """The sample description that is followed; -1 where there are several."""
    color: dict[str, str] = field(default_factory=dict)
    # Tables of samples.
    steps: list[tuple[int, int]] = field(default_factory=list)
    shifts: list[tuple[int, int]] = field(default_factory=list)
    runs: list[tuple[int, int, int]] = field(default_factory=list)
    sizes: tuple[int, ...] = ()
    one_size: int = 0
    samples: int = 0
    chunks: tuple[int, ...] = ()
    edits: list[tuple[int, int]] = field(default_factory=list)
    # What follows from them, and what fragments add.
    decode_shift: int = 0
    edit_offset: int = 0
    data_bytes: int = 0
    rated_time: int = 0
    rated_frames: int = 0
    step: int = 0
    end: int = 0
    places: list[Sample] = field(default_factory=list)
    indexed: int = 0
    has_sidx: bool = False

    def shown(self, sample: Sample) -> int:
        """When a sample is shown; some that are shown early let all be decoded earlier."""
        return sample.decoded + self.decode_shift + sample.shift


@dataclass(slots=True)
class Defaults:
    """What `trex` says of a track's samples in fragments."""

    ident: int
    description: int
    step: int
    size: int


@dataclass(slots=True)
class Fragment:
    """The fragment that is being read."""

    start: int = 0
    found: bool = False
    ident: int = 0
    description: int = 0
    base: int = 0
    implicit: int = 0
    step: int = 0
    size: int = 0
    times: dict[int, int] = field(default_factory=dict)
    """By track, the time of its first sample, where it is known."""
    after: dict[int, int] = field(default_factory=dict)
    """By track, the time after the run that was read last."""


@dataclass(slots=True)
class Movie:
    """The film as a whole."""

    timescale: int = 0
    duration: int | None = None
    """In microseconds, where the film's own header counts."""
    matrix: tuple[int, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    tracks: list[Track] = field(default_factory=list)
    defaults: list[Defaults] = field(default_factory=list)
    fragment: Fragment = field(default_factory=Fragment)
    fragment_times: dict[int, dict[int, int]] = field(default_factory=dict)
    complete_index: bool = False
    """Whether an index in front names every fragment; then none is looked for."""
    iso: bool = False
    found_moov: bool = False
    found_mdat: bool = False
    in_track: bool = False
    in_items: bool = False
    keyed: bool = False
    keys: list[str] = field(default_factory=list)

    @property
    def track(self) -> Track | None:
        """The track to which boxes belong that name none: the last one."""
        return self.tracks[-1] if self.tracks else None

    def by_ident(self, ident: int) -> Track | None:
        return next((track for track in self.tracks if track.ident & 0xFFFFFFFF == ident), None)
