"""Configurations: ownership, public access, and those that a bucket here never has, which say so."""

from collections.abc import Callable
from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3 import acls
from simulator.services.s3.buckets import OWNERSHIPS
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error
from simulator.services.s3.markup import Malformed, element, flag

Handler = Callable[[Call], Response]

_BLOCKS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def get_bucket_ownership_controls(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    if not bucket.ownership_stated:
        raise S3Error("OwnershipControlsNotFoundError", BucketName=bucket.name)
    return call.xml("OwnershipControls", f"<Rule>{element('ObjectOwnership', bucket.ownership)}</Rule>")


def put_bucket_ownership_controls(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    node = call.document("OwnershipControls")
    try:
        node.only("Rule")
        rule = node.one("Rule")
        rule.only("ObjectOwnership")
        ownership = rule.one("ObjectOwnership").leaf()
    except Malformed:
        raise S3Error("MalformedXML") from None
    if ownership not in OWNERSHIPS:
        raise S3Error("MalformedXML")
    if ownership == "BucketOwnerEnforced" and acls.more_than_owner(bucket.acl, bucket.owner):
        raise S3Error("InvalidBucketAclWithObjectOwnership")
    bucket.ownership, bucket.ownership_stated = ownership, True
    call.store.change_bucket(bucket)
    return Response(200)


def delete_bucket_ownership_controls(call: Call) -> Response:
    """Without controls a bucket is as buckets were of old."""
    bucket = call.bucket("OWNER")
    bucket.ownership, bucket.ownership_stated = "ObjectWriter", False
    call.store.change_bucket(bucket)
    return Response(204)


def get_public_access_block(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    if bucket.public_access_block is None:
        raise S3Error("NoSuchPublicAccessBlockConfiguration", BucketName=bucket.name)
    pairs = zip(_BLOCKS, bucket.public_access_block, strict=True)
    return call.xml("PublicAccessBlockConfiguration", "".join(element(name, flag(value)) for name, value in pairs))


def put_public_access_block(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    node = call.document("PublicAccessBlockConfiguration")
    try:
        node.only(*_BLOCKS)
        told = [(node.value(name) or "false").strip().lower() for name in _BLOCKS]
    except Malformed:
        raise S3Error("MalformedXML") from None
    if any(word not in ("true", "false") for word in told):
        raise S3Error("MalformedXML")
    acl, ignore, policy, restrict = (word == "true" for word in told)
    bucket.public_access_block = (acl, ignore, policy, restrict)
    call.store.change_bucket(bucket)
    return Response(200)


def delete_public_access_block(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    bucket.public_access_block = None
    call.store.change_bucket(bucket)
    return Response(204)


def _never(code: str) -> Handler:
    """A bucket here never has it: what would put it is refused."""

    def answer(call: Call) -> Response:
        raise S3Error(code, BucketName=call.bucket("OWNER").name)

    return answer


def _always(root: str, inside: str = "") -> Handler:
    def answer(call: Call) -> Response:
        call.bucket("OWNER")
        return call.xml(root, inside)

    return answer


def _gone(call: Call) -> Response:
    call.bucket("OWNER")
    return Response(204)


_ENCRYPTION: Final = (
    "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>"
)

HANDLERS: Final[dict[str, Handler]] = {
    "GetBucketOwnershipControls": get_bucket_ownership_controls,
    "PutBucketOwnershipControls": put_bucket_ownership_controls,
    "DeleteBucketOwnershipControls": delete_bucket_ownership_controls,
    "GetPublicAccessBlock": get_public_access_block,
    "PutPublicAccessBlock": put_public_access_block,
    "DeletePublicAccessBlock": delete_public_access_block,
    "GetBucketRequestPayment": _always("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
    "GetBucketEncryption": _always("ServerSideEncryptionConfiguration", _ENCRYPTION),
    "GetBucketLogging": _always("BucketLoggingStatus"),
    "GetBucketNotificationConfiguration": _always("NotificationConfiguration"),
    "GetBucketAccelerateConfiguration": _always("AccelerateConfiguration"),
    "GetBucketPolicy": _never("NoSuchBucketPolicy"),
    "DeleteBucketPolicy": _gone,
    "GetBucketWebsite": _never("NoSuchWebsiteConfiguration"),
    "DeleteBucketWebsite": _gone,
    "GetBucketReplication": _never("ReplicationConfigurationNotFoundError"),
    "GetObjectLockConfiguration": _never("ObjectLockConfigurationNotFoundError"),
}
