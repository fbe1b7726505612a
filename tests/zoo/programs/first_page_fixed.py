"""Uploads leave temporary objects; a janitor removes them when ten seconds are over, and at the end."""

import asyncio
import random

from patience import patiently, s3_client

BUCKET, ROUNDS = "temporary", 5


async def clean(s3):
    """Remove every temporary object."""
    while True:
        found = await patiently(s3.list_objects_v2, Bucket=BUCKET, MaxKeys=5)
        for one in found.get("Contents", []):
            await patiently(s3.delete_object, Bucket=BUCKET, Key=one["Key"])
        if not found["IsTruncated"]:
            return


async def main():
    async with s3_client() as s3:
        await patiently(s3.create_bucket, Bucket=BUCKET)
        for number in range(ROUNDS):
            for one in range(min(random.randint(1, 4) for _ in range(2)) + random.randint(0, 2)):
                await patiently(s3.put_object, Bucket=BUCKET, Key=f"{number}/{one}", Body=b"")
            await asyncio.sleep(10)
            await clean(s3)
            left = (await patiently(s3.list_objects_v2, Bucket=BUCKET)).get("Contents", [])
            assert not left, f"the janitor was here, and left {[one['Key'] for one in left]}"


asyncio.run(main())
