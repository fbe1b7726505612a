"""Conduct: what the program may ask of S3, and when it may call a file finished."""

from dataclasses import dataclass, field

from simulator.oracles.fold import Oracle, OracleFactory
from simulator.scenarios.stream.properties.fold import Fold, Step
from simulator.trace.event import Event

_IDLE_S = 10.0
_NS = 10**9
_SLACK_NS = 50_000_000
"""Between the last write and the stat that saw it, and for clocks that are rounded."""


@dataclass
class _AbortsAreMarked(Fold):
    name: str = "S12 no upload is aborted that a stream still needs"
    rolled_back: bool = False

    def step(self, step: Step) -> str | None:
        self.rolled_back = self.rolled_back or step.rollback
        return None

    def other(self, event: Event) -> str | None:
        if event.kind != "s3.request" or event.fields.get("operation") != "AbortMultipartUpload" or self.rolled_back:
            return None
        upload = event.fields.get("upload")
        for name, stream in self.streams.items():
            meta = stream.meta
            if meta.get("upload_id") == upload and meta.get("phase") not in ("aborting", "done"):
                return f"the upload of {name} is aborted, which is {meta.get('status')}/{meta.get('phase')}"
        return None


def aborts_are_marked() -> Oracle:
    return _AbortsAreMarked()


@dataclass
class _UploadsKeepTheirKey(Fold):
    name: str = "S19 every call about an upload names its own key, which one stream has"
    keys: dict[str, str] = field(default_factory=dict)

    def step(self, step: Step) -> str | None:
        upload, key = step.now.meta.get("upload_id", ""), step.now.meta.get("key", "")
        if not upload:
            return None
        known = self.keys.setdefault(upload, key)
        return f"its upload is that of {known}" if known != key else None

    def other(self, event: Event) -> str | None:
        if event.kind != "s3.request" or not event.fields.get("upload"):
            return None
        upload, key = str(event.fields["upload"]), str(event.fields.get("key"))
        known = self.keys.setdefault(upload, key)
        return f"{event.fields.get('operation')} names {key} for an upload of {known}" if known != key else None


def uploads_keep_their_key() -> Oracle:
    return _UploadsKeepTheirKey()


@dataclass
class _OnlyIdleFilesEnd(Fold):
    name: str = "S16 no file is taken to be whole within the idle time of a write"
    idle_s: float = _IDLE_S
    written_ns: dict[str, int] = field(default_factory=dict)

    def other(self, event: Event) -> str | None:
        path = str(event.fields.get("path", ""))
        if event.kind in ("fs.write", "fs.truncate"):
            self.written_ns[path] = event.at_ns
        elif event.kind == "fs.rename" and path in self.written_ns:
            self.written_ns[str(event.fields["to"])] = self.written_ns.pop(path)
        return None

    def step(self, step: Step) -> str | None:
        path = step.now.meta.get("path", "")
        if not step.turned("phase", "draining") or step.before.meta.get("status") != "active" or step.rollback:
            return None
        quiet_ns = step.at_ns - self.written_ns.get(path, -(10**18))
        if quiet_ns < self.idle_s * _NS - _SLACK_NS:
            return f"{path} was taken to be whole {quiet_ns / _NS:.3f} s after a write, not {self.idle_s:g} s"
        return None


def only_idle_files_end() -> Oracle:
    return _OnlyIdleFilesEnd()


def only_idle_files_end_after(idle_s: float) -> OracleFactory:
    """The same for another idle time."""
    return lambda: _OnlyIdleFilesEnd(idle_s=idle_s)


@dataclass
class _PromisesAreKept(Fold):
    name: str = "S11 after a promise no other bytes are sent under its numbers"
    promised: dict[str, list[str]] = field(default_factory=dict)

    def step(self, step: Step) -> str | None:
        import json

        text = step.now.meta.get("intent", "")
        if text:
            intent = json.loads(text)
            self.promised[intent["upload_id"]] = intent["etags"]
        return None

    def other(self, event: Event) -> str | None:
        fields = event.fields
        if event.kind != "s3.response" or fields.get("operation") != "UploadPart" or fields.get("status") != 200:
            return None
        etags = self.promised.get(str(fields.get("upload")), [])
        n, etag = int(fields.get("part", 0)), str(fields.get("checksum", "")).strip('"')
        if etags and (n > len(etags) or etags[n - 1] != etag):
            return f"part {n} of {fields.get('key')} was sent with other bytes than were promised"
        return None


def promises_are_kept() -> Oracle:
    """For scenarios in which no request comes late and no worker sleeps: S3 cannot tell when a part was issued."""
    return _PromisesAreKept()
