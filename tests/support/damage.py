"""Damage: films cut off, with bytes changed, with boxes lost, doubled, moved or sized wrongly.

Each damage is a line of text, so that a recorded answer says what it answers:

    cut h264_aac_plain 1200               the first 1200 bytes
    byte h264_aac_plain 1200 ff           one byte changed
    drop h264_aac_plain moov/trak[1]/edts without that box; the boxes around it are made shorter
    lost h264_aac_plain moov/udta         the same, but the boxes around it keep their sizes
    twice h264_aac_plain moov/trak        that box doubled
    last, first, swap                     moved to the end or front of its surroundings, or behind its neighbour
    size h264_aac_plain moov/udta 0       its size field says something else
    long h264_aac_plain mdat              its size is written in 64 bits
    grown h264_aac_plain 5000             while it is recorded: an mdat without size, so many bytes long
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack
from typing import Final

from tests.support.films import film

CONTAINERS: Final = ("moov", "trak", "mdia", "minf", "stbl", "edts", "dinf", "udta", "mvex", "moof", "traf")


@dataclass(frozen=True)
class Place:
    """One box of a film: its path, where it starts and ends, and what holds it."""

    path: str
    start: int
    end: int
    parent: "Place | None"

    @property
    def kind(self) -> str:
        return self.path.rpartition("/")[2].partition("[")[0]


def places(body: bytes, start: int = 0, end: int | None = None, parent: Place | None = None) -> Iterator[Place]:
    """Every box of a sound film, each before what is inside it."""
    end = len(body) if end is None else end
    counts: dict[str, int] = {}
    while start + 8 <= end:
        size = int.from_bytes(body[start : start + 4])
        kind = body[start + 4 : start + 8].decode("latin-1")
        nth = counts.get(kind, 0)
        counts[kind] = nth + 1
        name = f"{kind}[{nth}]" if nth else kind
        place = Place(f"{parent.path}/{name}" if parent else name, start, start + size, parent)
        yield place
        if kind in CONTAINERS:
            yield from places(body, start + 8, place.end, place)
        start = place.end


def damaged(line: str) -> bytes:
    """The film that a line of damage describes."""
    how, name, *words = line.split()
    body = film(name)
    if how == "cut":
        return body[: int(words[0])]
    if how == "byte":
        at = int(words[0])
        return body[:at] + bytes.fromhex(words[1]) + body[at + 1 :]
    if how == "grown":
        at = next(place.start for place in places(body) if place.path == "mdat")
        return body[:at] + bytes(4) + body[at + 4 : int(words[0])]
    place = next(found for found in places(body) if found.path == words[0])
    return _with_box_changed(body, how, place, words[1:])


def _with_box_changed(body: bytes, how: str, place: Place, words: list[str]) -> bytes:
    box = body[place.start : place.end]
    if how == "size":
        return body[: place.start] + pack(">I", int(words[0])) + body[place.start + 4 :]
    if how == "lost":
        return body[: place.start] + body[place.end :]
    if how == "drop":
        return _resized(body[: place.start] + body[place.end :], place.parent, -len(box))
    if how == "twice":
        return _resized(body[: place.end] + box + body[place.end :], place.parent, len(box))
    if how == "long":
        longer = pack(">I4sQ", 1, box[4:8], len(box) + 8) + box[8:]
        return _resized(body[: place.start] + longer + body[place.end :], place.parent, 8)
    first, last = (place.parent.start + 8, place.parent.end) if place.parent else (0, len(body))
    if how == "last":
        return body[: place.start] + body[place.end : last] + box + body[last:]
    if how == "first":
        return body[:first] + box + body[first : place.start] + body[place.end :]
    assert how == "swap", f"no such damage: {how}"
    after = place.end + int.from_bytes(body[place.end : place.end + 4])
    return body[: place.start] + body[place.end : after] + box + body[after:]


def _resized(body: bytes, around: Place | None, by: int) -> bytes:
    while around is not None:
        size = around.end - around.start + by
        body = body[: around.start] + pack(">I", size) + body[around.start + 4 :]
        around = around.parent
    return body


# --- a corpus ---------------------------------------------------------------------------------------------

SEEDS: Final = (519, 77)
_CUT: Final = ("h264_aac_plain", "h264_aac_faststart", "h264_aac_fragmented", "h264_aac_fragmented_delay")
_BOXED: Final = ("h264_aac_plain", "h264_aac_fragmented", "tagged")
_CHANGED: Final = (*_BOXED, "hevc_aac", "vp9_opus", "av1_aac", "mpeg4_mp3", "h264_aac_fragmented_delay", "rotated")


def corpus() -> list[str]:
    """Many hundred damages, always the same."""
    lines: list[str] = []
    for seed in SEEDS:
        draw = random.Random(seed)
        lines += [*_cuts(draw), *_bytes(draw), *_boxes(draw)]
    return list(dict.fromkeys(lines))


def _cuts(draw: random.Random) -> Iterator[str]:
    for name in _CUT:
        body = film(name)
        for place in places(body):
            if place.parent is None or draw.random() < 0.4:
                yield f"cut {name} {draw.randint(place.start, place.end)}"
            if place.parent is None:
                yield f"cut {name} {place.start}"
                yield f"cut {name} {place.start + 4}"
        for part in (5, 25, 50, 75, 90, 99):
            yield f"cut {name} {len(body) * part // 100}"
    for name in ("h264_aac_faststart_10s", "h264_aac_fragmented_10s", "h264_aac_plain_10s", "vp9_opus", "mpeg4_aac"):
        for _ in range(6):
            yield f"cut {name} {draw.randrange(len(film(name)))}"
    for name in ("h264_aac_plain", "h264_aac_plain_10s"):
        for _ in range(4):
            yield f"grown {name} {draw.randrange(100, len(film(name)))}"


def _bytes(draw: random.Random) -> Iterator[str]:
    """Bytes of headers: mdat boxes hold none."""
    for name in _CHANGED:
        body = film(name)
        leaves = [place for place in places(body) if place.kind not in (*CONTAINERS, "mdat", "mfra")]
        for place in leaves:
            if draw.random() < 0.7:
                at = draw.randrange(place.start, place.end)
                value = draw.choice((0, 0xFF, body[at] ^ 0x80, body[at] ^ 1, draw.randrange(256)))
                yield f"byte {name} {at} {value:02x}"
        for place in places(body):
            if place.kind in CONTAINERS and draw.random() < 0.5:
                yield f"byte {name} {place.start + draw.randrange(8)} {draw.randrange(256):02x}"


def _boxes(draw: random.Random) -> Iterator[str]:
    for name in _BOXED:
        found = list(places(film(name)))
        for place in found:
            for how in ("drop", "lost", "twice", "last", "first", "long"):
                if draw.random() < (0.5 if how == "drop" else 0.2):
                    yield f"{how} {name} {place.path}"
            around = place.parent.end if place.parent else len(film(name))
            if place.end < around and draw.random() < 0.3:
                yield f"swap {name} {place.path}"
            if draw.random() < 0.5:
                yield f"size {name} {place.path} {draw.choice((0, 1, 4, 7, 8, 9, 12, 16, 20, 1 << 20, 0xFFFFFFFF))}"
