"""An S3 client of aiobotocore stores objects; the server notes by which clock each request was signed.

The client's clock jumps ahead by a day in the middle: a real S3 would refuse what comes then, this one takes note.
"""

import asyncio
import hashlib
import logging
from datetime import UTC, datetime
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from aiohttp import web
from botocore.exceptions import ClientError

from simulator import World, scenario

DAY_S = 86_400
PART = hashlib.shake_128(b"part").digest(5 << 20)
log = logging.getLogger("objects")
log.setLevel(logging.INFO)


class Bucket:
    """Objects and multipart uploads, and how far each request's signature was from the server's clock."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}

    async def answer(self, request: web.Request) -> web.Response:
        body = _unframed(await request.read(), request.headers.get("Content-Encoding", ""))
        signed_at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        away_s = round((signed_at - datetime.now(UTC)).total_seconds() + 0.5)  # The header has whole seconds.
        day = request.headers["Authorization"].partition("Credential=")[2].split("/")[1]
        assert day == f"{signed_at:%Y%m%d}", "the date in the credential's scope is another"
        log.info("asked", extra={"method": request.method, "bytes": len(body), "day": day, "away_s": away_s})
        act = {"PUT": self._put, "GET": self._get, "HEAD": self._head, "POST": self._post}[request.method]
        return act(request.match_info["key"], request.query, body)

    def _put(self, key: str, query: Any, body: bytes) -> web.Response:
        if "partNumber" in query:
            self.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.objects[key] = body
        return web.Response(headers={"ETag": _etag(body)})

    def _get(self, key: str, query: Any, body: bytes) -> web.Response:
        found = self.objects.get(key)
        if found is None:
            return _xml("Error", 404, Code="NoSuchKey", Message="There is no such key.")
        return web.Response(body=found, headers={"ETag": _etag(found)})

    def _head(self, key: str, query: Any, body: bytes) -> web.Response:
        found = self.objects.get(key)
        if found is None:
            return web.Response(status=404)
        return web.Response(headers={"ETag": _etag(found), "Content-Length": str(len(found))})

    def _post(self, key: str, query: Any, body: bytes) -> web.Response:
        if "uploads" in query:
            upload = f"upload-{len(self.parts) + 1}"
            self.parts[upload] = {}
            return _xml("InitiateMultipartUploadResult", UploadId=upload, Key=key)
        parts = self.parts.pop(query["uploadId"])
        self.objects[key] = b"".join(parts[number] for number in sorted(parts))
        return _xml("CompleteMultipartUploadResult", Key=key, ETag=_etag(self.objects[key]))


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def _xml(name: str, status: int = 200, **fields: str) -> web.Response:
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    return web.Response(text=f"<{name}>{inner}</{name}>", status=status, content_type="application/xml")


def _unframed(body: bytes, encoding: str) -> bytes:
    """A body without the frames in which a client sends one whose checksum follows."""
    if "aws-chunked" not in encoding:
        return body
    whole, rest = bytearray(), body
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if not size:
            break
        whole += rest[:size]
        rest = rest[size + 2 :]
    return bytes(whole)


async def serve() -> None:
    """The server's program."""
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/bucket/{key:.*}", Bucket().answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 9000).start()
    await asyncio.Event().wait()


async def store() -> None:
    """The client's program."""
    await asyncio.sleep(1)
    config = AioConfig(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    async with get_session().create_client(
        "s3", endpoint_url="http://s3:9000", region_name="eu-central-1", config=config,
        aws_access_key_id="test", aws_secret_access_key="test",
    ) as s3:  # fmt: skip
        await s3.put_object(Bucket="bucket", Key="small", Body=b"hello")
        found = await s3.get_object(Bucket="bucket", Key="small")
        _told(
            "got", body=(await found["Body"].read()).decode(), server_says=found["ResponseMetadata"]["HTTPStatusCode"]
        )
        head = await s3.head_object(Bucket="bucket", Key="small")
        _told("head", bytes=head["ContentLength"], etag=head["ETag"])
        await asyncio.sleep(60)
        upload = (await s3.create_multipart_upload(Bucket="bucket", Key="large"))["UploadId"]
        parts = await asyncio.gather(*(_send(s3, upload, number) for number in (1, 2)))
        await s3.complete_multipart_upload(
            Bucket="bucket", Key="large", UploadId=upload, MultipartUpload={"Parts": parts}
        )
        large = await (await s3.get_object(Bucket="bucket", Key="large"))["Body"].read()
        _told("whole", same=large == PART * 2)
        try:
            await s3.get_object(Bucket="bucket", Key="absent")
        except ClientError as error:
            _told("absent", code=error.response["Error"]["Code"])


async def _send(s3: Any, upload: str, number: int) -> dict[str, Any]:
    done = await s3.upload_part(Bucket="bucket", Key="large", UploadId=upload, PartNumber=number, Body=PART)
    return {"PartNumber": number, "ETag": done["ETag"]}


def _told(what: str, **data: object) -> None:
    log.info(what, extra=data)


@scenario()
async def objects(world: World) -> None:
    """Objects come back as they were stored, and requests are signed by the client's clock."""
    world.host("s3").run(serve)
    client = world.host("client").run(store)
    await asyncio.sleep(30)
    world.host("client").wall.jump(DAY_S * 10**9)
    assert await client.wait() == 0
