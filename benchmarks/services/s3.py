"""What is asked of an S3 server: small puts, gets and heads, a listing, and 64 MiB in parts of 8."""

import base64
import hashlib
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.services.wire import Answer, Wire, rate
from tests.contract.s3.signing import Signer

KEYS: Final = 64
SMALL: Final = b"k" * 1024
PART: Final = 8 << 20
PARTS: Final = 8
_BUCKET: Final = "/bench-bucket"


@dataclass(frozen=True)
class Line:
    """One line of the table: what it is called, its unit, whether more is better."""

    name: str
    title: str
    unit: str
    more_is_better: bool = True


LINES: Final = (
    Line("put-1", "PUT 1 KiB", "per s"),
    Line("put-8", "PUT 1 KiB, 8 connections", "per s"),
    Line("get-1", "GET 1 KiB", "per s"),
    Line("get-8", "GET 1 KiB, 8 connections", "per s"),
    Line("head-1", "HEAD", "per s"),
    Line("head-8", "HEAD, 8 connections", "per s"),
    Line("list", "list 64 keys", "per s"),
    Line("multipart", "64 MiB in parts of 8 MiB", "MiB/s"),
    Line("download", "GET 64 MiB", "MiB/s"),
    Line("ready", "ready after", "s", more_is_better=False),
    Line("memory", "memory at the end", "MB", more_is_better=False),
)


class S3Load:
    """The requests of one server, signed beforehand as a client of version 4 does, and the ways to send them."""

    def __init__(self, url: str, user: tuple[str, str]) -> None:
        self.url = url
        self.signer = Signer(access_key=user[0], secret_key=user[1], region="us-east-1")
        self.wire = Wire(url)
        drawn = Random(1)
        self.body = [drawn.randbytes(PART) for _ in range(PARTS)]
        self._sums = [(hashlib.sha256(body).hexdigest(), _crc32(body)) for body in self.body]

    def prepare(self) -> None:
        """Make the bucket and the objects that are read, and see that they come back."""
        self._ask("PUT", _BUCKET)
        for request in self._small("PUT"):
            assert self.wire.ask(request).status == 200
        assert self.wire.ask(self._small("GET")[0]).body == SMALL
        self.multipart()
        got = self._ask("GET", f"{_BUCKET}/large")
        assert got.body == b"".join(self.body), "64 MiB came back as something else"

    def measure(self, line: str, *, for_s: float) -> float:
        """One figure."""
        if line in ("multipart", "download"):
            return (self.multipart if line == "multipart" else self.download)()
        if line == "list":
            listing = [self._request("GET", f"{_BUCKET}?list-type=2&max-keys={KEYS}&prefix=small")]
            return rate(self.url, listing, connections=1, for_s=for_s, head_only=False)
        method, connections = line.split("-")
        requests = self._small(method.upper())
        return rate(self.url, requests, connections=int(connections), for_s=for_s, head_only=method == "head")

    def multipart(self) -> float:
        """Begin, send the parts one after the other, complete; MiB per second."""
        path = f"{_BUCKET}/large"
        upload_id = _between(self._ask("POST", f"{path}?uploads=").body, "UploadId")
        parts = [
            self._request("PUT", f"{path}?partNumber={number}&uploadId={upload_id}", body, sums)
            for number, (body, sums) in enumerate(zip(self.body, self._sums, strict=True), 1)
        ]
        etags = [f'"{hashlib.md5(body).hexdigest()}"' for body in self.body]
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in enumerate(etags, 1)
        )
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        complete = self._request("POST", f"{path}?uploadId={upload_id}", document)
        return self._timed(lambda: [self._sent(request) for request in (*parts, complete)])

    def download(self) -> float:
        request = self._request("GET", f"{_BUCKET}/large")
        return self._timed(lambda: self._sent(request, keep=False))

    def _timed(self, act: Callable[[], object]) -> float:
        began = time.perf_counter()
        act()
        return PARTS * PART / (1 << 20) / (time.perf_counter() - began)

    def _small(self, method: str) -> list[list[bytes]]:
        body = SMALL if method == "PUT" else b""
        return [self._request(method, f"{_BUCKET}/small/{number:03}", body) for number in range(KEYS)]

    def _request(self, method: str, path: str, body: bytes = b"", sums: tuple[str, str] | None = None) -> list[bytes]:
        extra = {"x-amz-checksum-crc32": sums[1]} if sums else {}
        _, headers, _ = self.signer.sign(method, self.url + path, body=body if not sums else b"", headers=extra,
                                         payload=sums[0] if sums else None)  # fmt: skip
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode()
        return [head, body] if len(body) > len(SMALL) else [head + body]

    def _ask(self, method: str, path: str) -> Answer:
        return self._sent(self._request(method, path))

    def _sent(self, request: list[bytes], *, keep: bool = True) -> Answer:
        answer = self.wire.ask(request, keep=keep)
        assert 200 <= answer.status < 300, (answer.status, answer.body[:300])
        assert b"<Error>" not in answer.body[:200], answer.body[:300]
        return answer


def _between(text: bytes, tag: str) -> str:
    return text.partition(f"<{tag}>".encode())[2].partition(b"<")[0].decode()


def _crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4)).decode()
