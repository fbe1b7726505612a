"""A Redis and an S3 of a few lines each: enough for real clients to talk to. The simulator's services are elsewhere."""

import asyncio
import hashlib
from typing import Any

from aiohttp import web


class RespServer:
    """Speaks RESP 3, and knows half a dozen commands."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    async def serve(self) -> None:
        await asyncio.start_server(self._talk, "0.0.0.0", 6379)
        await asyncio.sleep(1e6)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while header := await reader.readline():
            words = [await self._word(reader) for _ in range(int(header[1:]))]
            writer.write(self._answer(words))
            await writer.drain()
        writer.close()

    async def _word(self, reader: asyncio.StreamReader) -> bytes:
        size = int((await reader.readline())[1:])
        return (await reader.readexactly(size + 2))[:-2]

    def _answer(self, words: list[bytes]) -> bytes:
        match [words[0].upper(), *words[1:]]:
            case [b"PING"]:
                return b"+PONG\r\n"
            case [b"SET", key, value]:
                self.values[key] = value
                return b"+OK\r\n"
            case [b"GET", key]:
                found = self.values.get(key)
                return b"_\r\n" if found is None else b"$%d\r\n%b\r\n" % (len(found), found)
            case [b"INCRBY" | b"INCR", key, *by]:
                number = int(self.values.get(key, b"0")) + int(by[0] if by else 1)
                self.values[key] = str(number).encode()
                return b":%d\r\n" % number
            case [b"HELLO", *_]:
                return b"%2\r\n$6\r\nserver\r\n$5\r\nsmall\r\n$5\r\nproto\r\n:3\r\n"
            case [b"CLIENT" | b"SELECT", *_]:
                return b"+OK\r\n"
        return b"-ERR unknown command\r\n"


class S3Server:
    """Objects and multipart uploads over HTTP, unsigned and without listing."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[int, bytes] = {}

    async def serve(self) -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{bucket}/{key:.*}", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", 9000).start()
        await asyncio.sleep(1e6)

    async def _answer(self, request: web.Request) -> web.Response:
        key, query, body = request.match_info["key"], request.query, await self._body(request)
        if request.method == "PUT":
            if "partNumber" in query:
                self.parts[int(query["partNumber"])] = body
            else:
                self.objects[key] = body
            return web.Response(headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
        if request.method == "POST":
            if "uploads" in query:
                return self._xml("InitiateMultipartUploadResult", UploadId="upload-1", Key=key)
            self.objects[key] = b"".join(self.parts[number] for number in sorted(self.parts))
            return self._xml("CompleteMultipartUploadResult", Key=key, ETag='"etag"')
        return web.Response(body=self.objects[key])

    async def _body(self, request: web.Request) -> bytes:
        """The body, without the frames in which clients send bodies of a checksum to come."""
        body = await request.read()
        if "aws-chunked" not in request.headers.get("Content-Encoding", ""):
            return body
        parts, rest = [], body
        while rest:
            head, _, rest = rest.partition(b"\r\n")
            size = int(head.split(b";")[0], 16)
            if not size:
                break
            parts.append(rest[:size])
            rest = rest[size + 2 :]
        return b"".join(parts)

    def _xml(self, name: str, **fields: Any) -> web.Response:
        inner = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
        return web.Response(text=f"<{name}>{inner}</{name}>", content_type="application/xml")
