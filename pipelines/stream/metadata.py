"""Metadata: what a finished recording is, as ffprobe and its boxes tell it.

ffprobe is asked through ffmpeg-python, in a thread, and killed when it takes too long. Whatever goes wrong there (no
ffprobe, a broken film, a file that is gone) is told in the description and is no error of the recording.

    {"schema": 1, "stream": ..., "bucket": ..., "key": ..., "file": {"name", "size", "mtime"},
     "object": {"size", "etag", ...}, "container": {"format", "brand", "muxing", "whole", "why", "fragments"},
     "duration_s": 1.08, "bit_rate": 119666, "streams": [{"type": "video", "codec": "h264", ...}], "tags": {...},
     "probe": {"status": "ok"}}
"""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import anyio.to_thread
import ffmpeg
import ffmpeg._probe

from pipelines.stream.boxes import Walk, walk

SCHEMA: Final = 1
_TEXT_CHARS_MAX: Final = 1_000
_TAGS_MAX: Final = 100
_STREAMS_MAX: Final = 100

_started: ContextVar[list["_Child"] | None] = ContextVar("started", default=None)


class _Child(subprocess.Popen[bytes]):
    """A child of `ffmpeg.probe`, known to whoever asked for it, so that it can be killed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"stdin": subprocess.DEVNULL} | options)
        started = _started.get()
        if started is not None:
            started.append(self)


# `ffmpeg.probe` knows no time-out and does not give its child away; this is the one place where it starts it.
ffmpeg._probe.subprocess = SimpleNamespace(Popen=_Child, PIPE=subprocess.PIPE)


@dataclass(frozen=True)
class Probed:
    """What ffprobe answered, or what went wrong: `cause` is one of missing, timeout, refused, unreadable."""

    answer: Mapping[str, Any]
    cause: str | None = None
    said: str = ""

    @property
    def ok(self) -> bool:
        return self.cause is None


@dataclass(frozen=True)
class Prober:
    """Asks ffprobe about files, so many at a time, each for so long."""

    timeout_s: float
    places: asyncio.Semaphore
    program: str = "ffprobe"

    async def probe(self, path: str) -> Probed:
        """Ask about one file; never raises for what the file or ffprobe does."""
        children: list[_Child] = []
        probed = Probed({}, "timeout", f"killed after {self.timeout_s:g} s")
        async with self.places:
            with anyio.move_on_after(self.timeout_s):
                try:
                    probed = await anyio.to_thread.run_sync(
                        _ask, self.program, path, children, abandon_on_cancel=True, limiter=_unlimited()
                    )
                finally:
                    for child in children:
                        if child.poll() is None:
                            child.kill()  # The thread that waits for it then ends, and reaps it.
        return probed

    async def inspect(self, path: str) -> tuple[Probed, Walk | None]:
        """Ask ffprobe and the boxes."""
        probed = await self.probe(path)
        try:
            whole = await anyio.to_thread.run_sync(_walk, path, limiter=_unlimited())
        except OSError:
            whole = None
        return probed, whole


def _unlimited() -> anyio.CapacityLimiter:
    """A place in a thread. `Prober.places` has counted already; a thread that hangs must not take others' places."""
    return anyio.CapacityLimiter(1)


def _ask(program: str, path: str, children: list[_Child]) -> Probed:
    _started.set(children)
    try:
        # Without `file:` a name such as -x.mp4 or concat:x would be an option or a protocol.
        answer = ffmpeg.probe(f"file:{os.path.abspath(path)}", cmd=program, v="error")
    except ffmpeg.Error as error:
        # Addresses in it differ from run to run.
        said = re.sub(r" @ 0x[0-9a-f]+", "", (error.stderr or b"").decode("utf-8", "replace")).strip()
        return Probed({}, "refused", said[-_TEXT_CHARS_MAX:])
    except FileNotFoundError as error:
        return Probed({}, "missing", f"there is no {error.filename}")
    except (OSError, ValueError) as error:
        return Probed({}, "unreadable", str(error)[:_TEXT_CHARS_MAX])
    if not isinstance(answer, dict):
        return Probed({}, "unreadable", "the answer is no object")
    return Probed(answer)


def _walk(path: str) -> Walk:
    file = os.open(path, os.O_RDONLY)
    try:
        return walk(lambda offset, size: os.pread(file, size, offset), os.fstat(file).st_size)
    finally:
        os.close(file)


def describe(probed: Probed, whole: Walk | None) -> dict[str, Any]:
    """The part of the document that is about the film."""
    form = _mapping(probed.answer.get("format"))
    streams = probed.answer.get("streams")
    container: dict[str, Any] = {"format": _text(form.get("format_name"))}
    if whole is not None:
        container |= {"brand": whole.brand, "muxing": whole.muxing, "whole": whole.verdict, "why": whole.why}
        if whole.muxing == "fragmented":
            container |= {"fragments": whole.fragments, "end_mark": whole.mark}
    probe: dict[str, Any] = (
        {"status": "ok"} if probed.ok else {"status": "error", "cause": probed.cause, "said": probed.said}
    )
    return {
        "schema": SCHEMA,
        "container": container,
        "duration_s": _number(form.get("duration")),
        "bit_rate": _whole(form.get("bit_rate")),
        "streams": [_stream(_mapping(each)) for each in (streams if isinstance(streams, list) else [])[:_STREAMS_MAX]],
        "tags": _tags(form.get("tags")),
        "probe": probe,
    }


def _stream(told: Mapping[str, Any]) -> dict[str, Any]:
    """One stream: what is the same for all, and what its kind has."""
    kind = _text(told.get("codec_type"))
    found: dict[str, Any] = {
        "index": told.get("index"),
        "type": kind,
        "codec": _text(told.get("codec_name")),
        "profile": _text(told.get("profile")),
        "duration_s": _number(told.get("duration")),
        "bit_rate": _whole(told.get("bit_rate")),
        "tags": _tags(told.get("tags")),
    }
    if kind == "video":
        found |= {name: told.get(name) for name in ("width", "height", "pix_fmt")}
        found["frame_rate"] = _ratio(told.get("avg_frame_rate"))
        found["frames"] = _whole(told.get("nb_frames"))
        sides = told.get("side_data_list")
        turned = [_mapping(each).get("rotation") for each in sides] if isinstance(sides, list) else []
        found["rotation"] = next((each for each in turned if each is not None), 0)
    elif kind == "audio":
        found |= {"sample_rate": _whole(told.get("sample_rate")), "channels": told.get("channels")}
        found["layout"] = _text(told.get("channel_layout"))
    return {name: value for name, value in found.items() if value not in (None, {})}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value[:_TEXT_CHARS_MAX] if isinstance(value, str) else None


def _number(value: object) -> float | None:
    """A number that ffprobe wrote as text; it writes N/A where it knows none."""
    if not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 1e15 else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _ratio(value: object) -> float | None:
    above, _, below = str(value).partition("/")
    over, under = _number(above), _number(below or "1")
    return round(over / under, 6) if over and under else None


def _tags(value: object) -> dict[str, str]:
    return {str(name)[:100]: str(each)[:_TEXT_CHARS_MAX] for name, each in list(_mapping(value).items())[:_TAGS_MAX]}


def encoded(document: Mapping[str, Any]) -> bytes:
    """The document as it stands beside the object."""
    return json.dumps(document, ensure_ascii=True, indent=1, sort_keys=True).encode() + b"\n"


def beside(key: str) -> str:
    """The key of the document of the object at a key."""
    return f"{key}.json"


def file_facts(path: str) -> dict[str, Any]:
    """What the file's own entry says; nothing if it is gone."""
    try:
        seen = os.stat(path)
    except OSError:
        return {"name": os.path.basename(path)}
    return {"name": os.path.basename(path), "size": seen.st_size, "mtime_ms": seen.st_mtime_ns // 1_000_000}
