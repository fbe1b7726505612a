"""The wire: asking before sending, bodies in signed chunks, connections that stay open, answers without bodies."""

import asyncio
import base64
import zlib
from collections.abc import Mapping
from urllib.parse import urlsplit

from tests.contract.s3.contract import Contract, send
from tests.contract.s3.signing import CHUNKS, CHUNKS_AND_TRAILER, UNSIGNED_AND_TRAILER


class Connection:
    """One connection, to which requests are written byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, url: str) -> "Connection":
        where = urlsplit(url)
        return cls(*await asyncio.open_connection(where.hostname, where.port))

    def head(self, method: str, url: str, headers: Mapping[str, str], **more: str) -> None:
        where = urlsplit(url)
        lines = [f"{method} {where.path}{'?' if where.query else ''}{where.query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())

    async def answer(self, *, body: bool = True) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split()[1])
        fields = dict(line.split(":", 1) for line in head.split("\r\n")[1:] if line)
        if "chunked" in fields.get("transfer-encoding", ""):
            return status, await self._chunks()
        length = int(fields.get("content-length", "0"))
        return status, await self.reader.readexactly(length) if body and length else b""

    async def _chunks(self) -> bytes:
        whole = b""
        while size := int((await self.reader.readline()).split(b";")[0], 16):
            whole += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readline()
        return whole

    def close(self) -> None:
        self.writer.close()


async def asking_first(told: Contract) -> None:
    """Expect: 100-continue. A request that may go on is told so; one that may not is refused before its body."""
    url, body = told.server.url + told.path("o"), b"x" * 70_000
    connection = await Connection.to(told.server.url)
    _, headers, _ = told.server.signer.sign("PUT", url, body=body)
    connection.head("PUT", url, headers, content_length=str(len(body)), expect="100-continue")
    told.holds("go on", (await connection.answer())[0], 100)
    connection.writer.write(body)
    told.holds("then", (await connection.answer())[0], 200)
    told.holds("stored", (await told.head("o"))["ContentLength"], 70_000)

    _, headers, _ = told.server.signer.sign("HEAD", url)
    connection.head("HEAD", url, headers)
    told.holds("a head on the same connection", await connection.answer(body=False), (200, b""))
    _, headers, _ = told.server.signer.sign("GET", url)
    connection.head("GET", url, headers)
    status, got = await connection.answer()
    told.holds("and a get", [status, got == body], [200, True])
    connection.close()

    connection = await Connection.to(told.server.url)
    headers["authorization"] = headers["authorization"][:-8] + "00000000"
    connection.head("PUT", url, headers, content_length=str(len(body)), expect="100-continue")
    told.holds("refused before the body", (await connection.answer())[0], 403)
    connection.close()


async def lengths(told: Contract) -> None:
    """A body must say how long it is, and be that long."""
    url = told.server.url + told.path("o")
    connection = await Connection.to(told.server.url)
    _, headers, _ = told.server.signer.sign("PUT", url)
    connection.head("PUT", url, headers)
    status, body = await connection.answer()
    told.holds("none said", [status, b"<Code>MissingContentLength<" in body], [411, True])
    connection.close()
    connection = await Connection.to(told.server.url)
    connection.head("PUT", url, headers, content_length="-5")
    told.holds("less than none", (await connection.answer())[0], 400)
    connection.close()
    await told.put("source", b"body")
    connection = await Connection.to(told.server.url)
    _, headers, _ = told.server.signer.sign("PUT", url, headers={"x-amz-copy-source": told.path("source")})
    connection.head("PUT", url, headers)
    told.holds("none said of a copy, which has none", (await connection.answer())[0], 200)
    connection.close()


async def signed_chunks(told: Contract) -> None:
    """aws-chunked: chunks that are each signed, with a checksum behind them or none; and one that was tampered with."""
    url, chunks = told.server.url + told.path("o"), [b"a" * 65_536, b"b" * 65_536, b"tail"]
    whole, signer = b"".join(chunks), told.server.signer
    crc32 = base64.b64encode(zlib.crc32(whole).to_bytes(4)).decode()
    right, wrong = ("x-amz-checksum-crc32", crc32), ("x-amz-checksum-crc32", "AAAAAA==")
    for name, payload, trailer, wanted in (
        ("signed", CHUNKS, None, "200"),
        ("signed, with a checksum", CHUNKS_AND_TRAILER, right, "200"),
        ("signed, with a wrong checksum", CHUNKS_AND_TRAILER, wrong, "400 BadDigest"),
        ("unsigned, with a checksum", UNSIGNED_AND_TRAILER, right, "200"),
        ("unsigned, with a wrong checksum", UNSIGNED_AND_TRAILER, wrong, "400 BadDigest"),
    ):
        made = signer.in_chunks("PUT", url, chunks, payload=payload, trailer=trailer)
        told.holds(name, (await send("PUT", *made)).told, wanted)
    got = await told.get("o", ChecksumMode="ENABLED")
    told.holds("body", got["Body"] == whole, True)
    told.holds("the encoding is not the object's", got.get("ContentEncoding"), None)
    told.holds("checksum", got.get("ChecksumCRC32"), crc32)
    target, headers, body = signer.in_chunks("PUT", url, chunks, headers={"content-encoding": "gzip,aws-chunked"})
    told.holds("of something packed", (await send("PUT", target, headers, body)).told, "200")
    told.holds("only its own encoding", (await told.head("o")).get("ContentEncoding"), "gzip")
    target, headers, body = signer.in_chunks("PUT", url, chunks)
    spoilt = body.replace(b"a" * 9, b"c" * 9, 1)
    told.holds("tampered with", (await send("PUT", target, headers, spoilt)).told, "403 SignatureDoesNotMatch")
    short = {"x-amz-decoded-content-length": "9"}
    target, headers, body = signer.in_chunks("PUT", url, chunks, headers=short)
    told.holds("another length", (await send("PUT", target, headers, body)).status, 400)


STORIES = (asking_first, lengths, signed_chunks)
