"""One story of films, for any world in which it can be told, and what is compared of what was told.

A world is where files are written and a worker of `python -m pipelines stream` is started and killed. The story waits
for what Redis says and never for time, so that the same things happen in the same order wherever it is told.

What is compared of each stream (`Told`), and all that is left out:

| compared                                            | left out, for it follows from time or place              |
|-----------------------------------------------------|----------------------------------------------------------|
| states in order, with attempt, bytes and reason     | when; which stream came first                            |
| calls to S3 in order: operation, part, size, status | the order of parts that are under way together; retries  |
|                                                     | of nothing: every try counts; calls that name no key     |
| memberships of the four sets, after each script     | scripts that move nothing: renewals, notes of activity   |
| parts in Redis at the end: range and digest         | times, upload ids, tokens                                |
| fields of the hash at the end (`FIELDS`)            | device, inode, owner, epoch, times                       |
| the object, by digest, and its description          | in it: the file's place and times                        |
"""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Protocol

from pipelines.stream.names import STATUSES, StreamId, stream_of_key
from simulator.scenarios.stream.films import box
from tests.support.films import film
from tests.support.s3_proxy import Call

MIB: Final = 1 << 20
BUCKET: Final = "films"
SETTINGS: Final = {
    "idle-timeout": "3s",
    "settle": "500ms",
    "check-period": "300ms",
    "rescan-period": "5s",
    "lease-ttl": "2s",
    "part-size": "5MiB",
    "log-format": "json",
}
FIELDS: Final = (
    *("status", "phase", "attempt", "bytes_sent", "part_plan", "object_size", "etag", "reason", "metadata_status"),
    "rev",
)
_FOLDER: Final = re.compile(r"file:\S*/")
_POLL_S: Final = 0.1
_PATIENCE_S: Final = 90.0
_BYTES: Final = Random(4).randbytes(13 * MIB)

_SIZE_AT: Final = 40
PATCHED: Final = film("h264_aac_plain") + box("free", _BYTES[: 6 * MIB])
"""A true film, with a box after it that no player minds."""
FILMS: Final[Mapping[str, bytes]] = {
    "killed": _BYTES[: 11 * MIB + 17],
    "growing": _BYTES[1 : 12 * MIB],
    "whole": _BYTES[2 : 7 * MIB],
    "patched": PATCHED,
    "short": film("h264_aac_fragmented"),
    "empty": b"",
}
"""What the files of the story hold in the end; one more is deleted."""


class Scene(Protocol):
    """A world."""

    async def start(self) -> None:
        """Start a worker."""

    async def kill(self) -> None:
        """`kill -9` it."""

    async def append(self, name: str, data: bytes) -> None:
        """As a recorder does; without bytes, only the file is made."""

    async def patch(self, name: str, at: int, data: bytes) -> None: ...

    async def place(self, name: str, data: bytes) -> None:
        """A whole file, moved to where it is watched."""

    async def delete(self, name: str) -> None: ...

    async def meta(self, name: str) -> Mapping[str, str]:
        """What Redis keeps of a file's latest stream; empty if there is none."""


async def story(scene: Scene) -> None:
    """A worker is killed and started again; then films of every kind come at once."""
    killed = FILMS["killed"]
    await scene.start()
    await scene.append("killed.mp4", killed[: 6 * MIB])
    await sent(scene, "killed.mp4", 5 * MIB)
    await scene.kill()
    await scene.append("killed.mp4", killed[6 * MIB :])
    await scene.start()
    await sent(scene, "killed.mp4", 10 * MIB)
    await asyncio.gather(
        over(scene, "killed.mp4"),
        _growing(scene),
        _placed(scene),
        _patched(scene),
        _deleted(scene),
        _small(scene),
    )


async def _growing(scene: Scene) -> None:
    data = FILMS["growing"]
    await scene.append("growing.mp4", data[:1000])
    await scene.append("growing.mp4", data[1000 : 6 * MIB])
    await sent(scene, "growing.mp4", 5 * MIB)
    await scene.append("growing.mp4", data[6 * MIB :])
    await sent(scene, "growing.mp4", 10 * MIB)
    await over(scene, "growing.mp4")


async def _placed(scene: Scene) -> None:
    await scene.place("whole.mp4", FILMS["whole"])
    await over(scene, "whole.mp4")


async def _patched(scene: Scene) -> None:
    """As ffmpeg writes: the head is right only at the end, when it was sent long ago."""
    size = PATCHED[_SIZE_AT : _SIZE_AT + 4]
    await scene.append("patched.mp4", PATCHED[:_SIZE_AT] + bytes(4) + PATCHED[_SIZE_AT + 4 :])
    await sent(scene, "patched.mp4", 5 * MIB)
    await scene.patch("patched.mp4", _SIZE_AT, size)
    await over(scene, "patched.mp4")


async def _deleted(scene: Scene) -> None:
    await scene.append("deleted.mp4", _BYTES[: 6 * MIB])
    await sent(scene, "deleted.mp4", 5 * MIB)
    await scene.delete("deleted.mp4")
    await over(scene, "deleted.mp4", status="failed")


async def _small(scene: Scene) -> None:
    await scene.append("empty.mp4", b"")
    await scene.append("short.mp4", FILMS["short"])
    await over(scene, "short.mp4")
    await over(scene, "empty.mp4", status="failed")


async def sent(scene: Scene, name: str, size: int) -> None:
    """Until Redis has so many bytes of a film as sent, or more."""
    await _until(scene, name, lambda meta: int(meta.get("bytes_sent") or 0) >= size)


async def over(scene: Scene, name: str, *, status: str = "completed") -> None:
    """Until a film's stream is over."""
    await _until(scene, name, lambda meta: meta.get("status") == status)


async def _until(scene: Scene, name: str, enough: Callable[[Mapping[str, str]], bool]) -> None:
    until_s = time.monotonic() + _PATIENCE_S
    while not enough(meta := await scene.meta(name)):
        assert time.monotonic() < until_s, f"{name} does not get there: {dict(meta)}"
        await asyncio.sleep(_POLL_S)


# --- what is compared ---------------------------------------------------------------------------------------


@dataclass
class Told:
    """What was told of one stream."""

    states: list[tuple[str, ...]] = field(default_factory=list)
    calls: list[tuple[str, int | None, int, int]] = field(default_factory=list)
    sets: list[tuple[str, ...]] = field(default_factory=list)
    parts: dict[int, tuple[int, int, str]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    object: str = ""
    description: Any = None


@dataclass
class Raw:
    """What a world has told, as it tells it."""

    events: list[Mapping[str, Any]] = field(default_factory=list)
    """The program's own, each with its name as `event`."""
    calls: list[Call] = field(default_factory=list)
    sets: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Of a stream, whenever they have changed."""
    metas: dict[str, Mapping[str, str]] = field(default_factory=dict)
    parts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)


def placeless(stream: str) -> str:
    """A stream's id without what only one machine has: its device and inode."""
    found = StreamId.parse(stream)
    assert found is not None, f"{stream} is no stream's id"
    return f"{found.slug}.{found.generation}.{found.rev}"


def abstracted(raw: Raw) -> dict[str, Told]:
    """What was told of each stream."""
    told = {placeless(stream): Told() for stream in raw.metas}
    for event in raw.events:
        if event["event"] in ("stream.state", "stream.taken"):
            words = (str(event.get(name) or "") for name in ("event", "status", "phase", "attempt", "bytes_sent"))
            told[placeless(event["stream"])].states.append((*words, str(event.get("reason") or "")))
    for call in raw.calls:
        stream = stream_of_key("", call.key.removesuffix(".json"))
        if stream is not None and not (call.operation == "GetObject" or call.key.endswith("/")):
            name = f"{call.operation} of the description" if call.key.endswith(".json") else call.operation
            size = call.size if call.operation == "UploadPart" else 0
            told[placeless(stream)].calls.append((name, call.part, size, call.status))
    for stream, sets in raw.sets:
        told[placeless(stream)].sets.append(sets)
    for stream, meta in raw.metas.items():
        mine = told[placeless(stream)]
        mine.calls = in_groups(mine.calls)
        mine.fields = {name: meta.get(name, "") for name in FIELDS}
        mine.parts = {int(n): _part(text) for n, text in raw.parts[stream].items()}
    for key, body in raw.objects.items():
        stream = stream_of_key("", key.removesuffix(".json"))
        assert stream is not None, f"{key} is no stream's"
        if key.endswith(".json"):
            told[placeless(stream)].description = _description(json.loads(body))
        else:
            told[placeless(stream)].object = hashlib.sha256(body).hexdigest()
    return told


def in_groups(calls: Iterable[tuple[str, int | None, int, int]]) -> list[tuple[str, int | None, int, int]]:
    """Calls with parts that follow one another in the order of their numbers."""
    found: list[tuple[str, int | None, int, int]] = []
    group: list[tuple[str, int | None, int, int]] = []
    for call in [*calls, ("", None, 0, 0)]:
        if call[0] == "UploadPart":
            group.append(call)
            continue
        found += sorted(group, key=lambda one: one[1] or 0)
        group.clear()
        found.append(call)
    return found[:-1]


def _part(text: str) -> tuple[int, int, str]:
    told = json.loads(text)
    return told["offset"], told["size"], told["md5"]


def _description(told: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in told.items() if name not in ("file", "stream", "key")}
    said = kept["probe"].get("said")
    return kept | {"probe": kept["probe"] | ({"said": _FOLDER.sub("file:", said)} if said else {})}


def fold_sets(before: dict[str, set[str]], moves: Iterable[tuple[str, str, str]]) -> list[tuple[str, tuple[str, ...]]]:
    """What one script made of the sets (SADD or SREM, set, stream): the streams whose memberships it has changed."""
    then = {name: set(members) for name, members in before.items()}
    touched = []
    for verb, name, stream in moves:
        (before[name].add if verb == "SADD" else before[name].discard)(stream)
        touched.append(stream)
    changed = []
    for stream in dict.fromkeys(touched):
        now = tuple(status for status in STATUSES if stream in before[status])
        if now != tuple(status for status in STATUSES if stream in then[status]):
            changed.append((stream, now))
    return changed


def differences(one: Mapping[str, Told], other: Mapping[str, Told]) -> list[str]:
    """In words, where two worlds told of different things."""
    found = [f"{stream} is in one world only" for stream in sorted(one.keys() ^ other.keys())]
    for stream in sorted(one.keys() & other.keys()):
        for name, here in vars(one[stream]).items():
            there = getattr(other[stream], name)
            if here != there:
                found.append(f"{name} of {stream}:\n  {here}\n  {there}")
    return found
