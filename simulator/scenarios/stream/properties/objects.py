"""Objects: what is published is what was recorded, whole, once, and under the right name."""

from dataclasses import dataclass, field
from typing import Any, Final

from simulator.oracles.fold import Oracle
from simulator.scenarios.stream.properties.fold import Fold, Step, answered, number
from simulator.scenarios.stream.published import PUBLISHED
from simulator.trace.event import Event

REASONS: Final = frozenset(
    {
        "no_parts", "missing_file", "file_replaced", "upload_lost", "intent_lost", "key_taken", "access_denied",
        "no_such_bucket", "rejected", "too_large", "retries",
    }
)  # fmt: skip
_PART_BYTES_MIN: Final = 5 << 20
_PARTS_MAX: Final = 10_000


def published(event: Event) -> dict[str, Any] | None:
    """What a Complete has made, if the event tells of one."""
    if event.kind != "note" or event.fields.get("text") != PUBLISHED:
        return None
    data: dict[str, Any] = event.fields["data"]
    return data


@dataclass
class _CompletedIsThere(Fold):
    name: str = "S3 S4 what is completed is at its key, with the ETag, size and token that Redis keeps"
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)

    def other(self, event: Event) -> str | None:
        made = published(event)
        if made is not None:
            self.objects[made["key"]] = made
        return None

    def step(self, step: Step) -> str | None:
        meta = step.now.meta
        if not step.turned("status", "completed") or step.rollback:
            return None
        made = self.objects.get(meta.get("key", ""))
        if made is None:
            return f"it is completed, and nothing was published at {meta.get('key')}"
        found = (made["size"], made["etag"], made["stamp"])
        kept = (number(meta, "object_size"), meta.get("etag"), meta.get("stamp"))
        return f"Redis keeps {kept}, and the object is {found}" if found != kept else None


def completed_is_there() -> Oracle:
    return _CompletedIsThere()


@dataclass
class _WholeStatesOnly(Fold):
    name: str = "S5 each object was, byte for byte, what its file once was"

    def other(self, event: Event) -> str | None:
        made = published(event)
        if made is None or made["whole"]:
            return None
        return f"{made['key']} ({made['size']} bytes) is a mixture: its file never was that"


def whole_states_only() -> Oracle:
    return _WholeStatesOnly()


@dataclass
class _PartsWereAcknowledged(Fold):
    name: str = "S8 each recorded part was acknowledged by S3 for that upload"
    acknowledged: set[tuple[str, int, str]] = field(default_factory=set)

    def other(self, event: Event) -> str | None:
        if answered(event, "UploadPart"):
            fields = event.fields
            etag = str(fields.get("checksum", "")).strip('"')
            self.acknowledged.add((str(fields.get("upload")), int(fields.get("part", 0)), etag))
        return None

    def step(self, step: Step) -> str | None:
        upload = step.now.meta.get("upload_id", "")
        for key in step.told.get("parts", {}):
            part = step.now.parts.get(int(key))
            if part is not None and not step.rollback and (upload, int(key), part[2]) not in self.acknowledged:
                return f"part {key} is recorded, and S3 never said that it has it"
        return None


def parts_were_acknowledged() -> Oracle:
    return _PartsWereAcknowledged()


@dataclass
class _ListsAreGapless(Fold):
    name: str = "S9 objects are made of parts 1, 2, 3 ..., and no part but the last is below 5 MiB"

    def other(self, event: Event) -> str | None:
        made = published(event)
        if made is None:
            return None
        if not isinstance(made["numbers"], int) or not 1 <= made["numbers"] <= _PARTS_MAX:
            return f"{made['key']} was made of the parts {made['numbers']}"
        if made["numbers"] > 1 and made["smallest"] < _PART_BYTES_MIN:
            return f"{made['key']} has a part of {made['smallest']} bytes in its midst"
        return None


def lists_are_gapless() -> Oracle:
    return _ListsAreGapless()


@dataclass
class _PublishedOnce(Fold):
    name: str = "S10 one Complete for each token, and one promise for each upload"
    tokens: set[tuple[str, str]] = field(default_factory=set)
    promises: dict[str, str] = field(default_factory=dict)

    def other(self, event: Event) -> str | None:
        made = published(event)
        if made is None:
            return None
        token = (made["key"], made["stamp"])
        if token in self.tokens:
            return f"{made['key']} was published a second time under the token {made['stamp']}"
        self.tokens.add(token)
        return None

    def step(self, step: Step) -> str | None:
        text, upload = step.now.meta.get("intent", ""), step.now.meta.get("upload_id", "")
        if step.rollback:
            self.promises.pop(upload, None)
        if not text or not upload:
            return None
        known = self.promises.setdefault(upload, text)
        return f"upload {upload[:12]} has two promises" if known != text else None


def published_once() -> Oracle:
    return _PublishedOnce()


@dataclass
class _FailedHasAReason(Fold):
    name: str = "S17 a stream fails for a reason that is on the list and true, and leaves no object"
    tokens: set[str] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)

    def other(self, event: Event) -> str | None:
        made, fields = published(event), event.fields
        path = str(fields.get("path", ""))
        if made is not None:
            self.tokens.add(made["stamp"])
        elif event.kind == "fs.write":
            self.sizes[path] = max(self.sizes.get(path, 0), int(fields["offset"]) + int(fields["bytes"]))
        elif event.kind == "fs.truncate":
            self.sizes[path] = int(fields["size"])
        elif event.kind == "fs.rename":
            self.sizes[str(fields["to"])] = self.sizes.pop(path, 0)
        elif event.kind == "fs.unlink":
            self.sizes.pop(path, None)
        elif event.kind == "fs.crash":
            self.sizes.clear()  # Names and bytes may be gone, and nobody was told which.
        return None

    def step(self, step: Step) -> str | None:
        meta = step.now.meta
        if not step.turned("status", "failed") or step.rollback:
            return None
        reason, path = meta.get("reason", ""), meta.get("path", "")
        if reason not in REASONS:
            return f"it failed for {reason or 'no reason'}, which is not on the list"
        if reason == "no_parts" and self.sizes.get(path, 0):
            return f"it failed with no_parts, and {path} has {self.sizes[path]} bytes"
        if reason == "missing_file" and path in self.sizes and not step.before.meta.get("intent"):
            return f"it failed with missing_file, and {path} is there"
        mine = [token for token in self.tokens if token.rpartition("/")[0] == step.name]
        return f"it failed, and its object was published under {mine[0]}" if mine else None


def failed_has_a_reason() -> Oracle:
    return _FailedHasAReason()


@dataclass
class _Described(Fold):
    name: str = "S24 what is completed is described, or it is said why not"
    put: set[str] = field(default_factory=set)

    def other(self, event: Event) -> str | None:
        if answered(event, "PutObject"):
            self.put.add(str(event.fields.get("key")))
        return None

    def step(self, step: Step) -> str | None:
        meta = step.now.meta
        if not step.turned("status", "completed") or step.rollback:
            return None
        status = meta.get("metadata_status")
        if status not in {"ok", "error", "off"}:
            return f"it is completed, and its metadata_status is {status!r}"
        if status == "ok" and f"{meta.get('key')}.json" not in self.put:
            return "its metadata is ok, and there is no description beside its object"
        return None


def described() -> Oracle:
    return _Described()
