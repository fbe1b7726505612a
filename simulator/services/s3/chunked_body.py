"""Bodies: what a request's body has to be, known from its head, and whether it was.

| x-amz-content-sha256                           | the body                                                |
|------------------------------------------------|---------------------------------------------------------|
| a SHA-256                                      | these bytes and no others                               |
| UNSIGNED-PAYLOAD                               | any bytes                                               |
| STREAMING-AWS4-HMAC-SHA256-PAYLOAD             | aws-chunked, each chunk signed                          |
| STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER     | the same, with signed trailers                          |
| STREAMING-UNSIGNED-PAYLOAD-TRAILER             | aws-chunked, with trailers, nothing signed              |

A presigned URL can have no chunks: there the words of streaming are a digest that fits no body.
"""

import hashlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Final

from simulator.services.http.message import Request
from simulator.services.rope import Rope
from simulator.services.s3.auth import Grant
from simulator.services.s3.checksums import HEADERS as CHECKSUMS
from simulator.services.s3.checksums import announced as algorithm_of
from simulator.services.s3.checksums import claimed, valid
from simulator.services.s3.chunked import ChunkSigner, Decoder, incomplete
from simulator.services.s3.errors import S3Error, not_implemented

UNSIGNED: Final = "UNSIGNED-PAYLOAD"
STREAMING: Final = "STREAMING-"
_SIGNED: Final = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
_TRAILING: Final = ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
_READ: Final = ("PUT", "POST")
"""Methods whose bodies are read; the digest of others' is not looked at."""
_SINGLE: Final = "Expecting a single x-amz-checksum- header"
_SEVERAL: Final = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."


NOTHING: Final[Mapping[str, str]] = {}


class Body:
    """A body of which the head said that it is this digest, or anything."""

    decoded_size: int | None = None
    """How many bytes of data it has, where the length of the request does not say so."""

    def __init__(self, payload: str) -> None:
        self.sha256 = payload
        self.is_hashed = payload != UNSIGNED

    def taken(self, pieces: Sequence[bytes]) -> tuple[Rope, Mapping[str, str]]:
        """The data, and its trailers; `S3Error` if it is not what was signed."""
        if self.is_hashed:
            if len(pieces) == 1:
                self.verify(hashlib.sha256(pieces[0]).hexdigest())
            else:
                hasher = hashlib.sha256()
                for piece in pieces:
                    hasher.update(piece)
                self.verify(hasher.hexdigest())
        return Rope.join(pieces), NOTHING

    def verify(self, found: str) -> None:
        """Compare the digest with the one that was signed."""
        expected = self.sha256
        if found != expected and found != expected.lower():
            raise S3Error(
                "XAmzContentSHA256Mismatch", ClientComputedContentSHA256=expected, S3ComputedContentSHA256=found
            )

    def decoder(self) -> Decoder | None:
        """What takes its chunks apart, if it has any."""
        return None

    def ended(self, decoder: Decoder) -> Mapping[str, str]:
        """The trailers of what was taken apart, once it came to its end."""
        decoder.finish()
        for name, value in decoder.trailers.items():
            if not valid(CHECKSUMS[name], value):
                raise S3Error("InvalidRequest", f"Value for {name} trailing header is invalid.")
        return decoder.trailers


class ChunkedBody(Body):
    """A body in chunks."""

    def __init__(self, *, size: int, grant: Grant | None, announced: frozenset[str], trailing: bool) -> None:
        super().__init__(UNSIGNED)
        self.decoded_size = self.size = size
        self.grant, self.announced, self.trailing = grant, announced, trailing

    def taken(self, pieces: Sequence[bytes]) -> tuple[Rope, Mapping[str, str]]:
        decoder = self.decoder()
        for piece in pieces:
            decoder.feed(piece)
        trailers = self.ended(decoder)
        return Rope.join(decoder.pieces), trailers

    def decoder(self) -> Decoder:
        signer = ChunkSigner(self.grant) if self.grant is not None else None
        return Decoder(size=self.size, signer=signer, announced=self.announced, trailing=self.trailing)


ANY: Final = Body(UNSIGNED)


def body_of(request: Request, grant: Grant | None, *, signatures: bool = True) -> Body:
    """What the body has to be; `S3Error` if the head contradicts itself."""
    if request.method not in _READ:
        return ANY
    index = request.index
    if "content-md5" in index:
        _check_md5(index["content-md5"])
    payload = grant.payload if grant is not None else index.get("x-amz-content-sha256", UNSIGNED)
    if not payload.startswith(STREAMING):
        if "x-amz-trailer" in index:
            _check_trailers(index)
            raise S3Error("MalformedTrailerError")
        if request.chunked and request.method == "PUT":
            raise S3Error("NotImplemented", Header="Transfer-Encoding")
        if request.length is None and request.method == "PUT" and "x-amz-copy-source" not in index:
            raise S3Error("MissingContentLength")
        return ANY if payload == UNSIGNED else Body(payload)
    size = _decoded_length(index)
    if grant is not None and not grant.chunks:
        if request.length != size:
            raise incomplete(request.length or 0, size)
        return Body(payload)
    return _chunked(request, grant, payload, size, signatures)


def _chunked(request: Request, grant: Grant | None, payload: str, size: int, signatures: bool) -> Body:
    if payload not in _SIGNED and payload not in _TRAILING:
        raise not_implemented(payload, Header="x-amz-content-sha256")
    announced = _check_trailers(request.index)
    _check_stated(request.index)
    trailing = payload in _TRAILING
    if announced and not trailing:
        raise S3Error("MalformedTrailerError")
    if request.length is None and not request.chunked:
        raise S3Error("MissingContentLength")
    if request.length == size:
        raise S3Error("IncompleteBody")  # Chunks take room; so this is the data as it is.
    if not signatures or payload not in _SIGNED:
        grant = None
    return ChunkedBody(size=size, grant=grant, announced=announced, trailing=trailing)


def _check_md5(stated: str) -> None:
    """An MD5 that cannot be one is told before the body is looked at."""
    try:
        right = len(b64decode(stated, validate=True)) == 16
    except ValueError:
        right = False
    if not right:
        raise S3Error("InvalidDigest", **{"Content-MD5": stated})


def _decoded_length(index: Mapping[str, str]) -> int:
    text = index.get("x-amz-decoded-content-length", "")
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise S3Error("MissingContentLength")
    return int(text)


def _check_trailers(index: Mapping[str, str]) -> frozenset[str]:
    """The trailers that are announced: one checksum at most, and none that a header states already."""
    stated = sum(name in index for name in CHECKSUMS)
    text = index.get("x-amz-trailer", "")
    if not text:
        return frozenset()
    words = text.split(",")
    while len(words) > 1 and not words[-1]:
        words.pop()  # S3 forgives commas at the end, and only there.
    names = [word.strip().lower() for word in words]
    if not all(name in CHECKSUMS for name in names):
        raise S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
    if len(names) > 1 or stated > 1:
        raise S3Error("InvalidRequest", _SEVERAL)
    if stated:
        raise S3Error("InvalidRequest", _SINGLE)
    return frozenset(names)


def _check_stated(index: Mapping[str, str]) -> None:
    """What the headers say of checksums is wrong or right before the first chunk is looked at."""
    algorithm, _ = claimed(index, {})
    wanted = algorithm_of(index, "x-amz-sdk-checksum-algorithm")
    if algorithm and wanted and algorithm != wanted:
        raise S3Error("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")


def without_chunks(encoding: str) -> str:
    """A Content-Encoding as it is stored: `aws-chunked` is how the body came, not what it is."""
    return ", ".join(word for word in (part.strip() for part in encoding.split(",")) if word.lower() != "aws-chunked")
