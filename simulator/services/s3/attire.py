"""Attire: what an object wears besides its bytes: system headers, metadata, tags, ACL, storage class."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from simulator.services.s3 import acls, tags
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error, not_implemented
from simulator.services.s3.store import Bucket, Grant, Owner

DEFAULT_TYPE: Final = "binary/octet-stream"
SYSTEM: Final = {
    "content-type": "Content-Type",
    "cache-control": "Cache-Control",
    "content-disposition": "Content-Disposition",
    "content-encoding": "Content-Encoding",
    "content-language": "Content-Language",
    "expires": "Expires",
}
STORAGE_CLASSES: Final = frozenset(
    (
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
        "GLACIER_IR", "DEEP_ARCHIVE",
    )
)  # fmt: skip
ARCHIVED: Final = frozenset(("GLACIER", "DEEP_ARCHIVE"))
"""Classes that must be restored before they are read."""
_META: Final = "x-amz-meta-"
_REDIRECT: Final = "x-amz-website-redirect-location"


class Attire(NamedTuple):
    """As a request to write states it."""

    headers: dict[str, str]
    metadata: dict[str, str]
    tags: tuple[tuple[str, str], ...]
    acl: tuple[Grant, ...]
    storage_class: str
    owner: Owner


def of_request(call: Call, bucket: Bucket) -> Attire:
    """Everything at once, for a new object."""
    headers = call.request.headers
    described, metadata = described_by(call)
    tagging = headers.get("x-amz-tagging")
    return Attire(
        described,
        metadata,
        tags.of_header(tagging, call.settings.tags_max) if tagging else (),
        acls.for_new_object(call, bucket),
        storage_class(headers),
        acls.owner_of_new_object(call, bucket),
    )


def described_by(call: Call) -> tuple[dict[str, str], dict[str, str]]:
    """System headers and metadata, as a request states them."""
    system: dict[str, str] = {}
    metadata: dict[str, str] = {}
    for name, value in call.request.headers.items():
        title = SYSTEM.get(name)
        if title is not None:
            system[title] = value
        elif name.startswith(_META):
            metadata[name[len(_META) :]] = value
    if metadata:
        _check_metadata(metadata, call.settings.metadata_bytes_max)
    if not system.get("Content-Type"):
        system["Content-Type"] = DEFAULT_TYPE
    redirect = call.request.headers.get(_REDIRECT)
    if redirect is not None:
        if not redirect.startswith(("/", "http://", "https://")):
            raise S3Error("InvalidRedirectLocation")
        system[_REDIRECT] = redirect
    if "x-amz-server-side-encryption" in call.request.headers:
        check_encryption(call.request.headers)
    return system, metadata


def _check_metadata(metadata: Mapping[str, str], most: int) -> None:
    size = sum(len(name.encode()) + len(value.encode("utf-8", "replace")) for name, value in metadata.items())
    if size > most:
        raise S3Error("MetadataTooLarge", Size=size, MaxSizeAllowed=most)


def storage_class(headers: Mapping[str, str]) -> str:
    name = headers.get("x-amz-storage-class", "STANDARD")
    if name not in STORAGE_CLASSES:
        raise S3Error("InvalidStorageClass", StorageClassRequested=name)
    return name


def check_encryption(headers: Mapping[str, str]) -> None:
    """The server's own keys change nothing that a client could see; KMS would."""
    name = headers["x-amz-server-side-encryption"]
    if name.startswith("aws:kms"):
        raise not_implemented(f"x-amz-server-side-encryption: {name}", Header="x-amz-server-side-encryption")
    if name != "AES256":
        raise S3Error(
            "InvalidArgument",
            "The encryption method specified is not supported",
            ArgumentName="x-amz-server-side-encryption",
            ArgumentValue=name,
        )
