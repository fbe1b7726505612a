"""Signature Version 4 as its manual tells it, so that a server is not only held against botocore's reading.

Headers, presigned links, and bodies in signed chunks with or without trailers; each part of a signature can be asked
for wrongly (another time, region, secret), which no client library does.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote, urlsplit

EMPTY: Final = hashlib.sha256(b"").hexdigest()
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
CHUNKS: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHUNKS_AND_TRAILER: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_AND_TRAILER: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_METHOD: Final = "AWS4-HMAC-SHA256"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _stamp(at: datetime | None) -> str:
    return (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a query, unescaped; one without a value has the empty one."""
    split = [part.partition("=") for part in query.split("&") if part]
    return [(unquote(name), unquote(value)) for name, _, value in split]


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Signs for one user in one region."""

    access_key: str
    secret_key: str
    region: str
    service: str = "s3"

    def scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"

    def sign(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        at: datetime | None = None,
        payload: str | None = None,
    ) -> tuple[str, dict[str, str], bytes]:
        """URL, headers and body of a request that is signed in its headers."""
        stamp, split = _stamp(at), urlsplit(url)
        digest = payload or hashlib.sha256(body).hexdigest()
        sent = {"host": split.netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        names = ";".join(sorted(sent))
        signature = self._signature(method, split.path, _pairs(split.query), sent, digest, stamp)
        credential = f"Credential={self.access_key}/{self.scope(stamp)}"
        sent["authorization"] = f"{_METHOD} {credential}, SignedHeaders={names}, Signature={signature}"
        return url, sent, body

    def presign(self, method: str, url: str, *, expires_s: int, at: datetime | None = None) -> str:
        """A link that carries its signature."""
        stamp, split = _stamp(at), urlsplit(url)
        pairs = _pairs(split.query) + [
            ("X-Amz-Algorithm", _METHOD),
            ("X-Amz-Credential", f"{self.access_key}/{self.scope(stamp)}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(expires_s)),
            ("X-Amz-SignedHeaders", "host"),
        ]
        signature = self._signature(method, split.path, pairs, {"host": split.netloc}, UNSIGNED, stamp)
        query = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in pairs)
        return f"{split.scheme}://{split.netloc}{split.path}?{query}&X-Amz-Signature={signature}"

    def in_chunks(
        self,
        method: str,
        url: str,
        chunks: Sequence[bytes],
        *,
        payload: str = CHUNKS,
        trailer: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[str, dict[str, str], bytes]:
        """URL, headers and body of a request whose body goes out in chunks (aws-chunked)."""
        stamp = _stamp(None)
        extra = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(sum(map(len, chunks)))}
        extra |= {"x-amz-date": stamp} | dict(headers or {})
        if trailer is not None:
            extra["x-amz-trailer"] = trailer[0]
        url, sent, _ = self.sign(method, url, headers=extra, payload=payload, at=_read(stamp))
        last, body = sent["authorization"].rpartition("=")[2], b""
        signed = payload != UNSIGNED_AND_TRAILER
        for chunk in [*chunks, b""]:
            body += f"{len(chunk):x}".encode()
            if signed:
                last = self._chunk_signature("PAYLOAD", stamp, last, f"{EMPTY}\n{hashlib.sha256(chunk).hexdigest()}")
                body += f";chunk-signature={last}".encode()
            body += b"\r\n" + chunk + (b"\r\n" if chunk else b"")
        if trailer is not None:
            body += f"{trailer[0]}:{trailer[1]}\r\n".encode()
            if signed:
                digest = hashlib.sha256(f"{trailer[0]}:{trailer[1]}\n".encode()).hexdigest()
                last = self._chunk_signature("TRAILER", stamp, last, digest)
                body += f"x-amz-trailer-signature:{last}\r\n".encode()
        return url, sent, body + b"\r\n"

    def _chunk_signature(self, kind: str, stamp: str, previous: str, digests: str) -> str:
        text = f"{_METHOD}-{kind}\n{stamp}\n{self.scope(stamp)}\n{previous}\n{digests}"
        return _mac(self._key(stamp), text).hex()

    def _signature(
        self, method: str, path: str, query: list[tuple[str, str]], headers: Mapping[str, str], digest: str, stamp: str
    ) -> str:
        pairs = sorted((_escaped(name), _escaped(value)) for name, value in query)
        asked = "&".join(f"{name}={value}" for name, value in pairs)
        lines = [f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers)]
        request = f"{method}\n{path or '/'}\n{asked}\n{''.join(lines)}\n{';'.join(sorted(headers))}\n{digest}"
        hashed = hashlib.sha256(request.encode()).hexdigest()
        return _mac(self._key(stamp), f"{_METHOD}\n{stamp}\n{self.scope(stamp)}\n{hashed}").hex()

    def _key(self, stamp: str) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for part in self.scope(stamp).split("/"):
            key = _mac(key, part)
        return key


def _read(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
