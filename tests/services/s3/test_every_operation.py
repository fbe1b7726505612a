"""Every covered operation is asked by botocore and read by it; its XML holds nothing that botocore does not know."""

from typing import Any
from xml.etree import ElementTree

import botocore.session
import pytest

from simulator.services.s3.markup import NAMESPACE
from simulator.services.s3.operations import OPERATIONS
from tests.support.s3_model import Server, text

MODEL = botocore.session.get_session().get_service_model("s3")
COVERED = {name for name, each in OPERATIONS.items() if each.verdict == "covered" and not name.startswith("Options")}

BKT: dict[str, Any] = {"Bucket": "bkt"}
KEY: dict[str, Any] = {"Bucket": "bkt", "Key": "key"}
TAGS = {"TagSet": [{"Key": "a", "Value": "1"}]}
RULE = {
    "ID": "r",
    "Status": "Enabled",
    "Filter": {"And": {"Prefix": "x", "Tags": TAGS["TagSet"], "ObjectSizeLessThan": 9}},
}
EXPIRY = {"Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}}
CORS = {
    "AllowedMethods": ["GET"],
    "AllowedOrigins": ["*"],
    "AllowedHeaders": ["*"],
    "ExposeHeaders": ["a"],
    "MaxAgeSeconds": 1,
}
BLOCK = {"BlockPublicAcls": False, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
SSE = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
OWNERSHIP = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]

# In an order in which each finds what it needs; the last word of an error is what a bucket here never has.
STORY: list[tuple[str, dict[str, Any], str]] = [
    ("CreateBucket", {**BKT, "ACL": "public-read"}, ""),
    ("ListBuckets", {"MaxBuckets": 5, "Prefix": "b"}, ""),
    ("HeadBucket", BKT, ""),
    ("GetBucketLocation", BKT, ""),
    ("PutBucketAcl", {**BKT, "ACL": "authenticated-read"}, ""),
    ("GetBucketAcl", BKT, ""),
    ("PutBucketTagging", {**BKT, "Tagging": TAGS}, ""),
    ("GetBucketTagging", BKT, ""),
    ("DeleteBucketTagging", BKT, ""),
    ("PutBucketCors", {**BKT, "CORSConfiguration": {"CORSRules": [CORS]}}, ""),
    ("GetBucketCors", BKT, ""),
    ("DeleteBucketCors", BKT, ""),
    ("PutBucketLifecycleConfiguration", {**BKT, "LifecycleConfiguration": {"Rules": [{**RULE, **EXPIRY}]}}, ""),
    ("GetBucketLifecycleConfiguration", BKT, ""),
    ("DeleteBucketLifecycle", BKT, ""),
    ("PutBucketOwnershipControls", {**BKT, "OwnershipControls": OWNERSHIP}, ""),
    ("GetBucketOwnershipControls", BKT, ""),
    ("DeleteBucketOwnershipControls", BKT, ""),
    ("PutPublicAccessBlock", {**BKT, "PublicAccessBlockConfiguration": BLOCK}, ""),
    ("GetPublicAccessBlock", BKT, ""),
    ("DeletePublicAccessBlock", BKT, ""),
    ("GetBucketRequestPayment", BKT, ""),
    ("PutBucketRequestPayment", {**BKT, "RequestPaymentConfiguration": {"Payer": "BucketOwner"}}, ""),
    ("PutBucketEncryption", {**BKT, "ServerSideEncryptionConfiguration": {"Rules": [{**SSE}]}}, ""),
    ("DeleteBucketEncryption", BKT, ""),
    ("PutBucketLogging", {**BKT, "BucketLoggingStatus": {}}, ""),
    ("PutBucketNotificationConfiguration", {**BKT, "NotificationConfiguration": {}}, ""),
    ("GetBucketPolicyStatus", BKT, "NoSuchBucketPolicy"),
    ("DeleteBucketReplication", BKT, ""),
    ("GetBucketEncryption", BKT, ""),
    ("GetBucketLogging", BKT, ""),
    ("GetBucketNotificationConfiguration", BKT, ""),
    ("GetBucketAccelerateConfiguration", BKT, ""),
    ("GetBucketPolicy", BKT, "NoSuchBucketPolicy"),
    ("DeleteBucketPolicy", BKT, ""),
    ("GetBucketWebsite", BKT, "NoSuchWebsiteConfiguration"),
    ("DeleteBucketWebsite", BKT, ""),
    ("GetBucketReplication", BKT, "ReplicationConfigurationNotFoundError"),
    ("GetObjectLockConfiguration", BKT, "ObjectLockConfigurationNotFoundError"),
    ("PutBucketVersioning", {**BKT, "VersioningConfiguration": {"Status": "Enabled"}}, ""),
    ("GetBucketVersioning", BKT, ""),
    ("PutObject", {**KEY, "Body": b"x", "Metadata": {"a": "b"}}, ""),
    ("GetObject", {**KEY, "ChecksumMode": "ENABLED"}, ""),
    ("HeadObject", KEY, ""),
    ("CopyObject", {"Bucket": "bkt", "Key": "dir/copy", "CopySource": "bkt/key"}, ""),
    ("GetObjectAttributes", {**KEY, "ObjectAttributes": ATTRIBUTES}, ""),
    ("PutObjectTagging", {**KEY, "Tagging": TAGS}, ""),
    ("GetObjectTagging", KEY, ""),
    ("DeleteObjectTagging", KEY, ""),
    ("PutObjectAcl", {**KEY, "ACL": "public-read"}, ""),
    ("GetObjectAcl", KEY, ""),
    ("ListObjects", {**BKT, "Delimiter": "/", "MaxKeys": 1}, ""),
    ("ListObjectsV2", {**BKT, "Delimiter": "/", "MaxKeys": 1, "FetchOwner": True, "StartAfter": "a"}, ""),
    ("ListObjectVersions", {**BKT, "Delimiter": "/", "MaxKeys": 1}, ""),
    ("CreateMultipartUpload", {**KEY, "ChecksumAlgorithm": "SHA256"}, ""),
    ("ListMultipartUploads", {**BKT, "Delimiter": "/", "MaxUploads": 1}, ""),
    ("UploadPart", {**KEY, "PartNumber": 1, "Body": b"x", "ChecksumAlgorithm": "SHA256"}, ""),
    ("UploadPartCopy", {**KEY, "PartNumber": 2, "CopySource": "bkt/key", "CopySourceRange": "bytes=0-0"}, ""),
    ("ListParts", {**KEY, "MaxParts": 1}, ""),
    ("CompleteMultipartUpload", KEY, ""),
    ("GetObjectAttributes", {**KEY, "ObjectAttributes": ATTRIBUTES}, ""),
    ("CreateMultipartUpload", KEY, ""),
    ("AbortMultipartUpload", KEY, ""),
    ("DeleteObject", KEY, ""),
    ("ListObjectVersions", BKT, ""),
    ("DeleteObjects", {**BKT, "Delete": {"Objects": [{"Key": "dir/copy"}, {"Key": "key", "VersionId": "bad"}]}}, ""),
    ("DeleteBucket", BKT, "BucketNotEmpty"),
]
# Their results are one element, or the wire has another name for what is inside.
ROOT_IS_A_MEMBER = {"GetBucketLocation"}


def unknown_elements(shape: Any, node: ElementTree.Element, path: str = "") -> list[str]:
    """The elements below this one that the shape has no member for."""
    if shape.type_name == "list":
        member = shape.member
        inside = node if not shape.serialization.get("flattened") else [node]
        return [each for child in inside for each in unknown_elements(member, child, path)]
    if shape.type_name != "structure":
        return [] if not len(node) else [f"{path} has children"]
    names = {}
    for name, member in shape.members.items():
        if member.serialization.get("location") in (None, "body"):
            flat = member.type_name == "list" and member.serialization.get("flattened")
            wire = member.serialization.get("name", name)
            if flat and "name" not in member.serialization:
                wire = member.member.serialization.get("name", name)
            names[wire] = member
    found = []
    for child in node:
        tag = child.tag.removeprefix(f"{{{NAMESPACE}}}")
        if tag not in names:
            found.append(f"{path}/{tag}")
        else:
            found += unknown_elements(names[tag], child, f"{path}/{tag}")
    return found


def pythonic(name: str) -> str:
    import re

    return (
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.replace("V2", "_v2"))
        .lower()
        .replace("__", "_")
    )


def test_the_story_covers_everything_that_is_covered() -> None:
    assert {name for name, _, _ in STORY} == COVERED


def test_every_operation_is_understood_by_a_client_and_says_nothing_it_does_not_know() -> None:
    server = Server(part_bytes_min=1)
    client = server.client(request_checksum_calculation="when_required")
    raw: list[tuple[str, bytes]] = []
    apply = server.s3.apply

    def watched(request: Any, now_ns: int) -> Any:
        answer = apply(request, now_ns)
        raw.append((request.operation.name, text(answer)))
        return answer

    server.s3.apply = watched  # type: ignore[method-assign]
    upload_id = ""
    parts: list[dict[str, Any]] = []
    for name, arguments, expected in STORY:
        if "UploadId" in MODEL.operation_model(name).input_shape.members:
            arguments = {**arguments, "UploadId": upload_id}
        if name == "CompleteMultipartUpload":
            arguments["MultipartUpload"] = {"Parts": parts}
        if expected:
            with pytest.raises(client.exceptions.ClientError, match=expected):
                getattr(client, pythonic(name))(**arguments)
            continue
        answer = getattr(client, pythonic(name))(**arguments)
        if name == "CreateMultipartUpload":
            upload_id = answer["UploadId"]
        if name.startswith("UploadPart"):
            sent = answer.get("CopyPartResult", answer)
            parts.append(
                {"PartNumber": arguments["PartNumber"], **{key: sent[key] for key in ("ETag", "ChecksumSHA256")}}
            )

        asked, body = raw[-1]
        assert asked == name
        shape = MODEL.operation_model(name).output_shape
        if body.startswith(b"<?xml") and name not in ROOT_IS_A_MEMBER:
            payload = shape.serialization.get("payload")
            unknown = unknown_elements(shape.members[payload] if payload else shape, ElementTree.fromstring(body))
            assert unknown == [], f"{name}: {unknown}"
