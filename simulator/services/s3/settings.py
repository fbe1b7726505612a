"""Settings: what one simulated S3 is like; personalities: how real servers are known to deviate from AWS."""

from typing import Final, Literal

from msgspec import Struct, structs

from simulator.errors import Misuse

MIB: Final = 1 << 20
GIB: Final = 1 << 30
DAY_NS: Final = 86_400_000_000_000


class Personality(Struct, frozen=True, kw_only=True):
    """Where a server answers otherwise than AWS documents. The defaults are AWS."""

    name: str = "aws"
    second_complete: Literal["answered-again", "NoSuchUpload"] = "answered-again"
    """Complete for an upload that is complete: the same 200 again for a while, or a 404 at once."""
    complete_etag: bool = True
    """Whether Complete's answer carries the object's ETag, or an empty one (radosgw)."""
    part_order: Literal["checked", "ignored"] = "checked"
    """Parts out of order: InvalidPartOrder, or sorted in silence (radosgw, moto)."""
    part_sizes: Literal["checked", "ignored"] = "checked"
    """A short part in the middle: EntityTooSmall, or accepted (rclone)."""
    part_numbers: Literal["checked", "ignored"] = "checked"
    """Part numbers outside 1..10,000: InvalidArgument, or accepted (radosgw)."""
    refused_complete: Literal["keeps-upload", "destroys-upload"] = "keeps-upload"
    """What a Complete with an InvalidPart leaves behind (rclone destroys the upload)."""
    no_parts: Literal["MalformedXML", "InvalidRequest", "InvalidPart"] = "MalformedXML"
    """What Complete answers to an empty list of parts."""
    unknown_complete: Literal["NoSuchUpload", "InternalError"] = "NoSuchUpload"
    """Complete of an unknown upload: 404, or a 500 (radosgw, moto)."""
    unknown_part: Literal["NoSuchUpload", "InternalError"] = "NoSuchUpload"
    """UploadPart to an unknown upload: 404, or a 500 (moto)."""
    part_after_complete: Literal["NoSuchUpload", "breaks-object"] = "NoSuchUpload"
    """A part that arrives after Complete: refused, or a 200 that damages the finished object (Swift)."""
    list_parts_after_complete: Literal["NoSuchUpload", "answered"] = "NoSuchUpload"
    multipart_modified: Literal["initiated", "completed"] = "initiated"
    """Last-Modified of a multipart object: AWS documents the date its upload began."""
    uploads_at_restart: Literal["kept", "lost"] = "kept"
    """Whether uploads in progress survive a restart of the server (rclone loses them)."""
    upload_lifetime_ns: int | None = None
    """Uploads older than this are swept (MinIO: 24 h); None keeps them for ever."""
    next_part_number_marker: Literal["last", "one-too-high"] = "last"
    conditional_writes: Literal["honoured", "ignored"] = "honoured"
    content_md5: Literal["checked", "ignored"] = "checked"
    """Whether a wrong Content-MD5 is BadDigest (moto accepts it)."""
    checksums: Literal["full", "checked", "ignored"] = "full"
    """x-amz-checksum-*: checked and given back, checked only (Swift), or neither (radosgw, rclone)."""
    etags: Literal["digests", "opaque"] = "digests"
    """ETags of objects and parts: the MD5 of their bytes, or not, as where a bucket is encrypted with KMS keys."""
    etag_quotes: Literal["everywhere", "headers-only"] = "everywhere"
    """Whether ETags have their quotes in lists of parts and in Complete's answer, too."""
    signatures: Literal["checked", "ignored"] = "checked"
    """Whether a wrong secret is refused (LocalStack and moto let anyone in)."""


PERSONALITIES: Final = {
    each.name: each
    for each in (
        Personality(),
        Personality(name="kms", etags="opaque"),
        Personality(
            name="swift",
            multipart_modified="completed",
            checksums="checked",
            part_after_complete="breaks-object",
            list_parts_after_complete="answered",
        ),
        Personality(
            name="radosgw",
            multipart_modified="completed",
            complete_etag=False,
            part_order="ignored",
            part_numbers="ignored",
            unknown_complete="InternalError",
            checksums="ignored",
        ),
        Personality(
            name="localstack",
            multipart_modified="completed",
            second_complete="NoSuchUpload",
            no_parts="InvalidRequest",
            signatures="ignored",
        ),
        Personality(
            name="moto",
            multipart_modified="completed",
            part_order="ignored",
            unknown_complete="InternalError",
            unknown_part="InternalError",
            content_md5="ignored",
            signatures="ignored",
        ),
        Personality(
            name="rclone",
            multipart_modified="completed",
            second_complete="NoSuchUpload",
            part_sizes="ignored",
            refused_complete="destroys-upload",
            no_parts="InvalidPart",
            uploads_at_restart="lost",
            next_part_number_marker="one-too-high",
            conditional_writes="ignored",
            checksums="ignored",
        ),
        Personality(
            name="minio", multipart_modified="completed", second_complete="NoSuchUpload", upload_lifetime_ns=DAY_NS
        ),
    )
}


class Settings(Struct, frozen=True, kw_only=True):
    """One server: its region, its limits and its personality. Sizes in bytes, times in nanoseconds."""

    region: str = "us-east-1"
    domains: tuple[str, ...] = ("localhost", "s3.amazonaws.com")
    """Names under which buckets are addressed as BUCKET.NAME; under any other name the path holds the bucket."""
    personality: Personality = PERSONALITIES["aws"]
    owner_id: str = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
    owner_name: str = "soundstage"
    account_id: str = "123456789012"
    """What x-amz-expected-bucket-owner is compared with, besides the canonical id above."""
    object_ownership: Literal["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] = "ObjectWriter"
    """Of new buckets. AWS has BucketOwnerEnforced since 2023, which refuses every ACL but the owner's."""
    part_bytes_min: int = 5 * MIB
    part_bytes_max: int = 5 * GIB
    put_bytes_max: int = 5 * GIB
    copy_bytes_max: int = 5 * GIB
    object_bytes_max: int = 50_000 * GIB
    parts_max: int = 10_000
    page_keys_max: int = 1_000
    page_parts_max: int = 1_000
    page_buckets_max: int = 10_000
    delete_keys_max: int = 1_000
    buckets_max: int = 10_000
    key_bytes_max: int = 1_024
    metadata_bytes_max: int = 2_048
    tags_max: int = 10
    bucket_tags_max: int = 50
    lifecycle_rules_max: int = 1_000
    cors_rules_max: int = 100
    xml_bytes_max: int = 2 * MIB
    default_checksum: Literal["CRC64NVME", ""] = "CRC64NVME"
    """What an object gets whose client sent no checksum; it is worked out when it is first asked for."""
    default_checksum_answered: bool = False
    """Whether PutObject's and UploadPart's own answers carry that default, as AWS's do; it costs a reading each."""
    encryption_answered: bool = True
    """Whether answers say `x-amz-server-side-encryption: AES256`, as AWS's do since 2023."""
    completed_kept_ns: int = DAY_NS
    """How long a second Complete of one upload is still answered; AWS does not say how long it does."""
    day_ns: int = DAY_NS
    """What lifecycle rules count as a day; tests and demonstrations shorten it."""


def personality(name: str) -> Personality:
    """By name, or a copy with options changed: `"aws"`, `"swift"`, `"aws:second_complete=NoSuchUpload"`."""
    base, _, options = name.partition(":")
    found = PERSONALITIES.get(base)
    if found is None:
        raise Misuse(f"there is no S3 personality {base!r}", hint=f"one of {', '.join(PERSONALITIES)}")
    changes: dict[str, object] = {}
    for option in filter(None, options.split(",")):
        key, _, value = option.partition("=")
        if key not in Personality.__struct_fields__ or key == "name":
            raise Misuse(f"a personality has no {key!r}", hint=f"one of {', '.join(Personality.__struct_fields__[1:])}")
        changes[key] = {"true": True, "false": False, "none": None}.get(
            value, int(value) if value.isdecimal() else value
        )
    return _checked(structs.replace(found, **changes)) if changes else found


def _checked(changed: Personality) -> Personality:
    from msgspec import ValidationError, convert

    try:
        return convert(structs.asdict(changed), Personality)
    except ValidationError as error:
        raise Misuse(f"a personality cannot be so: {error}") from None
