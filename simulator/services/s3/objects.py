"""Objects: put, get, head."""

from collections.abc import Callable
from typing import Final

from simulator.services.http.message import Headers, Response
from simulator.services.rope import Rope
from simulator.services.s3 import attire, checksums, conditions, lifecycle, names, ranges, versions
from simulator.services.s3.call import Call
from simulator.services.s3.dates import http
from simulator.services.s3.errors import S3Error
from simulator.services.s3.store import Bucket, Checksum, Version

_OVERRIDES: Final = {
    "response-content-type": "Content-Type",
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
}
ENCRYPTED: Final = ("x-amz-server-side-encryption", "AES256")


def put_object(call: Call) -> Response:
    bucket, request, settings = call.bucket("WRITE"), call.request, call.settings
    headers, body, key = request.headers, request.body, request.key
    if len(key) > settings.key_bytes_max >> 2:
        names.check_key(key, settings)
    if body.size > settings.put_bytes_max:
        raise S3Error("EntityTooLarge", ProposedSize=body.size, MaxSizeAllowed=settings.put_bytes_max)
    checksums.announced(headers)
    wear = attire.of_request(call, bucket)
    md5 = body.digest("md5")
    if "content-md5" in headers and settings.personality.content_md5 == "checked":
        checksums.check_md5(body, headers, md5)
    checksum = stated_checksum(call, body)
    conditions.check_write(call, bucket)
    version = Version(
        key=key,
        modified_ns=call.now_ns,
        owner=wear.owner,
        version_id=versions.new_id(call, bucket),
        etag=checksums.etag_of(md5, settings.personality.etags),
        body=body,
        headers=wear.headers,
        metadata=wear.metadata,
        tags=wear.tags,
        checksum=checksum,
        storage_class=wear.storage_class,
        acl=wear.acl,
    )
    call.store.add_version(bucket, version)
    return Response(200, _written(call, bucket, version))


def stated_checksum(call: Call, body: Rope) -> Checksum | None:
    """What the client says the body's checksum is, verified; servers that do not keep it forget it again."""
    kept = call.settings.personality.checksums
    if kept == "ignored":
        return None
    checksum = checksums.verified(body, call.request.headers, call.request.trailers)
    return checksum if kept == "full" else None


def _written(call: Call, bucket: Bucket, version: Version) -> Headers:
    headers = [("ETag", f'"{version.etag}"')]
    checksum = version.checksum
    if checksum is None and call.settings.default_checksum_answered:
        checksum = checksum_of(call, version)
    if checksum is not None:
        headers += (checksums.header(checksum), ("x-amz-checksum-type", checksum.type))
    return headers + _standing(call, bucket, version)


def _standing(call: Call, bucket: Bucket, version: Version) -> Headers:
    """How a version is kept: encrypted, under which name, and until when."""
    headers: Headers = []
    if call.settings.encryption_answered:
        headers.append(ENCRYPTED)
    if bucket.versioning:
        headers.append(("x-amz-version-id", version.version_id))
    if bucket.lifecycle:
        headers += lifecycle.expiration_header(bucket, version, call.settings)
    return headers


def checksum_of(call: Call, version: Version) -> Checksum | None:
    """The version's checksum; the default one is worked out when it is first asked for, and kept."""
    if version.checksum is None and call.settings.default_checksum and call.settings.personality.checksums == "full":
        algorithm = call.settings.default_checksum
        version.checksum = Checksum(algorithm, checksums.compute(algorithm, version.body))
    return version.checksum


def get_object(call: Call) -> Response:
    return _read(call)


def head_object(call: Call) -> Response:
    return _read(call)


def _read(call: Call) -> Response:
    """GET and HEAD, which differ in the body alone."""
    bucket, version = versions.existing(call, "READ")
    request = call.request
    headers = _identity(call, bucket, version)
    error = conditions.check_read(request.headers, version, call.now_ns)
    if error is not None:
        if error.status == 304:
            error.headers = tuple(headers)
        raise error
    if version.storage_class in attire.ARCHIVED and request.method == "GET":
        raise S3Error("InvalidObjectState", StorageClass=version.storage_class)
    span = _span(call, version)
    if "x-amz-checksum-mode" in request.headers:
        headers += _checksum_headers(call, version, span)
    headers += _description(call, version, span)
    status, body = 200, version.body
    if span is not None and version.size:
        status, body = 206, version.body[span.start : span.stop]
        headers.append(("Content-Range", f"bytes {span.start}-{span.stop - 1}/{version.size}"))
    if request.method == "HEAD":
        return Response(status, headers, length=body.size)
    extents = body.extents
    if len(extents) == 1 and extents[0].size <= len(extents[0].block):
        return Response(status, headers, list(extents[0].pieces()), length=body.size)
    return Response(status, headers, body.pieces(), length=body.size)


def _span(call: Call, version: Version) -> ranges.Span | None:
    parameters, headers = call.request.parameters, call.request.headers
    number = parameters.get("partNumber")
    text = headers.get("range")
    if number is not None:
        if text is not None:
            raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
        return ranges.of_part(version, ranges.part_number(number))
    return ranges.of_header(text, version.size) if text else None


def _identity(call: Call, bucket: Bucket, version: Version) -> Headers:
    """What also a 304 says."""
    headers = [("Last-Modified", http(version.modified_ns)), ("ETag", f'"{version.etag}"')]
    return headers + _standing(call, bucket, version)


def _description(call: Call, version: Version, span: ranges.Span | None) -> Headers:
    headers = [("Accept-Ranges", "bytes"), *version.headers.items()]
    if call.request.parameters:
        headers = _overridden(call, headers)
        if span is not None and version.parts and "partNumber" in call.request.parameters:
            headers.append(("x-amz-mp-parts-count", str(len(version.parts))))
    for name, value in version.metadata.items():
        headers.append((f"x-amz-meta-{name}", value))
    if version.storage_class != "STANDARD":
        headers.append(("x-amz-storage-class", version.storage_class))
    if version.tags:
        headers.append(("x-amz-tagging-count", str(len(version.tags))))
    return headers


def _overridden(call: Call, headers: Headers) -> Headers:
    changes = {
        title: call.request.parameters[name] for name, title in _OVERRIDES.items() if name in call.request.parameters
    }
    if not changes:
        return headers
    if call.request.who is None:
        raise S3Error("InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.")
    if any(not value.isprintable() for value in changes.values()):
        raise S3Error("InvalidArgument")
    return [*((name, value) for name, value in headers if name not in changes), *changes.items()]


def _checksum_headers(call: Call, version: Version, span: ranges.Span | None) -> Headers:
    """With x-amz-checksum-mode: the object's, or that of the part that is read; none for a range of either."""
    mode = call.request.headers["x-amz-checksum-mode"]
    if mode.upper() != "ENABLED":
        raise S3Error("InvalidArgument", "Invalid x-amz-checksum-mode header",
                      ArgumentName="x-amz-checksum-mode", ArgumentValue=mode)  # fmt: skip
    if span is not None and "partNumber" not in call.request.parameters:
        return []
    checksum = checksum_of(call, version)
    if checksum is None:
        return []
    if span is not None and span.part is not None:
        if not span.part.checksum:
            return []
        checksum = Checksum(checksum.algorithm, span.part.checksum, checksum.type)
    return [checksums.header(checksum), ("x-amz-checksum-type", checksum.type)]


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "PutObject": put_object,
    "GetObject": get_object,
    "HeadObject": head_object,
}
