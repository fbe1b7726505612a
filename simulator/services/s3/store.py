"""Store: what an S3 server remembers, as plain data, and the few acts that change it.

Every change goes through a method of `Store`, so a store that also writes to a disk overrides these methods,
calls `super()` and notes what happened. Nothing here decides anything: that is the model's.
"""

from bisect import bisect_left, insort
from typing import Final

from msgspec import Struct, field

from simulator.services.rope import EMPTY, Rope

NULL_VERSION: Final = "null"


class Owner(Struct, frozen=True):
    """An account: its canonical id and the name it shows."""

    id: str
    name: str = ""


class Grant(Struct, frozen=True):
    """One line of an ACL: a permission for an account (`id`) or for a group (`uri`)."""

    permission: str
    id: str = ""
    name: str = ""
    uri: str = ""


class Checksum(Struct, frozen=True):
    """A checksum as S3 shows it: `value` in base64, with `-N` behind it for a COMPOSITE one."""

    algorithm: str
    value: str
    type: str = "FULL_OBJECT"


class Part(Struct, frozen=True):
    """A part of an upload."""

    number: int
    etag: str
    body: Rope
    modified_ns: int
    checksum: Checksum | None = None

    @property
    def size(self) -> int:
        return self.body.size


class PartOf(Struct, frozen=True):
    """A part of a finished object: its number, size and checksum (the bytes are the object's)."""

    number: int
    size: int
    checksum: str = ""


class Version(Struct, kw_only=True):
    """An object, or one version of it; a delete marker is a version without a body."""

    key: str
    modified_ns: int
    owner: Owner
    version_id: str = NULL_VERSION
    etag: str = ""
    body: Rope = EMPTY
    headers: dict[str, str] = field(default_factory=dict)
    """System headers, in the words of the answer: Content-Type, Cache-Control, ..."""
    metadata: dict[str, str] = field(default_factory=dict)
    tags: tuple[tuple[str, str], ...] = ()
    checksum: Checksum | None = None
    """None until it is asked for, where the client sent none."""
    parts: tuple[PartOf, ...] = ()
    storage_class: str = "STANDARD"
    acl: tuple[Grant, ...] = ()
    marker: bool = False
    upload_id: str = ""
    """Of the upload that made it."""

    @property
    def size(self) -> int:
        return self.body.size


class Completion(Struct, frozen=True, kw_only=True):
    """What a finished upload answered, for the client that asks again."""

    at_ns: int
    parts: tuple[tuple[int, str], ...]
    etag: str
    version_id: str
    checksum: Checksum | None = None


class Upload(Struct, kw_only=True):
    """A multipart upload in progress; what it will give its object, and its parts by number."""

    id: str
    key: str
    initiated_ns: int
    initiator: Owner
    owner: Owner
    headers: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    tags: tuple[tuple[str, str], ...] = ()
    acl: tuple[Grant, ...] = ()
    storage_class: str = "STANDARD"
    algorithm: str = ""
    """Of the checksums the client announced; empty when it announced none."""
    checksum_type: str = ""
    existed: bool = False
    """Whether there was an object under the key when the upload began: conditional writes ask."""
    parts: dict[int, Part] = field(default_factory=dict)
    completion: Completion | None = None
    """Set once the upload is complete; it is then no longer listed and takes no more parts."""


class CorsRule(Struct, frozen=True, kw_only=True):
    """One rule of a bucket's CORS configuration."""

    id: str = ""
    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age_s: int | None = None


class LifecycleRule(Struct, frozen=True, kw_only=True):
    """One rule of a bucket's lifecycle: what it is about, and after how many days what happens."""

    id: str
    enabled: bool
    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    bytes_over: int | None = None
    bytes_under: int | None = None
    form: str = "Filter"
    """How the client wrote the filter: "Prefix" of old, "Filter" (empty or with one condition) or "And"."""
    expire_days: int | None = None
    expire_at_ns: int | None = None
    expire_markers: bool = False
    noncurrent_days: int | None = None
    noncurrent_kept: int | None = None
    abort_days: int | None = None


class Bucket(Struct, kw_only=True):
    """A bucket: its configuration, its keys in order, their versions (newest first), its uploads."""

    name: str
    owner: Owner
    created_ns: int
    region: str
    ownership: str = "ObjectWriter"
    ownership_stated: bool = True
    """Whether the ownership is a configuration of the bucket, or how buckets were of old."""
    acl: tuple[Grant, ...] = ()
    versioning: str = ""
    """"" (never enabled), "Enabled" or "Suspended"."""
    tags: tuple[tuple[str, str], ...] | None = None
    cors: tuple[CorsRule, ...] = ()
    lifecycle: tuple[LifecycleRule, ...] = ()
    public_access_block: tuple[bool, bool, bool, bool] | None = None
    """BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets."""
    swept_ns: int = 0
    """When lifecycle rules were last applied."""
    keys: list[str] = field(default_factory=list)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def current(self, key: str) -> Version | None:
        """The newest version, be it a delete marker."""
        versions = self.versions.get(key)
        return versions[0] if versions else None

    def version(self, key: str, version_id: str) -> Version | None:
        return next((each for each in self.versions.get(key, ()) if each.version_id == version_id), None)

    def open_uploads(self) -> list[Upload]:
        """In the order of listings: by key, then by age."""
        return sorted(
            (each for each in self.uploads.values() if each.completion is None),
            key=lambda each: (each.key, each.initiated_ns, each.id),  # The ids are the markers of pages.
        )


class Store:
    """All buckets of a server. The acts below are the only ones that change anything."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}

    def add_bucket(self, bucket: Bucket) -> None:
        self.buckets[bucket.name] = bucket

    def drop_bucket(self, bucket: Bucket) -> None:
        del self.buckets[bucket.name]

    def change_bucket(self, bucket: Bucket) -> None:
        """Its configuration was changed in place."""

    def add_version(self, bucket: Bucket, version: Version) -> None:
        """A new newest version; a null version takes the place of the null version there was."""
        key = version.key
        versions = bucket.versions.get(key)
        if versions is None:
            keys = bucket.keys
            if not keys or key > keys[-1]:
                keys.append(key)
            else:
                insort(keys, key)
            bucket.versions[key] = [version]
            return
        if version.version_id == NULL_VERSION:
            versions[:] = [each for each in versions if each.version_id != NULL_VERSION]
        versions.insert(0, version)

    def drop_version(self, bucket: Bucket, version: Version) -> None:
        versions = bucket.versions[version.key]
        versions[:] = [each for each in versions if each is not version]
        if not versions:
            del bucket.versions[version.key]
            del bucket.keys[bisect_left(bucket.keys, version.key)]

    def change_version(self, bucket: Bucket, version: Version) -> None:
        """Its tags, ACL or body were changed in place."""

    def add_upload(self, bucket: Bucket, upload: Upload) -> None:
        bucket.uploads[upload.id] = upload

    def add_part(self, bucket: Bucket, upload: Upload, part: Part) -> None:
        upload.parts[part.number] = part

    def complete_upload(self, bucket: Bucket, upload: Upload, version: Version, completion: Completion) -> None:
        """The object appears and the upload ends, both or neither."""
        self.add_version(bucket, version)
        upload.completion = completion
        upload.parts = {}

    def drop_upload(self, bucket: Bucket, upload: Upload) -> None:
        """Aborted, swept, or complete for so long that nobody asks any more."""
        del bucket.uploads[upload.id]

    def lose_uploads(self) -> None:
        """As servers do that keep them in memory only."""
        for bucket in self.buckets.values():
            for upload in list(bucket.uploads.values()):
                self.drop_upload(bucket, upload)
