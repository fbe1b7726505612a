"""Deletions: of one object, one version, or a thousand at once."""

from collections.abc import Callable
from typing import Final, NamedTuple

from simulator.services.http.message import Headers, Response
from simulator.services.s3 import checksums, conditions, names
from simulator.services.s3.access import allowed
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error, not_implemented
from simulator.services.s3.markup import Malformed, Node, element
from simulator.services.s3.store import NULL_VERSION, Bucket, Version


class Deleted(NamedTuple):
    """What a deletion did: whether a marker was made or removed, and its or the version's id."""

    marker: bool = False
    marker_id: str = ""
    version_id: str = ""


def delete(call: Call, bucket: Bucket, key: str, version_id: str | None) -> Deleted:
    """Delete as the bucket's versioning has it. What is not there is deleted already."""
    if version_id is not None:
        version = bucket.version(key, version_id)
        if version is None:
            return Deleted(version_id=version_id)
        call.store.drop_version(bucket, version)
        return Deleted(version.marker, version_id if version.marker else "", version_id)
    if not bucket.versioning:
        version = bucket.current(key)
        if version is not None:
            call.store.drop_version(bucket, version)
        return Deleted()
    new = names.version_id(call.rng) if bucket.versioning == "Enabled" else NULL_VERSION
    marker = Version(key=key, modified_ns=call.now_ns, owner=call.who, version_id=new, marker=True)
    call.store.add_version(bucket, marker)
    return Deleted(True, new)


def delete_object(call: Call) -> Response:
    bucket, request = call.bucket("WRITE"), call.request
    version_id = request.parameters.get("versionId")
    if version_id is not None:
        names.check_version_id(version_id)
    if "if-match" in request.headers:
        found = bucket.current(request.key) if version_id is None else bucket.version(request.key, version_id)
        conditions.check_delete(request.headers, found, request.key)
    done = delete(call, bucket, request.key, version_id)
    headers: Headers = []
    if bucket.versioning:
        if done.marker:
            headers.append(("x-amz-delete-marker", "true"))
        if done.version_id or done.marker_id:
            headers.append(("x-amz-version-id", done.version_id or done.marker_id))
    return Response(204, headers)


class _Wanted(NamedTuple):
    key: str
    version_id: str | None
    etag: str | None


def delete_objects(call: Call) -> Response:
    """A list of keys; each has its own result, and one that fails stops none of the others."""
    request, settings = call.request, call.settings
    bucket = call.bucket_of_object()
    # AWS wants to be sure of what it deletes: by Content-MD5 or by a checksum.
    if "content-md5" not in request.headers and not checksums.claimed(request.headers, request.trailers)[0]:
        raise S3Error("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
    node = call.document("Delete")
    try:
        node.only("Object", "Quiet")
        quiet = (node.value("Quiet") or "").strip().lower()
        if quiet not in ("", "true", "false"):
            raise Malformed(quiet)
        wanted = [_wanted(each) for each in node.all("Object")]
    except Malformed:
        raise S3Error("MalformedXML") from None
    if not wanted or len(wanted) > settings.delete_keys_max:
        raise S3Error("MalformedXML")
    if not allowed(bucket, bucket.acl, bucket.owner, request.who, "WRITE") and call.who.id != bucket.owner.id:
        raise S3Error("AccessDenied")
    told = [_deleted(call, bucket, each, quiet == "true") for each in wanted]
    return call.xml("DeleteResult", "".join(told))


def _wanted(node: Node) -> _Wanted:
    node.only("Key", "VersionId", "ETag", "LastModifiedTime", "Size")
    key = node.one("Key").leaf()
    if not key:
        raise S3Error("UserKeyMustBeSpecified")
    for name in ("LastModifiedTime", "Size"):
        if node.maybe(name) is not None:
            raise not_implemented(f"{name} in DeleteObjects (directory buckets)")
    return _Wanted(key, node.value("VersionId"), node.value("ETag"))


def _deleted(call: Call, bucket: Bucket, wanted: _Wanted, quiet: bool) -> str:
    inside = element("Key", wanted.key) + element("VersionId", wanted.version_id)
    try:
        names.check_key(wanted.key, call.settings)
        if wanted.version_id is not None and not names.valid_version_id(wanted.version_id):
            raise S3Error("NoSuchVersion")
        _check_conditions(bucket, wanted)
        done = delete(call, bucket, wanted.key, wanted.version_id)
    except S3Error as error:
        return f"<Error>{inside}<Code>{error.code}</Code>{element('Message', error.message)}</Error>"
    if quiet:
        return ""
    if bucket.versioning and done.marker:
        inside += f"<DeleteMarker>true</DeleteMarker>{element('DeleteMarkerVersionId', done.marker_id)}"
    return f"<Deleted>{inside}</Deleted>"


def _check_conditions(bucket: Bucket, wanted: _Wanted) -> None:
    if wanted.etag is not None:
        version_id = wanted.version_id
        found = bucket.current(wanted.key) if version_id is None else bucket.version(wanted.key, version_id)
        conditions.check_delete({"if-match": wanted.etag}, found, wanted.key)


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "DeleteObject": delete_object,
    "DeleteObjects": delete_objects,
}
