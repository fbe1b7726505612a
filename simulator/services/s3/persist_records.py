"""Records: what the journal says, one line of a store's life each. Bodies stand in them as `persist_blobs.Kept`."""

from msgspec import Struct, structs

from simulator.services.s3.store import Bucket, Completion, Part, Upload, Version


class BucketIs(Struct, tag="b", array_like=True):
    """A bucket was made, or its configuration changed."""

    bucket: Bucket


class BucketGone(Struct, tag="B", array_like=True):
    """A bucket was deleted."""

    bucket: str


class VersionIs(Struct, tag="v", array_like=True):
    """There is a new version of an object, or one was changed."""

    bucket: str
    version: Version
    new: bool


class VersionGone(Struct, tag="V", array_like=True):
    """A version was deleted."""

    bucket: str
    key: str
    version_id: str


class UploadIs(Struct, tag="u", array_like=True):
    """An upload began."""

    bucket: str
    upload: Upload


class PartIs(Struct, tag="p", array_like=True):
    """A part arrived."""

    bucket: str
    upload: str
    part: Part


class Completed(Struct, tag="c", array_like=True):
    """An upload became an object."""

    bucket: str
    upload: str
    version: Version
    completion: Completion


class UploadGone(Struct, tag="U", array_like=True):
    """An upload was aborted, or forgotten."""

    bucket: str
    upload: str


Record = BucketIs | BucketGone | VersionIs | VersionGone | UploadIs | PartIs | Completed | UploadGone


def bare(bucket: Bucket) -> Bucket:
    """A bucket's configuration, without what is in it."""
    return structs.replace(bucket, keys=[], versions={}, uploads={})
