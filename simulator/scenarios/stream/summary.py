"""Summary: what became of each recording, in a line each, and what it cost, for the end of a report.

What happened is counted while it happens, for a trace may keep nothing but its end.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from simulator.scenarios.stream.kept import KEPT
from simulator.scenarios.stream.published import PUBLISHED
from simulator.trace.event import Event

if TYPE_CHECKING:
    from simulator.scenarios.stream.cluster import Cluster, Found

_LINES_MAX: Final = 8
_NS: Final = 10**9
_MIB: Final = 1 << 20


@dataclass
class Tally:
    """Counts of a run, event by event."""

    written_ns: dict[str, int] = field(default_factory=dict)
    """When a path was last written to."""
    published_ns: dict[str, int] = field(default_factory=dict)
    """When the object of a key was there."""
    owners: dict[str, set[str]] = field(default_factory=dict)
    """Who has had the stream of a key."""
    keys: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    sent_bytes: int = 0
    parts: dict[str, int] = field(default_factory=dict)
    """Of how many parts the object of a key was made."""
    published_parts: int = 0
    published_bytes: int = 0
    struck: dict[str, Counter[str]] = field(default_factory=dict)
    """How often which trouble met a request to a host."""
    starts: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)

    def see(self, event: Event) -> None:
        """Count one event."""
        fields = event.fields
        match event.kind:
            case "fs.write":
                self.written_ns[str(fields.get("path"))] = event.at_ns
            case "s3.request" if fields.get("operation") == "UploadPart":
                self.requests += 1
                self.sent_bytes += int(fields.get("bytes") or 0)
            case "fault.hit":
                self.struck.setdefault(event.host, Counter())[str(fields.get("verdict"))] += 1
            case "proc.start":
                self.starts[str(fields.get("name"))] += 1
            case "proc.exit":
                self.kills[str(fields.get("name"))] += fields.get("how") == "SIGKILL"
            case "note" if fields.get("text") == PUBLISHED:
                self._see_published(event.at_ns, fields["data"])
            case "note" if fields.get("text") == KEPT and "stream" in fields["data"]:
                self._see_kept(fields["data"])

    def _see_published(self, at_ns: int, data: dict[str, Any]) -> None:
        numbers = data["numbers"]
        parts = numbers if isinstance(numbers, int) else len(numbers)
        self.published_ns[data["key"]], self.parts[data["key"]] = at_ns, parts
        self.published_parts += parts
        self.published_bytes += int(data["size"])

    def _see_kept(self, data: dict[str, Any]) -> None:
        changed = data.get("changed", {})
        if changed.get("key"):
            self.keys[data["stream"]] = str(changed["key"])
        if changed.get("owner"):
            self.owners.setdefault(self.keys.get(data["stream"], ""), set()).add(str(changed["owner"]))


def tell_summary(cluster: "Cluster") -> None:
    """Put it into the trace as a note; reports show it."""
    cluster.world.engine.emit("note", host="", text="summary", data={"lines": summary(cluster)})


def summary(cluster: "Cluster") -> list[str]:
    """A line for each file, and some for all."""
    files = sorted(cluster.files())
    lines = [_line(cluster, name) for name in files[:_LINES_MAX]]
    if len(files) > _LINES_MAX:
        lines.append(f"and {len(files) - _LINES_MAX} more")
    return [*lines, *_sums(cluster, files), *_trouble(cluster)]


def _line(cluster: "Cluster", name: str) -> str:
    held, objects = cluster.read(name), cluster.bucket.of_inode(cluster.files()[name])
    shape = next((each.film.shape for each in cluster.camera.recordings if name in (each.name, each.to)), "")
    told = f"{name}{f' ({shape})' if shape else ''}: {len(held):,} bytes"
    return told + (_published(cluster, name, held, objects[-1]) if objects else ", and no object")


def _published(cluster: "Cluster", name: str, held: bytes, newest: "Found") -> str:
    same = "byte for byte" if newest.body == held else "WITH OTHER BYTES"
    tally = cluster.tally
    told = f" in {_many(tally.parts[newest.key], 'part')}, {same}" if newest.key in tally.parts else f", {same}"
    written_ns, there_ns = tally.written_ns.get(cluster.camera.path(name)), tally.published_ns.get(newest.key)
    if written_ns is not None and there_ns is not None and there_ns > written_ns:
        told += f", {(there_ns - written_ns) / _NS:.1f} s after the last write"
    owners = len(tally.owners.get(newest.key, ()))
    return told + (f", by {owners} workers in turn" if owners > 1 else "")


def _sums(cluster: "Cluster", files: list[str]) -> list[str]:
    tally = cluster.tally
    held = sum(len(cluster.read(name)) for name in files)
    parts = _many(tally.published_parts, "part")
    told = f"{held / _MIB:.1f} MiB recorded, {tally.published_bytes / _MIB:.1f} MiB published in {parts}"
    wasted = tally.sent_bytes - tally.published_bytes
    sent = f"{tally.sent_bytes / _MIB:.1f} MiB sent with {_many(tally.requests, 'request')}"
    return [told, f"{sent}, {max(wasted, 0) / _MIB:.1f} MiB of them in vain"]


def _trouble(cluster: "Cluster") -> list[str]:
    tally = cluster.tally
    struck = [
        f"{host}: {', '.join(f'{count} {verdict}' for verdict, count in sorted(counted.items()))}"
        for host, counted in sorted(tally.struck.items())
    ]
    names = {"redis", "s3", *(service.program.name for service in cluster.workers)}
    started = [
        f"{name} was {f'killed {_times(tally.kills[name])} and ' if tally.kills[name] else ''}started {_times(count)}"
        for name, count in tally.starts.items()
        if count > 1 and name in names
    ]
    told = [f"requests that met trouble: {'; '.join(struck)}"] if struck else []
    return told + (["; ".join(started)] if started else [])


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
