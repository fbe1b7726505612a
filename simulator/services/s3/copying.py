"""Copying: of objects, and of stretches of objects into parts. Copies share their bytes."""

from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from simulator.services.http.message import Response
from simulator.services.rope import Rope
from simulator.services.s3 import attire, checksums, conditions, lifecycle, names, ranges, tags, versions
from simulator.services.s3.call import Call
from simulator.services.s3.dates import iso
from simulator.services.s3.errors import S3Error
from simulator.services.s3.markup import element
from simulator.services.s3.objects import ENCRYPTED, checksum_of
from simulator.services.s3.store import Bucket, Checksum, Part, Upload, Version
from simulator.services.s3.uploads import number_of_part, open_upload

_TO_ITSELF: Final = (
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
    "metadata, storage class, website redirect location or encryption attributes."
)


class Source(NamedTuple):
    """What is copied."""

    bucket: Bucket
    version: Version
    named: bool
    """Whether the request names the version."""


def copy_object(call: Call) -> Response:
    bucket, request = call.bucket("WRITE"), call.request
    names.check_key(request.key, call.settings)
    source = _source(call)
    replace = _directive(call, "metadata")
    retag = _directive(call, "tagging")
    found = source.version
    if found.size > call.settings.copy_bytes_max:
        raise S3Error(
            "InvalidRequest",
            "The specified copy source is larger than the maximum allowable size for a copy source: "
            f"{call.settings.copy_bytes_max}",
        )
    wear = attire.of_request(call, bucket)
    same_place = source.bucket is bucket and found.key == request.key and not source.named
    if same_place and not replace and not _changes(call):
        raise S3Error("InvalidRequest", _TO_ITSELF)
    conditions.check_write(call, bucket)
    headers = wear.headers if replace else dict(found.headers)
    if not replace and "x-amz-website-redirect-location" in wear.headers:
        headers["x-amz-website-redirect-location"] = wear.headers["x-amz-website-redirect-location"]
    elif not replace:
        headers.pop("x-amz-website-redirect-location", None)
    etag = found.etag if "-" not in found.etag else _etag(call, found.body)
    version = Version(
        key=request.key,
        modified_ns=call.now_ns,
        owner=wear.owner,
        version_id=versions.new_id(call, bucket),
        etag=etag,
        body=found.body,
        headers=headers,
        metadata=wear.metadata if replace else dict(found.metadata),
        tags=_tags(call) if retag else found.tags,
        checksum=_checksum(call, found),
        storage_class=wear.storage_class,
        acl=wear.acl,
    )
    call.store.add_version(bucket, version)
    response = call.xml("CopyObjectResult", _result(version.modified_ns, etag, version.checksum, kind=True))
    if call.settings.encryption_answered:
        response.headers.append(ENCRYPTED)
    if source.bucket.versioning:
        response.headers.append(("x-amz-copy-source-version-id", found.version_id))
    response.headers += versions.id_header(bucket, version)
    response.headers += lifecycle.expiration_header(bucket, version, call.settings)
    return response


def _result(at_ns: int, etag: str, checksum: Checksum | None, *, kind: bool) -> str:
    sums = ""
    if checksum is not None:
        sums = element("ChecksumType", checksum.type) if kind else ""
        sums += element(f"Checksum{checksum.algorithm}", checksum.value)
    return f"<LastModified>{iso(at_ns)}</LastModified><ETag>&quot;{etag}&quot;</ETag>{sums}"


_CHANGING: Final = (
    "x-amz-storage-class",  # even the one it has
    "x-amz-website-redirect-location",
    "x-amz-server-side-encryption",
    "x-amz-checksum-algorithm",
)


def _changes(call: Call) -> bool:
    return any(name in call.request.headers for name in _CHANGING)


def _checksum(call: Call, found: Version) -> Checksum | None:
    """As asked for, or of the source's algorithm; a copy is in one piece, so its checksum is of the whole."""
    if call.settings.personality.checksums != "full":
        return None
    algorithm = checksums.announced(call.request.headers)
    if not algorithm or (found.checksum is not None and found.checksum.algorithm == algorithm):
        if found.checksum is None or found.checksum.type == "FULL_OBJECT":
            return found.checksum
        algorithm = found.checksum.algorithm
    return Checksum(algorithm, checksums.compute(algorithm, found.body))


def _directive(call: Call, name: str) -> bool:
    """Whether the request's own are taken instead of the source's."""
    header = f"x-amz-{name}-directive"
    value = call.request.headers.get(header, "COPY")
    if value not in ("COPY", "REPLACE"):
        raise S3Error("InvalidArgument", f"Unknown {name} directive.", ArgumentName=header, ArgumentValue=value)
    return value == "REPLACE"


def _tags(call: Call) -> tags.Tags:
    text = call.request.headers.get("x-amz-tagging")
    return tags.of_header(text, call.settings.tags_max) if text else ()


def _source(call: Call) -> Source:
    """Find what x-amz-copy-source names, if the caller may read it and its conditions hold."""
    text = call.request.headers["x-amz-copy-source"]
    path, mark, query = text.partition("?")
    version_id = query.removeprefix("versionId=") if mark and query.startswith("versionId=") else None
    try:
        path = unquote(path if not mark or version_id is not None else text, errors="strict").removeprefix("/")
    except UnicodeDecodeError:
        path = ""
    name, _, key = path.partition("/")
    if not name or not key or name.startswith("arn:"):
        raise S3Error(
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            ArgumentName="x-amz-copy-source",
            ArgumentValue=text,
        )
    bucket = call.bucket_named(name)
    expected = call.request.headers.get("x-amz-source-expected-bucket-owner")
    if expected is not None and expected not in (bucket.owner.id, call.settings.account_id):
        raise S3Error("AccessDenied")
    version = _version(call, bucket, key, version_id)
    call.readable(bucket, version)
    conditions.check_source(call.request.headers, version, call.now_ns)
    if version.storage_class in attire.ARCHIVED:
        raise S3Error("ObjectNotInActiveTierError")
    return Source(bucket, version, version_id is not None)


def _version(call: Call, bucket: Bucket, key: str, version_id: str | None) -> Version:
    if version_id is None:
        version = bucket.current(key)
        if version is None or version.marker:
            raise S3Error("NoSuchKey", Key=key)
        return version
    names.check_version_id(version_id)
    version = bucket.version(key, version_id)
    if version is None:
        raise S3Error("NoSuchVersion", Key=key, VersionId=version_id)
    if version.marker:
        raise S3Error(
            "InvalidRequest",
            "The source of a copy request may not specifically refer to a delete marker by version id.",
        )
    return version


def _etag(call: Call, body: Rope) -> str:
    return checksums.etag_of(body.digest("md5"), call.settings.personality.etags)


def upload_part_copy(call: Call) -> Response:
    bucket = call.bucket("WRITE")
    number = number_of_part(call)
    upload = open_upload(call, bucket)
    if upload.completion is not None:
        raise S3Error("NoSuchUpload", UploadId=upload.id)
    source = _source(call)
    body = source.version.body
    wanted = call.request.headers.get("x-amz-copy-source-range")
    if wanted is not None:
        span = ranges.of_copy(wanted, body.size)
        body = body[span.start : span.stop]
    if body.size > call.settings.part_bytes_max:
        raise S3Error(
            "InvalidRequest",
            "The specified copy source is larger than the maximum allowable size for a copy source: "
            f"{call.settings.part_bytes_max}",
        )
    part = Part(number, _etag(call, body), body, call.now_ns, _part_checksum(call, source, upload, body))
    call.store.add_part(bucket, upload, part)
    response = call.xml("CopyPartResult", _result(part.modified_ns, part.etag, part.checksum, kind=False))
    if call.settings.encryption_answered:
        response.headers.append(ENCRYPTED)
    if source.bucket.versioning:
        response.headers.append(("x-amz-copy-source-version-id", source.version.version_id))
    return response


def _part_checksum(call: Call, source: Source, upload: Upload, body: Rope) -> Checksum | None:
    """Of the upload's algorithm; a copy of the whole source takes over the source's."""
    if not upload.algorithm:
        return None
    if body is source.version.body:
        known = checksum_of(call, source.version) if source.version.checksum else None
        if known is not None and known.type == "FULL_OBJECT" and known.algorithm == upload.algorithm:
            return known
    return Checksum(upload.algorithm, checksums.compute(upload.algorithm, body))


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "CopyObject": copy_object,
    "UploadPartCopy": upload_part_copy,
}
