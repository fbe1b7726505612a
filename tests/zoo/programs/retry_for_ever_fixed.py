"""Old uploads are aborted; what goes wrong is tried again."""

import asyncio

from patience import PASSING, ClientError, patiently, s3_client

NAME, UPLOADS = {"Bucket": "films", "Key": "film.mp4"}, 5


async def abort(s3, upload):
    """Abort an upload, however often that takes."""
    while True:
        try:
            return await s3.abort_multipart_upload(**NAME, UploadId=upload)
        except s3.exceptions.NoSuchUpload:
            return None  # It is gone, whoever did it: that is all we want.
        except (*PASSING, ClientError):
            await asyncio.sleep(1)


async def main():
    async with s3_client() as s3:
        await patiently(s3.create_bucket, Bucket=NAME["Bucket"])
        for _ in range(UPLOADS):
            upload = (await patiently(s3.create_multipart_upload, **NAME))["UploadId"]
            await asyncio.sleep(8)
            try:
                async with asyncio.timeout(300):
                    await abort(s3, upload)
            except TimeoutError:
                raise TimeoutError("no trouble lasts so long, and the upload is still to be aborted") from None


asyncio.run(main())
