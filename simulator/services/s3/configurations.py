"""Configurations: ownership, public access, and those that a bucket here never has, which say so."""

from collections.abc import Callable
from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3 import acls
from simulator.services.s3.buckets import OWNERSHIPS
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error, not_implemented
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


def put_bucket_encryption(call: Call) -> Response:
    """What is asked for is done already, or it is refused."""
    bucket = call.bucket("OWNER")
    node = call.document("ServerSideEncryptionConfiguration")
    try:
        node.only("Rule")
        rule = node.one("Rule")
        rule.only("ApplyServerSideEncryptionByDefault", "BucketKeyEnabled", "BlockedEncryptionTypes")
        default = rule.one("ApplyServerSideEncryptionByDefault")
        default.only("SSEAlgorithm", "KMSMasterKeyID")
        algorithm, key = default.one("SSEAlgorithm").leaf(), default.value("KMSMasterKeyID")
    except Malformed:
        raise S3Error("MalformedXML") from None
    if algorithm not in ("AES256", "aws:kms", "aws:kms:dsse"):
        raise S3Error("MalformedXML")
    if algorithm != "AES256" or key is not None or rule.maybe("BlockedEncryptionTypes") is not None:
        raise not_implemented("encryption with KMS keys (PutBucketEncryption)", BucketName=bucket.name)
    return Response(200)


def put_bucket_request_payment(call: Call) -> Response:
    call.bucket("OWNER")
    node = call.document("RequestPaymentConfiguration")
    try:
        node.only("Payer")
        payer = node.one("Payer").leaf()
    except Malformed:
        raise S3Error("MalformedXML") from None
    if payer == "Requester":
        raise not_implemented("requester pays (PutBucketRequestPayment)")
    if payer != "BucketOwner":
        raise S3Error("MalformedXML")
    return Response(200)


def _only_empty(root: str, what: str) -> Handler:
    """Configurations that can be switched off, which they are, but not on."""

    def answer(call: Call) -> Response:
        call.bucket("OWNER")
        if call.document(root).children:
            raise not_implemented(what)
        return Response(200)

    return answer


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
    "PutBucketRequestPayment": put_bucket_request_payment,
    "GetBucketEncryption": _always("ServerSideEncryptionConfiguration", _ENCRYPTION),
    "PutBucketEncryption": put_bucket_encryption,
    "DeleteBucketEncryption": _gone,
    "PutBucketLogging": _only_empty("BucketLoggingStatus", "logging of access (PutBucketLogging)"),
    "PutBucketNotificationConfiguration": _only_empty(
        "NotificationConfiguration", "notification (PutBucketNotificationConfiguration)"
    ),
    "GetBucketPolicyStatus": _never("NoSuchBucketPolicy"),
    "DeleteBucketReplication": _gone,
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
