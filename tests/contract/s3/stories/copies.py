"""Copies: the body and what was said of it, or something new said; conditions on the source; refusals."""

from tests.contract.s3.contract import PART, Contract

_OLD = {"ContentType": "text/plain", "Metadata": {"camera": "lobby"}}


async def whole(told: Contract) -> None:
    """What was said of an object goes with it, unless something else is said."""
    etag = (await told.put("from/ü +%41", b"body", **_OLD))["ETag"]
    source = {"Bucket": told.bucket, "Key": "from/ü +%41"}
    copied = await told.s3.copy_object(Bucket=told.bucket, Key="to", CopySource=source)
    told.holds("etag", copied["CopyObjectResult"]["ETag"], etag)
    got = await told.get("to")
    told.holds("the same said", [got["Body"], got["ContentType"], got["Metadata"]],
               [b"body", "text/plain", {"camera": "lobby"}])  # fmt: skip
    said = {"MetadataDirective": "REPLACE", "Metadata": {"new": "1"}, "ContentType": "video/mp4"}
    await told.s3.copy_object(Bucket=told.bucket, Key="to", CopySource=source, **said)
    got = await told.get("to")
    told.holds("another said", [got["ContentType"], got["Metadata"]], ["video/mp4", {"new": "1"}])
    itself = told.s3.copy_object(Bucket=told.bucket, Key="to", CopySource={"Bucket": told.bucket, "Key": "to"})
    await told.answers("onto itself, unchanged", itself, "400 InvalidRequest")
    itself = told.s3.copy_object(Bucket=told.bucket, Key="to", CopySource={"Bucket": told.bucket, "Key": "to"}, **said)
    await told.answers("onto itself, with another thing said", itself, "200")
    kept = {"CopySource": {"Bucket": told.bucket, "Key": "to"}, "StorageClass": "STANDARD"}
    itself = told.s3.copy_object(Bucket=told.bucket, Key="to", **kept)
    await told.answers("onto itself, into the class it has", itself, "200")
    gone = told.s3.copy_object(Bucket=told.bucket, Key="to", CopySource={"Bucket": told.bucket, "Key": "none"})
    await told.answers("of none", gone, "404 NoSuchKey")
    gone = told.s3.copy_object(Bucket=told.bucket, Key="to", CopySource={"Bucket": f"{told.bucket}-no", "Key": "x"})
    await told.answers("from no bucket", gone, "404 NoSuchBucket")


async def conditions(told: Contract) -> None:
    """A copy only of the object that the client has in mind."""
    etag, other = (await told.put("from", b"body"))["ETag"], '"0123456789abcdef0123456789abcdef"'
    source = {"CopySource": {"Bucket": told.bucket, "Key": "from"}, "Bucket": told.bucket, "Key": "to"}
    for name, options, wanted in (
        ("if match", {"CopySourceIfMatch": etag}, "200"),
        ("if match, another", {"CopySourceIfMatch": other}, "412 PreconditionFailed"),
        ("if none match", {"CopySourceIfNoneMatch": etag}, "412 PreconditionFailed"),
        ("if none match, another", {"CopySourceIfNoneMatch": other}, "200"),
    ):
        await told.answers(name, told.s3.copy_object(**source, **options), wanted)


async def parts(told: Contract) -> None:
    """Parts of an upload that are copied from an object, whole and in ranges."""
    await told.put("from", b"a" * PART + b"tail")
    source = {"Bucket": told.bucket, "Key": "from"}
    upload = await told.s3.create_multipart_upload(Bucket=told.bucket, Key="to")
    name = {"Bucket": told.bucket, "Key": "to", "UploadId": upload["UploadId"]}
    head = await told.s3.upload_part_copy(**name, PartNumber=1, CopySource=source)
    tail = await told.s3.upload_part_copy(
        **name, PartNumber=2, CopySource=source, CopySourceRange=f"bytes={PART}-{PART + 3}"
    )
    etags = [answer["CopyPartResult"]["ETag"] for answer in (head, tail)]
    listed = {"Parts": [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]}
    await told.s3.complete_multipart_upload(**name, MultipartUpload=listed)
    got = await told.get("to")
    told.holds("body", got["Body"] == b"a" * PART + b"tailtail", True)
    gone = await told.s3.create_multipart_upload(Bucket=told.bucket, Key="other")
    name = {"Bucket": told.bucket, "Key": "other", "UploadId": gone["UploadId"]}
    missing = {"Bucket": told.bucket, "Key": "none"}
    await told.answers("of none", told.s3.upload_part_copy(**name, PartNumber=1, CopySource=missing), "404 NoSuchKey")
    name["UploadId"] = "nonsense"
    unknown = told.s3.upload_part_copy(**name, PartNumber=1, CopySource=source)
    await told.answers("to an unknown upload", unknown, "404 NoSuchUpload")


STORIES = (whole, conditions, parts)
