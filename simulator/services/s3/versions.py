"""Versions: finding the one a request means, and bucket versioning."""

from simulator.services.http.message import Headers, Response
from simulator.services.s3 import names
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error, not_implemented
from simulator.services.s3.markup import Malformed, element
from simulator.services.s3.store import NULL_VERSION, Bucket, Version


def id_header(bucket: Bucket, version: Version) -> Headers:
    """What version an answer is about; buckets that never had versions do not say."""
    return [("x-amz-version-id", version.version_id)] if bucket.versioning else []


def new_id(call: Call, bucket: Bucket) -> str:
    return names.version_id(call.rng) if bucket.versioning == "Enabled" else NULL_VERSION


def existing(call: Call, permission: str) -> tuple[Bucket, Version]:
    """The version the request names, or the current one: there, no delete marker, and open to the caller."""
    bucket = call.bucket_of_object()
    version = find(call, bucket)
    if permission == "OWNER":
        if call.who.id not in (bucket.owner.id, version.owner.id):
            raise S3Error("AccessDenied")
    else:
        call.readable(bucket, version, permission)
    return bucket, version


def find(call: Call, bucket: Bucket) -> Version:
    key = call.request.key
    wanted = call.request.parameters.get("versionId")
    if wanted is None:
        version = bucket.current(key)
        if version is None:
            raise call.no_key(bucket)
        if version.marker:
            raise _marked(call.no_key(bucket), version)
        return version
    names.check_version_id(wanted)
    version = bucket.version(key, wanted)
    if version is None:
        raise call.no_key(bucket, "NoSuchVersion", VersionId=wanted)
    if version.marker:
        error = S3Error("MethodNotAllowed", Method=call.request.method, ResourceType="DeleteMarker")
        error.headers = (("Allow", "DELETE"),)
        raise _marked(error, version)
    return version


def _marked(error: S3Error, version: Version) -> S3Error:
    if error.code != "AccessDenied":
        error.headers += (("x-amz-delete-marker", "true"), ("x-amz-version-id", version.version_id))
    return error


def get_bucket_versioning(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    return call.xml("VersioningConfiguration", element("Status", bucket.versioning or None))


def put_bucket_versioning(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    node = call.document("VersioningConfiguration")
    try:
        node.only("Status", "MfaDelete")
        status, mfa = node.value("Status"), node.value("MfaDelete")
    except Malformed:
        raise S3Error("MalformedXML") from None
    if mfa not in (None, "Disabled"):
        raise not_implemented("MFA delete (PutBucketVersioning with MfaDelete)")
    if status is None:
        raise S3Error("IllegalVersioningConfigurationException")
    if status not in ("Enabled", "Suspended"):
        raise S3Error("MalformedXML")
    bucket.versioning = status
    call.store.change_bucket(bucket)
    return Response(200)
