"""A film goes up in parts, two at a time; what fails is sent again."""

import asyncio

from patience import PASSING, ClientError, patiently, s3_client

PART, PARTS = 5 << 20, 4
FILM = {"Bucket": "films", "Key": "film.mp4"}


def content(number):
    """What part NUMBER of the film is."""
    return bytes([number]) * PART


async def send(s3, upload, number, body):
    """Send one part."""
    sent = await s3.upload_part(**FILM, UploadId=upload, PartNumber=number, Body=body)
    return {"PartNumber": number, "ETag": sent["ETag"]}


async def send_all(s3, upload):
    """Send all parts; returns what was sent."""
    parts, waiting = [], list(range(1, PARTS + 1))
    while waiting:
        batch = waiting[:2]
        numbers = range(len(parts) + 1, len(parts) + 1 + len(batch))
        jobs = [send(s3, upload, number, content(one)) for number, one in zip(numbers, batch, strict=True)]
        for one, result in zip(batch, await asyncio.gather(*jobs, return_exceptions=True), strict=True):
            if isinstance(result, (*PASSING, ClientError)):
                await asyncio.sleep(1)
            elif isinstance(result, BaseException):
                raise result
            else:
                parts.append(result)
                waiting.remove(one)
        await asyncio.sleep(12)  # The film is still being made.
    return sorted(parts, key=lambda part: part["PartNumber"])


async def byte(s3, at):
    """One byte of the film as it is stored."""
    found = await s3.get_object(**FILM, Range=f"bytes={at}-{at}")
    async with found["Body"] as body:
        return await body.read()


async def main():
    async with s3_client() as s3:
        await patiently(s3.create_bucket, Bucket=FILM["Bucket"])
        upload = (await patiently(s3.create_multipart_upload, **FILM))["UploadId"]
        parts = await send_all(s3, upload)
        await patiently(s3.complete_multipart_upload, **FILM, UploadId=upload, MultipartUpload={"Parts": parts})
        for number in range(1, PARTS + 1):
            start = (number - 1) * PART
            assert await patiently(byte, s3, start) == content(number)[:1], f"part {number} is not where it belongs"


asyncio.run(main())
