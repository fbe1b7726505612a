"""Boxes: whether an MP4 file is whole, told by a walk over its top-level boxes.

ffprobe cannot tell: it answers 0 and the full length for half of a film whose moov stands in front. The boxes can: each
says how long it is, and in a whole file the last one ends where the file ends.

| what the walk meets                                                      | verdict                     |
|---------------------------------------------------------------------------|-----------------------------|
| a first box of no known kind                                             | unknown: it is no MP4       |
| a box that reaches beyond the file, or half of a box's header            | cut                         |
| no moov; or moov without mdat where no fragments are announced           | cut                         |
| moov that announces fragments, and no moof with its mdat                 | cut: nothing was recorded   |
| mdat without a length behind moov ("to the end of the file")             | unknown                     |
| otherwise                                                                | complete                    |

A fragmented file that was cut exactly between two fragments is a whole file, of what it holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Read = Callable[[int, int], bytes]
"""Offset and size: the bytes there, fewer at the file's end."""
Verdict = Literal["complete", "cut", "unknown"]
Muxing = Literal["plain", "faststart", "fragmented", "none"]

_FIRST: Final = frozenset({"ftyp", "styp", "moov", "mdat", "free", "skip", "wide", "pnot"})
_BOXES_MAX: Final = 2_000_000
"""Two for each fragment: eleven days of fragments of one second."""
_CHILDREN_MAX: Final = 1_000


class Box(NamedTuple):
    """One box: where it begins, where its content begins, where it says that it ends (None: where the file ends)."""

    kind: str
    start: int
    content: int
    end: int | None


@dataclass(frozen=True)
class Walk:
    """What the boxes say of a file."""

    verdict: Verdict
    why: str
    muxing: Muxing = "none"
    brand: str | None = None
    fragments: int = 0
    mark: bool = False
    """Whether an index of fragments (mfra) ends the file, which ffmpeg writes last of all."""


def _box(read: Read, at: int) -> Box | None:
    """The box that begins at an offset, or None if there is not a whole header."""
    header = read(at, 16)
    if len(header) < 8:
        return None
    size, kind = int.from_bytes(header[:4], "big"), header[4:8].decode("latin-1")
    if size == 0:
        return Box(kind, at, at + 8, None)
    if size == 1:
        if len(header) < 16:
            return None
        return Box(kind, at, at + 16, at + int.from_bytes(header[8:], "big"))
    return Box(kind, at, at + 8, at + size)


def _announces_fragments(read: Read, moov: Box, end: int) -> bool:
    at = moov.content
    for _ in range(_CHILDREN_MAX):
        child = _box(read, at) if at < end else None
        if child is None or child.end is None or child.end < child.content:
            return False
        if child.kind == "mvex":
            return True
        at = child.end
    return False


def walk(read: Read, size: int) -> Walk:
    """Judge a file by its boxes; `read` is asked for a few bytes of each."""
    first = _box(read, 0)
    if first is None or first.kind not in _FIRST:
        return Walk("unknown", "empty" if size == 0 else "no MP4")
    seen: dict[str, int] = {}
    brand, fragmented, whole_fragments, previous, at = None, False, 0, "", 0
    for _ in range(_BOXES_MAX):
        if at == size:
            break
        box = _box(read, at)
        muxing = _muxing(seen, fragmented)
        if box is None or (box.end is not None and box.end < box.content):
            return Walk("cut", f"no box at {at}", muxing, brand, whole_fragments)
        if box.kind == "ftyp" and brand is None:
            brand = read(box.content, 4).decode("latin-1")
        if box.end is None:
            sound = box.kind == "mdat" and "moov" in seen
            why = f"{box.kind} at {at} has no length" + ("" if sound else " and there is no moov")
            muxing = _muxing(seen | {box.kind: at}, fragmented)
            return Walk("unknown" if sound else "cut", why, muxing, brand, whole_fragments)
        if box.kind == "moov":
            fragmented = fragmented or _announces_fragments(read, box, min(box.end, size))
        if box.end > size:
            muxing = _muxing(seen | {box.kind: at}, fragmented)
            return Walk(
                "cut", f"{box.kind} at {at} ends {box.end - size} bytes beyond the file", muxing, brand, whole_fragments
            )
        whole_fragments += previous == "moof" and box.kind == "mdat"
        seen.setdefault(box.kind, at)
        previous, at = box.kind, box.end
    else:
        return Walk("unknown", f"more than {_BOXES_MAX} boxes", _muxing(seen, fragmented), brand, whole_fragments)
    return _of_whole_boxes(seen, fragmented, brand, whole_fragments, previous)


def _muxing(seen: dict[str, int], fragmented: bool) -> Muxing:
    if fragmented or "moof" in seen:
        return "fragmented"
    if "moov" in seen:
        return "faststart" if seen["moov"] < seen.get("mdat", seen["moov"] + 1) else "plain"
    return "plain" if "mdat" in seen else "none"


def _of_whole_boxes(seen: dict[str, int], fragmented: bool, brand: str | None, fragments: int, last: str) -> Walk:
    """The verdict on a file that ends where its last box ends."""
    muxing = _muxing(seen, fragmented)
    verdict: Verdict = "cut"
    if "moov" not in seen:
        why = "no moov"
    elif fragmented and not fragments and "mdat" not in seen:
        why = "fragments are announced and there is none"
    elif last == "moof":
        why = "a fragment without its data"
    elif "mdat" not in seen:
        why = "no mdat"
    else:
        verdict, why = "complete", "the boxes end where the file ends"
    return Walk(verdict, why, muxing, brand, fragments, last == "mfra")
