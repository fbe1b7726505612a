"""A report is stored in the evening, and read in the morning in one piece."""

import asyncio
import random

from patience import patiently, s3_client

REPORT = {"Bucket": "reports", "Key": "today.txt"}


async def fetch(s3):
    """The report."""
    found = await s3.get_object(**REPORT)
    async with found["Body"] as body:
        return await body.read()  # With a limit it returns what is there.


async def main():
    async with s3_client() as s3:
        await patiently(s3.create_bucket, Bucket=REPORT["Bucket"])
        for _ in range(4):
            report = b"line of the report\n" * random.randint(1000, 4000)
            await patiently(s3.put_object, **REPORT, Body=report)
            await asyncio.sleep(8)
            read = await patiently(fetch, s3)
            assert read == report, f"{len(report)} bytes were stored, {len(read)} were read"


asyncio.run(main())
