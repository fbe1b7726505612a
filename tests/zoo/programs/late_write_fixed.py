"""A camera's latest picture is stored under one key, every few seconds."""

import asyncio

from patience import patiently, s3_client

BUCKET, PICTURES = "camera", 14
stored = 0


async def store(s3, number):
    """Store a picture under a key of its own; what arrives late cannot hide a later one."""
    global stored
    stored += 1
    await patiently(s3.put_object, Bucket=BUCKET, Key=f"{stored:06}", Body=f"picture {number}".encode())


async def latest(s3):
    """The picture that is shown."""
    keys = [one["Key"] for one in (await s3.list_objects_v2(Bucket=BUCKET))["Contents"]]
    found = await s3.get_object(Bucket=BUCKET, Key=max(keys))
    async with found["Body"] as body:
        return (await body.read()).decode()


async def main():
    async with s3_client() as s3:
        await patiently(s3.create_bucket, Bucket=BUCKET)
        for number in range(PICTURES):
            await store(s3, number)
            await asyncio.sleep(0.5)
            await store(s3, f"{number}, sharper")
            await asyncio.sleep(4)
            shown = await patiently(latest, s3)
            assert shown == f"picture {number}, sharper", f"{number}, sharper was stored, {shown!r} is shown"


asyncio.run(main())
