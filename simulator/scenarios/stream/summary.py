"""Summary: what became of each recording, in a line each, for the end of a report."""

from typing import TYPE_CHECKING, Final

from simulator.trace.query import Trace

if TYPE_CHECKING:
    from simulator.scenarios.stream.cluster import Cluster

_LINES_MAX: Final = 9
_NS: Final = 10**9
_MIB: Final = 1 << 20


def tell_summary(cluster: "Cluster", trace: Trace) -> None:
    """Put it into the trace as a note; reports show it."""
    cluster.world.engine.emit("note", host="", text="summary", data={"lines": summary(cluster, trace)})


def summary(cluster: "Cluster", trace: Trace) -> list[str]:
    """A line for each file, and one for all."""
    files = sorted(cluster.files())
    lines = [_line(cluster, trace, name) for name in files[:_LINES_MAX]]
    if len(files) > _LINES_MAX:
        lines.append(f"and {len(files) - _LINES_MAX} more")
    recorded = sum(len(cluster.read(name)) for name in files)
    sent = sum(int(event.fields["bytes"]) for event in trace.of("s3.request", operation="UploadPart"))
    refused = trace.count("s3.response", status=lambda status: status >= 500)
    starts = sum(service.starts for service in cluster.workers)
    told = [f"{recorded / _MIB:.1f} MiB recorded, {sent / _MIB:.1f} MiB sent"]
    told += [f"S3 refused {refused} requests"] if refused else []
    told += [f"the worker was started {starts} times"] if starts > len(cluster.workers) else []
    return [*lines, "; ".join(told)]


def _line(cluster: "Cluster", trace: Trace, name: str) -> str:
    held, objects = cluster.read(name), cluster.bucket.of_inode(cluster.files()[name])
    if not objects:
        return f"{name}: {len(held):,} bytes, and no object"
    meta = cluster.meta(name)
    same = "byte for byte" if objects[-1].body == held else "WITH OTHER BYTES"
    parts = objects[-1].etag.rpartition("-")[2]
    after = _published_after(trace, cluster.camera.path(name), meta.get("key", ""))
    plural = "" if parts == "1" else "s"
    told = f"{name}: {len(held):,} bytes in {parts} part{plural}, {same}"
    if after is not None:
        told += f", {after:.1f} s after the last write"
    owners = int(meta.get("epoch") or 0)
    return told + (f", by {owners} workers in turn" if owners > 1 else "")


def _published_after(trace: Trace, path: str, key: str) -> float | None:
    """How long after the last write the object was there."""
    writes = trace.of("fs.write", path=path)
    made = [event for event in trace.of("note", text="s3.published") if event.fields["data"]["key"] == key]
    return (made[-1].at_ns - writes[-1].at_ns) / _NS if writes and made else None
