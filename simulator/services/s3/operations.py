"""Operations: what the model covers, what it refuses, and what tells one operation from another, as data.

The dispatch, the refusals, the tests and the fidelity page all read this table. An operation that is not
`covered` answers 501 and names itself; so does a header `x-amz-...` that its operation does not list.
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

Level = Literal["service", "bucket", "object"]


class Operation(Struct, frozen=True, kw_only=True):
    """One operation: method and level, the sub-resource that marks it, and what of it is covered."""

    name: str
    method: str
    level: Level
    marker: str = ""
    """The query parameter whose presence selects the operation."""
    value: str = ""
    """What that parameter must say, where it matters (list-type=2)."""
    parameters: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    """The x-amz headers it takes note of, beyond those every operation takes."""
    metadata: bool = False
    """Whether it takes x-amz-meta-."""
    body: bool = False
    """Whether it reads a body; others refuse one that is not empty."""
    verdict: Literal["covered", "refused"] = "covered"
    note: str = ""
    """How it deviates, or why it is refused."""


def _set(*groups: str) -> frozenset[str]:
    return frozenset(word for group in groups for word in group.split())


COMMON_HEADERS: Final = _set(
    "x-amz-date x-amz-content-sha256 x-amz-security-token x-amz-user-agent x-amz-expected-bucket-owner",
    "x-amz-decoded-content-length x-amz-trailer x-amz-sdk-checksum-algorithm x-amz-request-payer x-amz-api-version",
)
"""Taken by every operation. Requester pays is a matter of bills and changes nothing here."""
COMMON_PARAMETERS: Final = _set(
    "x-id X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Expires X-Amz-SignedHeaders X-Amz-Signature",
    "X-Amz-Security-Token X-Amz-Content-Sha256 AWSAccessKeyId Signature Expires",
)

_SUMS = (
    "x-amz-checksum-crc32 x-amz-checksum-crc32c x-amz-checksum-crc64nvme x-amz-checksum-sha1 x-amz-checksum-sha256 "
    "x-amz-checksum-sha512 x-amz-checksum-md5"
)
_GRANTS = (
    "x-amz-acl x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp x-amz-grant-write x-amz-grant-write-acp"
)
_NEW = f"{_GRANTS} x-amz-server-side-encryption x-amz-storage-class x-amz-tagging x-amz-website-redirect-location"
_SOURCE = (
    "x-amz-copy-source x-amz-copy-source-if-match x-amz-copy-source-if-none-match "
    "x-amz-copy-source-if-modified-since x-amz-copy-source-if-unmodified-since x-amz-source-expected-bucket-owner"
)
_RESPONSE = (
    "response-cache-control response-content-disposition response-content-encoding response-content-language "
    "response-content-type response-expires"
)
_PAGE = "prefix delimiter encoding-type max-keys"


def _op(
    name: str,
    method: str,
    level: Level,
    marker: str = "",
    *,
    value: str = "",
    parameters: str = "",
    headers: str = "",
    metadata: bool = False,
    body: bool = False,
    note: str = "",
) -> Operation:
    return Operation(
        name=name, method=method, level=level, marker=marker, value=value, parameters=_set(parameters, marker),
        headers=_set(headers, _SUMS if body else ""), metadata=metadata, body=body, note=note,
    )  # fmt: skip


_COVERED: Final = (
    _op("ListBuckets", "GET", "service", parameters="prefix max-buckets continuation-token bucket-region"),
    # Buckets
    _op("CreateBucket", "PUT", "bucket", headers=f"{_GRANTS} x-amz-object-ownership", body=True,
        note="x-amz-bucket-object-lock-enabled: true is refused"),
    _op("HeadBucket", "HEAD", "bucket"),
    _op("DeleteBucket", "DELETE", "bucket"),
    _op("GetBucketLocation", "GET", "bucket", "location"),
    _op("GetBucketAcl", "GET", "bucket", "acl"),
    _op("PutBucketAcl", "PUT", "bucket", "acl", headers=_GRANTS, body=True,
        note="grantees by e-mail address are refused"),
    _op("GetBucketVersioning", "GET", "bucket", "versioning"),
    _op("PutBucketVersioning", "PUT", "bucket", "versioning", body=True, note="MFA delete is refused"),
    _op("GetBucketTagging", "GET", "bucket", "tagging"),
    _op("PutBucketTagging", "PUT", "bucket", "tagging", body=True),
    _op("DeleteBucketTagging", "DELETE", "bucket", "tagging"),
    _op("GetBucketCors", "GET", "bucket", "cors"),
    _op("PutBucketCors", "PUT", "bucket", "cors", body=True),
    _op("DeleteBucketCors", "DELETE", "bucket", "cors"),
    _op("GetBucketLifecycleConfiguration", "GET", "bucket", "lifecycle"),
    _op("PutBucketLifecycleConfiguration", "PUT", "bucket", "lifecycle", body=True,
        note="transitions between storage classes are refused"),
    _op("DeleteBucketLifecycle", "DELETE", "bucket", "lifecycle"),
    _op("GetBucketOwnershipControls", "GET", "bucket", "ownershipControls"),
    _op("PutBucketOwnershipControls", "PUT", "bucket", "ownershipControls", body=True),
    _op("DeleteBucketOwnershipControls", "DELETE", "bucket", "ownershipControls"),
    _op("GetPublicAccessBlock", "GET", "bucket", "publicAccessBlock"),
    _op("PutPublicAccessBlock", "PUT", "bucket", "publicAccessBlock", body=True),
    _op("DeletePublicAccessBlock", "DELETE", "bucket", "publicAccessBlock"),
    _op("GetBucketRequestPayment", "GET", "bucket", "requestPayment", note="always BucketOwner"),
    _op("PutBucketRequestPayment", "PUT", "bucket", "requestPayment", body=True, note="Requester is refused"),
    _op("GetBucketEncryption", "GET", "bucket", "encryption", note="always AES256"),
    _op("PutBucketEncryption", "PUT", "bucket", "encryption", body=True, note="all but AES256 is refused"),
    _op("DeleteBucketEncryption", "DELETE", "bucket", "encryption", note="the default is AES256 again"),
    _op("GetBucketPolicy", "GET", "bucket", "policy", note="there is none, for PutBucketPolicy is refused"),
    _op("DeleteBucketPolicy", "DELETE", "bucket", "policy"),
    _op("GetBucketPolicyStatus", "GET", "bucket", "policyStatus", note="there is none"),
    _op("GetBucketWebsite", "GET", "bucket", "website", note="there is none"),
    _op("DeleteBucketWebsite", "DELETE", "bucket", "website"),
    _op("GetBucketLogging", "GET", "bucket", "logging", note="there is none"),
    _op("PutBucketLogging", "PUT", "bucket", "logging", body=True, note="all but switching it off is refused"),
    _op("GetBucketNotificationConfiguration", "GET", "bucket", "notification", note="there is none"),
    _op("PutBucketNotificationConfiguration", "PUT", "bucket", "notification", body=True,
        headers="x-amz-skip-destination-validation", note="all but an empty one is refused"),
    _op("GetBucketAccelerateConfiguration", "GET", "bucket", "accelerate", note="there is none"),
    _op("GetBucketReplication", "GET", "bucket", "replication", note="there is none"),
    _op("DeleteBucketReplication", "DELETE", "bucket", "replication"),
    _op("GetObjectLockConfiguration", "GET", "bucket", "object-lock", note="there is none"),
    # Listings
    _op("ListObjects", "GET", "bucket", parameters=f"{_PAGE} marker",
        headers="x-amz-optional-object-attributes"),
    _op("ListObjectsV2", "GET", "bucket", "list-type", value="2",
        parameters=f"{_PAGE} start-after continuation-token fetch-owner",
        headers="x-amz-optional-object-attributes"),
    _op("ListObjectVersions", "GET", "bucket", "versions", parameters=f"{_PAGE} key-marker version-id-marker",
        headers="x-amz-optional-object-attributes"),
    _op("ListMultipartUploads", "GET", "bucket", "uploads",
        parameters="prefix delimiter encoding-type max-uploads key-marker upload-id-marker"),
    _op("DeleteObjects", "POST", "bucket", "delete", headers=_SUMS, body=True),
    # Objects
    _op("PutObject", "PUT", "object", metadata=True, body=True,
        headers=f"{_NEW} x-amz-checksum-algorithm x-amz-checksum-type"),
    _op("CopyObject", "PUT", "object", metadata=True,
        headers=f"{_NEW} {_SOURCE} x-amz-metadata-directive x-amz-tagging-directive x-amz-checksum-algorithm"),
    _op("GetObject", "GET", "object", parameters=f"{_RESPONSE} versionId partNumber",
        headers="x-amz-checksum-mode"),
    _op("HeadObject", "HEAD", "object", parameters=f"{_RESPONSE} versionId partNumber",
        headers="x-amz-checksum-mode"),
    _op("DeleteObject", "DELETE", "object", parameters="versionId"),
    _op("GetObjectAttributes", "GET", "object", "attributes", parameters="versionId",
        headers="x-amz-object-attributes x-amz-max-parts x-amz-part-number-marker"),
    _op("GetObjectTagging", "GET", "object", "tagging", parameters="versionId"),
    _op("PutObjectTagging", "PUT", "object", "tagging", parameters="versionId", body=True),
    _op("DeleteObjectTagging", "DELETE", "object", "tagging", parameters="versionId"),
    _op("GetObjectAcl", "GET", "object", "acl", parameters="versionId"),
    _op("PutObjectAcl", "PUT", "object", "acl", parameters="versionId", headers=_GRANTS, body=True),
    # Multipart
    _op("CreateMultipartUpload", "POST", "object", "uploads", metadata=True,
        headers=f"{_NEW} x-amz-checksum-algorithm x-amz-checksum-type"),
    _op("UploadPart", "PUT", "object", "uploadId", parameters="partNumber", headers="x-amz-checksum-type", body=True),
    _op("UploadPartCopy", "PUT", "object", "uploadId", parameters="partNumber",
        headers=f"{_SOURCE} x-amz-copy-source-range"),
    _op("CompleteMultipartUpload", "POST", "object", "uploadId", body=True,
        headers=f"{_SUMS} x-amz-checksum-type x-amz-mp-object-size"),
    _op("AbortMultipartUpload", "DELETE", "object", "uploadId"),
    _op("ListParts", "GET", "object", "uploadId", parameters="max-parts part-number-marker"),
    # Browsers
    _op("OptionsObject", "OPTIONS", "object", note="CORS preflight"),
    _op("OptionsBucket", "OPTIONS", "bucket", note="CORS preflight"),
)  # fmt: skip

_REFUSED: Final[tuple[tuple[Level, str], ...]] = (
    ("service", "ListDirectoryBuckets:GET WriteGetObjectResponse:POST"),
    (
        "bucket",
        (
            "CreateBucketMetadataConfiguration:POST:metadataConfiguration "
            "GetBucketMetadataConfiguration:GET:metadataConfiguration "
            "DeleteBucketMetadataConfiguration:DELETE:metadataConfiguration "
            "CreateBucketMetadataTableConfiguration:POST:metadataTable "
            "GetBucketMetadataTableConfiguration:GET:metadataTable "
            "DeleteBucketMetadataTableConfiguration:DELETE:metadataTable "
            "UpdateBucketMetadataAnnotationTableConfiguration:PUT:metadataAnnotationTable "
            "UpdateBucketMetadataInventoryTableConfiguration:PUT:metadataInventoryTable "
            "UpdateBucketMetadataJournalTableConfiguration:PUT:metadataJournalTable "
            "CreateSession:GET:session GetBucketAbac:GET:abac PutBucketAbac:PUT:abac "
            "PutBucketAccelerateConfiguration:PUT:accelerate "
            "GetBucketAnalyticsConfiguration:GET:analytics ListBucketAnalyticsConfigurations:GET:analytics "
            "PutBucketAnalyticsConfiguration:PUT:analytics DeleteBucketAnalyticsConfiguration:DELETE:analytics "
            ""
            "GetBucketIntelligentTieringConfiguration:GET:intelligent-tiering "
            "ListBucketIntelligentTieringConfigurations:GET:intelligent-tiering "
            "PutBucketIntelligentTieringConfiguration:PUT:intelligent-tiering "
            "DeleteBucketIntelligentTieringConfiguration:DELETE:intelligent-tiering "
            "GetBucketInventoryConfiguration:GET:inventory ListBucketInventoryConfigurations:GET:inventory "
            "PutBucketInventoryConfiguration:PUT:inventory DeleteBucketInventoryConfiguration:DELETE:inventory "
            "GetBucketMetricsConfiguration:GET:metrics ListBucketMetricsConfigurations:GET:metrics "
            "PutBucketMetricsConfiguration:PUT:metrics DeleteBucketMetricsConfiguration:DELETE:metrics "
            ""
            "PutBucketPolicy:PUT:policy "
            "PutBucketReplication:PUT:replication "
            "PutBucketWebsite:PUT:website "
            "PutObjectLockConfiguration:PUT:object-lock PostObject:POST"
        ),
    ),
    (
        "object",
        (
            "GetObjectAnnotation:GET:annotation PutObjectAnnotation:PUT:annotation "
            "DeleteObjectAnnotation:DELETE:annotation ListObjectAnnotations:GET:annotation "
            "GetObjectLegalHold:GET:legal-hold PutObjectLegalHold:PUT:legal-hold GetObjectRetention:GET:retention "
            "PutObjectRetention:PUT:retention GetObjectTorrent:GET:torrent RenameObject:PUT:renameObject "
            "RestoreObject:POST:restore SelectObjectContent:POST:select UpdateObjectEncryption:PUT:encryption"
        ),
    ),
)


def _refused() -> list[Operation]:
    found = []
    for level, words in _REFUSED:
        for word in words.split():
            name, method, *marker = word.split(":")
            found.append(Operation(name=name, method=method, level=level, marker="".join(marker), verdict="refused"))
    return found


OPERATIONS: Final[Mapping[str, Operation]] = {each.name: each for each in (*_COVERED, *_refused())}

OLD_NAMES: Final = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
}
"""Names that AWS keeps for operations it has renamed; requests of both look alike."""

REFUSED_HEADERS: Final[Mapping[str, str]] = {
    "x-amz-server-side-encryption-customer-": "encryption with the client's keys (SSE-C)",
    "x-amz-copy-source-server-side-encryption-customer-": "encryption with the client's keys (SSE-C)",
    "x-amz-server-side-encryption-aws-kms-key-id": "encryption with KMS keys",
    "x-amz-server-side-encryption-context": "encryption with KMS keys",
    "x-amz-server-side-encryption-bucket-key-enabled": "encryption with KMS keys",
    "x-amz-object-lock-": "object lock",
    "x-amz-bucket-object-lock-enabled": "object lock",
    "x-amz-bypass-governance-retention": "object lock",
    "x-amz-mfa": "deletion with MFA",
    "x-amz-write-offset-bytes": "appending (directory buckets)",
    "x-amz-checksum-xxhash": "checksums by XXHASH",
    "x-amz-rename-source": "renaming (directory buckets)",
    "x-amz-object-annotation-": "annotations",
    "x-amz-transition-": "transitions between storage classes",
    "x-amz-if-match-": "conditions on directory buckets",
    "x-amz-bucket-namespace": "bucket namespaces",
}
"""Headers, or how they begin, that are refused wherever they appear, and what they would ask for."""
