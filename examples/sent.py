"""An uploader that sends a film in parts to S3, and counts in Redis how many bytes it has sent."""

import asyncio
import os

from aiobotocore.session import get_session
from redis.asyncio import Redis

PART = bytes(5 << 20)


async def main() -> None:
    redis = Redis(host=os.environ.get("REDIS_HOST", "redis"))
    async with redis, get_session().create_client("s3") as s3:
        await s3.create_bucket(Bucket="films")
        film = {"Bucket": "films", "Key": "lobby.mp4"}
        upload = {**film, "UploadId": (await s3.create_multipart_upload(**film))["UploadId"]}
        parts = []
        for number in (1, 2, 3):
            answer = await s3.upload_part(**upload, PartNumber=number, Body=PART)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            await redis.hincrby("lobby.mp4", "bytes_sent", len(PART))
        await s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        stored = (await s3.head_object(**film))["ContentLength"]
        counted = int(await redis.hget("lobby.mp4", "bytes_sent"))
        assert counted == stored, f"{counted:,} bytes counted, {stored:,} stored"
        print(f"{stored:,} bytes stored")


asyncio.run(main())
