"""What runs of peers' suites counted, kept as data beside this module: one file a suite, in it one entry a server."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.fidelity.suite import SUITE, Tally

_FOLDER: Final = Path(__file__).parent / "counts"
S3API: Final = _FOLDER / "swift-s3api.json"
REDIS_PY: Final = _FOLDER / "redis-py.json"
SEQUENCES: Final = _FOLDER / "redis-sequences.json"


def read(file: Path = S3API) -> dict[str, Any]:
    """A suite's counts by server; nothing when none were taken yet."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def keep(server: str, title: str, tally: Tally, *, file: Path = S3API, suite: str = SUITE) -> None:
    """Put one run's counts in place of the last ones of the same server."""
    found = read(file) or {"suite": suite, "servers": {}}
    found["servers"][server] = {"title": title, "modules": tally.modules, "failures": sorted(tally.failures)}
    _FOLDER.mkdir(exist_ok=True)
    file.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def write_sequences(sequences: int, steps: int, differing: int, known: Mapping[str, int]) -> None:
    """Keep what a campaign of sequences beside the real Redis counted."""
    found = {"sequences": sequences, "steps": steps, "differing": differing, "known": dict(sorted(known.items()))}
    SEQUENCES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def total(server: Mapping[str, Any], word: str) -> int:
    return sum(counts[word] for counts in server["modules"].values())
