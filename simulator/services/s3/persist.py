"""Persistence: a store that is also in a folder, and survives the loss of the process at any moment.

    DIR/lock        held by the server that uses the folder
    DIR/journal     every change, in order; small bodies stand in it
    DIR/blobs/..    larger bodies, one file each

An answer is given when `commit` has returned: the new blobs are on the disk first, then the records that
speak of them. What was under way when the power went is torn off at the next start; it was never acknowledged.
When the journal has grown far beyond what is alive, it is written anew.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from msgspec import DecodeError, ValidationError, convert, msgpack, structs, to_builtins

from simulator.errors import Misuse
from simulator.services.rope import Rope
from simulator.services.s3.persist_blobs import Blobs, Kept
from simulator.services.s3.persist_journal import Journal, sync_folder
from simulator.services.s3.persist_records import (
    BucketGone,
    BucketIs,
    Completed,
    PartIs,
    Record,
    UploadGone,
    UploadIs,
    VersionGone,
    VersionIs,
    bare,
)
from simulator.services.s3.store import Bucket, Completion, Part, Store, Upload, Version

COMPACT_BYTES_MIN: Final = 8 << 20
"""A journal below this size is never written anew."""
COMPACT_FACTOR: Final = 4
"""It is, when it has grown to so many times what it was after the last time."""


class PersistentStore(Store):
    """A store in a folder. `open` it, change it as any store, and `commit` before you answer."""

    def __init__(self, folder: Path, *, fsync: bool, mapped: bool) -> None:
        super().__init__()
        self.folder = folder
        self.notes: list[str] = []
        """What a user should know of how the folder was found."""
        self.failed: OSError | None = None
        """Why nothing can be written any more."""
        self._lock = -1
        self._journal = Journal(folder, fsync=fsync)
        self._blobs = Blobs(folder / "blobs", fsync=fsync, mapped=mapped)
        self._bodies: dict[int, Rope] = {}
        """The body under which each version is known to the blobs, by the version's identity."""
        self._records: list[bytes] = []
        self._silent = 0
        self._compact_at = COMPACT_BYTES_MIN
        self._encoder = msgpack.Encoder(enc_hook=self._pack)
        self._decoder = msgpack.Decoder(Record, dec_hook=self._unpack)

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, fsync: bool = True, mapped: bool = False) -> Self:
        """The store of a folder, which is made if need be; `Misuse` if it cannot be used."""
        path = Path(folder)
        try:
            _make(path / "blobs", fsync=fsync)
            store = cls(path, fsync=fsync, mapped=mapped)
            store._take_lock()
            try:
                store._load()
            except BaseException:
                store.close()
                raise
        except OSError as error:
            raise Misuse(
                f"{path} cannot hold the data of a server: {error.strerror or error}",
                hint="name a folder that can be written to",
            ) from None
        return store

    def _take_lock(self) -> None:
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._lock, 64).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise Misuse(
                f"{self.folder} is in use by another server" + (f" (process {owner})" if owner else ""),
                hint="stop that one, or name another folder",
            ) from None
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{os.getpid()}\n".encode())

    def close(self) -> None:
        """Let go of the folder; what was not committed is lost."""
        self._journal.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    # --- loading ----------------------------------------------------------------------------------------

    def _load(self) -> None:
        with self._unrecorded():
            for payload in self._journal.replay():
                try:
                    self._redo(self._decoder.decode(payload))
                except (DecodeError, ValidationError, LookupError) as error:
                    raise Misuse(
                        f"{self._journal.path} does not make sense: {error}",
                        hint="it is of another version of this server, or damaged; use another folder",
                    ) from None
            self._drop_the_bodiless()
        self._blobs.sweep()
        if self._journal.dropped_bytes:
            self.notes.append(f"{self._journal.dropped_bytes} bytes at the end of the journal were torn, and dropped")
        self._compact_at = max(COMPACT_BYTES_MIN, COMPACT_FACTOR * self._journal.size)

    def _redo(self, record: Record) -> None:
        if isinstance(record, BucketIs):
            self._redo_bucket(record.bucket)
            return
        bucket = self.buckets[record.bucket]
        match record:
            case VersionIs(version=version, new=True):
                self.add_version(bucket, version)
            case VersionIs(version=version):
                self._replace_version(bucket, version)
            case VersionGone(key=key, version_id=version_id):
                found = bucket.version(key, version_id)
                assert found is not None, f"{bucket.name}/{key} has no version {version_id}"
                self.drop_version(bucket, found)
            case UploadIs(upload=upload):
                self.add_upload(bucket, upload)
            case PartIs(upload=upload_id, part=part):
                self.add_part(bucket, bucket.uploads[upload_id], part)
            case Completed(upload=upload_id, version=version, completion=completion):
                self.complete_upload(bucket, bucket.uploads[upload_id], version, completion)
            case UploadGone(upload=upload_id):
                self.drop_upload(bucket, bucket.uploads[upload_id])
            case BucketGone():
                self.drop_bucket(bucket)

    def _redo_bucket(self, bucket: Bucket) -> None:
        known = self.buckets.get(bucket.name)
        if known is not None:
            bucket.keys, bucket.versions, bucket.uploads = known.keys, known.versions, known.uploads
        super().add_bucket(bucket)

    def _replace_version(self, bucket: Bucket, version: Version) -> None:
        versions = bucket.versions[version.key]
        place = next(place for place, each in enumerate(versions) if each.version_id == version.version_id)
        self._hold(version)
        self._release(versions[place])
        versions[place] = version

    def _drop_the_bodiless(self) -> None:
        """Without fsync a power cut may take blobs that the journal knows of; what is left of them is no object."""
        absent = self._blobs.absent
        if not absent:
            return
        for bucket in self.buckets.values():
            for version in [each for versions in bucket.versions.values() for each in versions]:
                if self._blobs.lies_over(version.body, absent):
                    self.drop_version(bucket, version)
                    self.notes.append(f"the bytes of {bucket.name}/{version.key} are gone, and so is the object")
            for upload in bucket.uploads.values():
                for part in [each for each in upload.parts.values() if self._blobs.lies_over(each.body, absent)]:
                    self._blobs.drop(upload.parts.pop(part.number).body)
                    self.notes.append(f"the bytes of part {part.number} of {bucket.name}/{upload.key} are gone")

    # --- committing -------------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether something waits for `commit`."""
        return bool(self._records)

    def commit(self) -> None:
        """Wait until every change so far is on the disk. After an `OSError` nothing is taken any more."""
        records, self._records = self._records, []
        if not records:
            return
        try:
            if self.failed is not None:
                raise self.failed
            self._blobs.sync()
            self._journal.append(records)
        except OSError as error:
            self.failed = error
            raise
        self._blobs.forget()
        if self._journal.size > self._compact_at:
            self.compact()

    def compact(self) -> None:
        """Write the journal anew, with what is alive and nothing else."""
        try:
            self._journal.rewrite(map(self._encoder.encode, self._alive()))
        except OSError:
            self._compact_at = 2 * self._journal.size  # The old one is whole; try again much later.
            return
        self._compact_at = max(COMPACT_BYTES_MIN, COMPACT_FACTOR * self._journal.size)

    def _alive(self) -> Iterator[Record]:
        for bucket in self.buckets.values():
            yield BucketIs(bare(bucket))
            for versions in bucket.versions.values():
                for version in reversed(versions):
                    yield VersionIs(bucket.name, version, True)
            for upload in bucket.uploads.values():
                yield UploadIs(bucket.name, structs.replace(upload, parts={}))
                for part in upload.parts.values():
                    yield PartIs(bucket.name, upload.id, part)

    # --- recording --------------------------------------------------------------------------------------

    def _note(self, make: Callable[..., Record], *fields: Any) -> None:
        if not self._silent:
            self._records.append(self._encoder.encode(make(*fields)))

    @contextmanager
    def _unrecorded(self) -> Iterator[None]:
        self._silent += 1
        try:
            yield
        finally:
            self._silent -= 1

    def _kept(self, rope: Rope) -> Rope:
        return rope if self._silent else self._blobs.keep(rope)

    def _hold(self, version: Version) -> None:
        self._blobs.use(version.body)
        self._bodies[id(version)] = version.body

    def _release(self, version: Version) -> None:
        self._blobs.drop(self._bodies.pop(id(version)))

    def _pack(self, value: Any) -> Any:
        assert isinstance(value, Rope)
        return to_builtins(self._blobs.packed(value), builtin_types=(bytes,))

    def _unpack(self, kind: type, value: Any) -> Rope:
        assert kind is Rope
        return self._blobs.unpacked(convert(value, Kept))

    # --- the acts of a store ----------------------------------------------------------------------------

    def add_bucket(self, bucket: Bucket) -> None:
        super().add_bucket(bucket)
        self._note(BucketIs, bare(bucket))

    def drop_bucket(self, bucket: Bucket) -> None:
        super().drop_bucket(bucket)
        for upload in bucket.uploads.values():
            for part in upload.parts.values():
                self._blobs.drop(part.body)
        self._note(BucketGone, bucket.name)

    def change_bucket(self, bucket: Bucket) -> None:
        super().change_bucket(bucket)
        self._note(BucketIs, bare(bucket))

    def add_version(self, bucket: Bucket, version: Version) -> None:
        version.body = self._kept(version.body)
        before = list(bucket.versions.get(version.key, ()))
        super().add_version(bucket, version)
        self._hold(version)
        after = bucket.versions[version.key]
        if len(after) <= len(before):
            for gone in before:
                if not any(gone is each for each in after):
                    self._release(gone)
        self._note(VersionIs, bucket.name, version, True)

    def change_version(self, bucket: Bucket, version: Version) -> None:
        super().change_version(bucket, version)
        version.body = self._kept(version.body)
        if self._bodies[id(version)] is not version.body:
            before = self._bodies[id(version)]
            self._hold(version)
            self._blobs.drop(before)
        self._note(VersionIs, bucket.name, version, False)

    def drop_version(self, bucket: Bucket, version: Version) -> None:
        super().drop_version(bucket, version)
        self._release(version)
        self._note(VersionGone, bucket.name, version.key, version.version_id)

    def add_upload(self, bucket: Bucket, upload: Upload) -> None:
        super().add_upload(bucket, upload)
        self._note(UploadIs, bucket.name, upload)

    def add_part(self, bucket: Bucket, upload: Upload, part: Part) -> None:
        part = structs.replace(part, body=self._kept(part.body))
        before = upload.parts.get(part.number)
        super().add_part(bucket, upload, part)
        self._blobs.use(part.body)
        if before is not None:
            self._blobs.drop(before.body)
        self._note(PartIs, bucket.name, upload.id, part)

    def complete_upload(self, bucket: Bucket, upload: Upload, version: Version, completion: Completion) -> None:
        parts = list(upload.parts.values())
        version.body = self._kept(version.body)
        with self._unrecorded():
            super().complete_upload(bucket, upload, version, completion)
        for part in parts:
            self._blobs.drop(part.body)
        self._note(Completed, bucket.name, upload.id, version, completion)

    def drop_upload(self, bucket: Bucket, upload: Upload) -> None:
        super().drop_upload(bucket, upload)
        for part in upload.parts.values():
            self._blobs.drop(part.body)
        self._note(UploadGone, bucket.name, upload.id)


def _make(folder: Path, *, fsync: bool) -> None:
    """A folder and those above it, each name on the disk before anything relies on it."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in reversed(missing):
        sync_folder(each.parent, really=fsync)
