"""Films: the samples of media_samples/, and what the real ffprobe said of each."""

import json
from functools import cache
from typing import Any, Final

from media_samples.make import FOLDER, is_installed
from media_samples.recipes import CUTS, FILMS

SOUND: Final = tuple(FILMS)
"""Samples that are whole films."""

ALL: Final = (*FILMS, *CUTS)


@cache
def film(name: str) -> bytes:
    """A sample's bytes."""
    return (FOLDER / f"{name}.mp4").read_bytes()


@cache
def has_ffprobe() -> bool:
    """Whether this machine has the ffprobe whose words are imitated."""
    return is_installed()


def recorded(name: str) -> dict[str, Any]:
    """What the real one said of a sample: `exit`, `stdout` as read from JSON, `stderr` without addresses."""
    answer: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return answer
