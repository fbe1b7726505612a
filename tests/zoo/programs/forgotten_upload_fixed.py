"""Films go up in parts; what is under way when all is done would be paid for, for ever."""

import asyncio
from contextlib import suppress

from patience import patiently, s3_client

BUCKET, FILMS = "films", 5


async def upload(s3, key):
    """Upload one film."""
    name = {"Bucket": BUCKET, "Key": key}
    made = await patiently(s3.create_multipart_upload, **name)
    name["UploadId"] = made["UploadId"]
    sent = await patiently(s3.upload_part, **name, PartNumber=1, Body=key.encode())
    parts = {"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]}
    await patiently(s3.complete_multipart_upload, **name, MultipartUpload=parts)


async def under_way(s3):
    """Uploads that have begun and not ended."""
    found = await patiently(s3.list_multipart_uploads, Bucket=BUCKET)
    return [{"Key": one["Key"], "UploadId": one["UploadId"]} for one in found.get("Uploads", [])]


async def main():
    async with s3_client() as s3:
        await patiently(s3.create_bucket, Bucket=BUCKET)
        for number in range(FILMS):
            await upload(s3, f"film {number}")
            await asyncio.sleep(12)
        await asyncio.sleep(200)  # By now whatever was late is here.
        for one in await under_way(s3):  # Begun, and its reply was lost: nobody has its number.
            with suppress(s3.exceptions.NoSuchUpload):
                await patiently(s3.abort_multipart_upload, Bucket=BUCKET, **one)
        left = await under_way(s3)
        assert not left, f"never ended: {[one['Key'] for one in left]}"


asyncio.run(main())
