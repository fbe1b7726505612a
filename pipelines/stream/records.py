"""Records: what Redis keeps of a stream, as values. Times are milliseconds of Redis' own clock."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from pipelines.stream.checksums import Checksum, composite
from pipelines.stream.names import STATUSES

ACTIVE, PENDING, COMPLETED, FAILED = STATUSES
PHASES: Final = ("init", "uploading", "draining", "committing", "publishing", "aborting", "done")

REASONS: Final = {
    "no_parts": "the file was empty when it became idle; bytes revive it",
    "missing_file": "the file is gone from its path, and what was uploaded is not all of it",
    "file_replaced": "another file is at the path now, which is a stream of its own",
    "upload_lost": "the upload is gone from S3, and so is the file",
    "intent_lost": "a part that was promised was overwritten, and the file has changed since; the next revision has it",
    "key_taken": "another writer's object is at the key; the next revision has a key of its own",
    "access_denied": "S3 refuses access; the upload is left open, and `retry` goes on with it",
    "no_such_bucket": "the bucket is not there; `retry` goes on with what is left",
    "rejected": "S3 calls our request wrong, a second time; a fault of this program or of the server",
    "too_large": "the file has more bytes than 10,000 parts hold",
    "retries": "no progress in as many tries as the policy allows",
}
"""Why a stream may have failed: the closed list."""


@dataclass(frozen=True)
class Part:
    """One part that S3 has acknowledged."""

    n: int
    offset: int
    size: int
    md5: str
    etag: str
    at: int = 0

    @classmethod
    def parse(cls, n: int, text: bytes | str) -> "Part":
        given = json.loads(text)
        return cls(n, given["offset"], given["size"], given["md5"], given["etag"], given["at"])


@dataclass(frozen=True)
class Intent:
    """What is about to be completed, exactly. Once written it is never changed."""

    upload_id: str
    size: int
    etag: str
    """What the object's ETag must be; empty where ETags of parts are no digests (SSE-KMS)."""
    etags: tuple[str, ...]
    """Of the parts 1, 2, 3 ..., without a gap."""
    algorithm: str = ""
    """Of the parts' checksums, where the upload has them."""
    checksums: tuple[str, ...] = ()

    def text(self) -> str:
        words = {"etag": self.etag, "etags": self.etags, "size": self.size, "upload_id": self.upload_id}
        sums = {"algorithm": self.algorithm, "checksums": self.checksums} if self.checksums else {}
        return json.dumps(words | sums, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> "Intent":
        given = json.loads(text)
        sums = given.get("algorithm", ""), tuple(given.get("checksums", ()))
        return cls(given["upload_id"], given["size"], given["etag"], tuple(given["etags"]), *sums)

    @property
    def checksum(self) -> Checksum | None:
        """What the object's checksum must be, if it has one that is made of those of its parts."""
        return composite(self.algorithm, self.checksums)


def bare(etag: str | None) -> str:
    """An ETag without its quotes, which servers and clients treat differently."""
    return (etag or "").strip().removeprefix("W/").strip('"')


def composite_etag(md5s: Sequence[str]) -> str:
    """The ETag of a multipart object whose parts have these digests."""
    return f"{hashlib.md5(bytes.fromhex(''.join(md5s)), usedforsecurity=False).hexdigest()}-{len(md5s)}"


@dataclass(frozen=True)
class Meta:
    """A stream: the meta hash."""

    id: str
    path: str = ""
    key: str = ""
    bucket: str = ""
    rev: int = 0
    status: str = ACTIVE
    phase: str = "init"
    upload_id: str = ""
    token: str = ""
    attempt: int = 0
    owner: str = ""
    epoch: int = 0
    lease_until: int = 0
    dev: int = 0
    ino: int = 0
    size_seen: int = 0
    mtime_ns: int = 0
    last_activity_at: int = 0
    bytes_sent: int = 0
    contiguous: int = 0
    """The parts 1 to this one are recorded; `bytes_sent` is where the last of them ends."""
    part_plan: str = ""
    intent: str = ""
    retry_count: int = 0
    next_retry_at: int = 0
    retry_reason: str = ""
    restart_reason: str = ""
    reason: str = ""
    etag: str = ""
    object_size: int = 0
    short: int = 0
    """1 if the file vanished before all of it was uploaded, and the operator wants what there is."""
    metadata: str = ""
    metadata_status: str = ""
    created_at: int = 0
    completed_at: int = 0

    @classmethod
    def parse(cls, stream: str, words: Mapping[bytes, bytes]) -> "Meta":
        """The stream in a hash; fields that this program does not know are left alone."""
        given: dict[str, Any] = {}
        for name, kind in _KINDS.items():
            raw = words.get(name.encode())
            if raw is None:
                continue
            text = os.fsdecode(raw)
            given[name] = int(text or 0) if kind is int else text
        return cls(stream, **given)

    @property
    def terminal(self) -> bool:
        return self.status in {COMPLETED, FAILED}

    @property
    def promised(self) -> Intent | None:
        """The intent, if there is one."""
        return Intent.parse(self.intent) if self.intent else None


_KINDS: Final = {field.name: field.type for field in fields(Meta) if field.name != "id"}
