"""Where OpenStack Swift 2.38.3 is not AWS: what it answers instead, by the story and the name of the observation."""

from collections.abc import Mapping
from typing import Final

_UNSUPPORTED: Final = "501 NotImplemented"
_NO_SUM: Final = [None, None]

SWIFT: Final[Mapping[str, object]] = {
    "buckets.life: made again by its owner": "409 BucketAlreadyOwnedByYou",
    "buckets.pages: by two": [["a", "b", "c", "d", "e"]],
    "objects.headers: too much of it": "400 InvalidRequest",
    # Both conditions must hold, whichever is the stronger one.
    "conditions.reads: match beats date": "412 PreconditionFailed",
    "conditions.reads: head match beats date": "412 412",
    "conditions.reads: none match, another, beats date": "304 304",
    "conditions.reads: head none match, another, beats date": "304 304",
    "copies.whole: onto itself, into the class it has": "400 InvalidRequest",
    # If-Match on writes.
    "conditions.writes: over the one that was seen": _UNSUPPORTED,
    "conditions.writes: over an old one": _UNSUPPORTED,
    "conditions.writes: the second stayed": b"1",
    "conditions.writes: over one that is not there": _UNSUPPORTED,
    "multipart.conditions: over another": _UNSUPPORTED,
    "multipart.conditions: over the one that was seen": _UNSUPPORTED,
    "multipart.conditions: it is new": b"there",
    # A completed upload goes on to take parts, and that breaks its object.
    "multipart.life: list after complete": "200",
    "multipart.life: abort after complete": "404 NoSuchKey",
    "multipart.life: send after complete": "200",
    "multipart.life: the object stands": "409 BrokenMPU",
    "multipart.refused: another size in all": "200",
    "multipart.pages_of_uploads: by one, none twice": [1, False],
    # Checksums are checked, but neither kept nor told.
    **{
        f"checksums.of_objects: {name} {told}": told_as
        for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
        for told, told_as in (("given back", None), ("told", _NO_SUM))
    },
    "checksums.by_default: sent by the client": None,
    "checksums.by_default: told when got": None,
    "checksums.by_default: made by the server": None,
    "checksums.composite: of parts": _NO_SUM,
    "checksums.composite: listed": _NO_SUM,
    "checksums.composite: algorithm": None,
    "checksums.composite: another sum": "200",
    "checksums.composite: of all": _NO_SUM,
    "checksums.composite: told": _NO_SUM,
    "checksums.full_object: another sum": "200",
    "checksums.full_object: of all": _NO_SUM,
    "checksums.attributes: plain": ["ClientError"],
    "checksums.attributes: parts in pages": ["ClientError"],
    "wire.signed_chunks: checksum": None,
    "versions.life: the marker itself": "404 NoSuchKey",
    "versions.life: an id nobody gave": "400 InvalidRequest",
    # It has no tags, and says so when any are given.
    "tags.of_objects: with the object": _UNSUPPORTED,
    "tags.of_objects: told": [],
    "tags.of_objects: counted": None,
    "tags.of_objects: replaced": _UNSUPPORTED,
    "tags.of_objects: told again": [],
    "tags.of_objects: of a copy": [],
    "tags.of_objects: removed": _UNSUPPORTED,
    "tags.of_objects: one twice": _UNSUPPORTED,
    "tags.of_objects: eleven": _UNSUPPORTED,
    "tags.of_objects: one of the system's": _UNSUPPORTED,
    "tags.of_objects: of none": [],
    # It does not say which half of the credentials it does not know.
    "signatures.in_headers: an unknown key": "403 SignatureDoesNotMatch",
    "signatures.in_links: of nobody": "403 SignatureDoesNotMatch",
    "signatures.in_headers: none at all": "400",
    "signatures.in_links: half of it": "403 AccessDenied",
}
