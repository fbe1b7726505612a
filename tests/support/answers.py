"""Answers: what ffprobe says, the real one and the simulated, in the same shape, and what of it is claimed.

`python -m tests.support.answers` asks the machine's ffprobe about every damage of the corpus anew (or of the films that
are named, when their samples have changed), and keeps what it says as differences from its answer to the whole film.
"""

import gzip
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from media_samples.make import answer, without_addresses
from simulator.services.ffprobe.model import probe
from simulator.services.ffprobe.writers import Document, write
from tests.support.damage import corpus, damaged
from tests.support.films import recorded

FILE: Final = Path(__file__).resolve().parents[1] / "services" / "ffprobe" / "damage.jsonl.gz"
GONE: Final = "(none)"
Answer = dict[str, Any]

DECODERS: Final = re.compile(r"\[(?!mov,)[\w,]+ @ 0x\]")
"""Lines of decoders; they stand for coded pictures and sounds that make no sense."""

_SIMULATED: Final = "[h264 @ 0x]"

OF_DECODERS: Final = {
    "bits_per_raw_sample", "channel_layout", "channels", "chroma_location", "color_range", "coded_height",
    "coded_width", "field_order", "has_b_frames", "level", "pix_fmt", "profile", "sample_rate",
}  # fmt: skip
"""Fields that decoders fill in: not claimed where they have met what makes no sense."""


def simulated(body: bytes, name: str) -> Answer:
    """What the simulator says of a file's bytes."""
    told = probe(lambda at, size: body[at : at + size], len(body), name)
    document: Document = {} if told.failure else {"streams": list(told.streams), "format": told.format}
    lines = [*told.complaints, *([f"{name}: {told.failure}"] if told.failure else [])]
    stderr = without_addresses("".join(f"{line}\n" for line in lines))
    return {"exit": told.code, "stderr": stderr, "stdout": json.loads(write("json", document))}


def claimed(real: Answer, other: Answer) -> Answer:
    """What of an answer is claimed to be as in the real one: all, but for what decoders say of what makes no sense."""
    short = shortened(other)
    lines = [found[0] for line in real["stderr"].splitlines() if (found := DECODERS.match(line))]
    if all(line == _SIMULATED for line in lines):
        return short
    kept = [line for line in short["stderr"].splitlines() if not DECODERS.match(line) and "partial file" not in line]
    stdout = json.loads(json.dumps(other["stdout"]))
    for stream in stdout.get("streams", ()):
        for field in OF_DECODERS & stream.keys():
            del stream[field]
    return {"exit": other["exit"], "stderr": "\n".join(kept), "stdout": stdout}


def shortened(whole: Answer) -> Answer:
    """An answer that keeps which decoders complained, and not of what."""
    lines = [found[0] if (found := DECODERS.match(line)) else line for line in whole["stderr"].splitlines()]
    kept = [line for nth, line in enumerate(lines) if not (DECODERS.match(line) and line in lines[:nth])]
    return whole | {"stderr": "".join(f"{line}\n" for line in kept)}


# --- answers as differences ---------------------------------------------------------------------------------


def differences(base: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Where two answers differ: paths, and what the other one has there."""
    if isinstance(base, dict) and isinstance(other, dict):
        for key in [*base, *(key for key in other if key not in base)]:
            yield from differences(base.get(key, GONE), other.get(key, GONE), f"{path}/{key}")
    elif isinstance(base, list) and isinstance(other, list):
        for nth, pair in enumerate(zip_longest(base, other, fillvalue=GONE)):
            yield from differences(*pair, f"{path}/{nth}")
    elif base != other:
        yield path, other


def changed(base: Answer, found: dict[str, Any]) -> Answer:
    """An answer with the values at some paths replaced."""
    whole: Answer = json.loads(json.dumps(base))
    for path, value in found.items():
        *way, last = path.split("/")[1:]
        place: Any = whole
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        key = int(last) if isinstance(place, list) else last
        if isinstance(place, list) and key == len(place):
            place.append(value)
        else:
            place[key] = value
    left: Answer = _without_gone(whole)
    return left


def _without_gone(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_gone(inner) for key, inner in value.items() if inner != GONE}
    return [_without_gone(item) for item in value if item != GONE] if isinstance(value, list) else value


@cache
def answers() -> dict[str, Answer]:
    """What the real one said of every damage, by its line."""
    found = {}
    for line in gzip.decompress(FILE.read_bytes()).decode().splitlines():
        damage, differing = json.loads(line)
        found[damage] = changed(recorded(damage.split()[1]), differing)
    return found


def real_answer(folder: Path, damage: str) -> Answer:
    """Ask the machine's ffprobe about a damaged film, which has the name of the film that it was."""
    place = Path(tempfile.mkdtemp(dir=folder))
    path = place / f"{damage.split()[1]}.mp4"
    path.write_bytes(damaged(damage))
    return shortened(answer(path))


def main() -> None:
    """Record what the machine's ffprobe says of the corpus, or of some films that are named."""
    named = set(sys.argv[1:])
    kept = {damage: found for damage, found in answers().items() if damage.split()[1] not in named} if named else {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        lines = corpus()
        told = pool.map(lambda damage: kept.get(damage) or real_answer(Path(folder), damage), lines)
        rows = []
        for damage, found in zip(lines, told, strict=True):
            differing = dict(differences(recorded(damage.split()[1]), found))
            rows.append(json.dumps([damage, differing], ensure_ascii=False) + "\n")
        FILE.write_bytes(gzip.compress("".join(rows).encode(), 9, mtime=0))
    sys.stdout.write(f"{len(lines)} answers, {FILE.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
