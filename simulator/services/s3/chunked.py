r"""aws-chunked: bodies that come in chunks of their own, each signed or not, with trailers behind them.

    10000;chunk-signature=5f2c...\r\n  65,536 bytes  \r\n          as often as there are chunks
    0;chunk-signature=77ab...\r\n                                  the end of the data
    x-amz-checksum-crc32:...\r\n                                   trailers, if some were announced
    x-amz-trailer-signature:...\r\n
    \r\n

The decoder is fed pieces as they arrive and cuts them without copying. It is as strict and as lax as S3 is
known to be: a last CRLF may be missing, what stands behind it is not read, and all chunks but the last have
8 KiB at least.
"""

import hashlib
import hmac
from typing import Final

from simulator.services.s3.auth import Grant, does_not_match
from simulator.services.s3.errors import S3Error

CHUNK_BYTES_MIN: Final = 8192
LINE_BYTES_MAX: Final = 4096
COPY_BYTES_MAX: Final = 16 << 10
"""Smaller pieces are copied: a view would hold on to all that came with them."""
TRAILER_BYTES_MAX: Final = 16 << 10

_EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_HEAD, _DATA, _DATA_END, _TRAILERS, _DONE = range(5)


class ChunkSigner:
    """The chain of signatures: each chunk's covers the one before it, the first is the request's own."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        self.previous = grant.claim.signature

    def check(self, sha256: str, signature: str) -> None:
        """The signature of a chunk."""
        self._check("AWS4-HMAC-SHA256-PAYLOAD", f"{_EMPTY_SHA256}\n{sha256}", signature)

    def check_trailers(self, text: bytes, signature: str) -> None:
        """The signature of the trailers."""
        self._check("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(text or b"\n").hexdigest(), signature)

    def _check(self, algorithm: str, rest: str, signature: str) -> None:
        claim = self.grant.claim
        to_sign = f"{algorithm}\n{claim.date}\n{claim.scope}\n{self.previous}\n{rest}"
        found = hmac.digest(self.grant.key, to_sign.encode(), "sha256").hex()
        if not hmac.compare_digest(found.encode(), signature.encode("latin-1", "replace")):
            raise does_not_match(claim, to_sign, "", provided=signature)
        self.previous = found


class Decoder:
    """Takes the chunks apart; `pieces` is the data, `trailers` what stood behind it."""

    def __init__(self, *, size: int, signer: ChunkSigner | None, announced: frozenset[str], trailing: bool) -> None:
        self.size = size
        """How many bytes of data were announced."""
        self.signer = signer
        self.announced = announced
        """The names of the trailers that were announced."""
        self.trailing = trailing
        """Whether trailers may come at all, and are signed if the chunks are."""
        self.pieces: list[bytes | memoryview] = []
        self.trailers: dict[str, str] = {}
        self._signature = ""
        self._state = _HEAD
        self._line = b""
        """The beginning of a line whose end has not come."""
        self._left = 0
        self._decoded = 0
        self._chunks = 0
        self._chunk_size = CHUNK_BYTES_MIN
        self._hash = hashlib.sha256()
        self._ended = False
        """The data is complete: its last chunk has come."""
        self._signed_text = b""

    def feed(self, piece: bytes | memoryview) -> None:
        """Take the next piece of the body."""
        view = memoryview(piece)
        place, end = 0, len(view)
        while place < end and self._state != _DONE:
            if self._state == _DATA:
                place += self._take(view[place : place + self._left])
            else:
                place = self._read_line(view, place)

    def finish(self) -> None:
        """The body has come to its end: is everything there that was announced?"""
        if not self._ended or self._line:
            raise S3Error("IncompleteBody")
        if self.signer is not None and self.trailing:
            self._finish_signed()
        if self._decoded != self.size:
            raise incomplete(self._decoded, self.size)
        if self.trailers.keys() != self.announced:
            raise S3Error("MalformedTrailerError")

    def _finish_signed(self) -> None:
        assert self.signer is not None
        signature = self.trailers.pop("x-amz-trailer-signature", None)
        if signature is None:
            if not self.announced:
                return
            raise S3Error("IncompleteBody")
        self.signer.check_trailers(self._signed_text, signature)

    # --- data -------------------------------------------------------------------------------------------

    def _take(self, data: memoryview) -> int:
        self.pieces.append(data if len(data) >= COPY_BYTES_MAX else bytes(data))
        if self.signer is not None:
            self._hash.update(data)
        self._left -= len(data)
        if not self._left:
            self._state = _DATA_END
        return len(data)

    def _end_chunk(self) -> None:
        if self.signer is not None:
            self.signer.check(self._hash.hexdigest(), self._signature)
            self._hash = hashlib.sha256()

    # --- lines ------------------------------------------------------------------------------------------

    def _read_line(self, view: memoryview, place: int) -> int:
        """Read up to the end of a line; return where the next thing begins."""
        text = self._line + bytes(view[place : place + LINE_BYTES_MAX + 2 - len(self._line)])
        found = text.find(b"\r\n")
        if found < 0:
            if len(text) > LINE_BYTES_MAX:
                raise S3Error("IncompleteBody")
            self._line = text
            return len(view)
        consumed = found + 2 - len(self._line)
        self._line = b""
        self._act(text[:found])
        return place + consumed

    def _act(self, line: bytes) -> None:
        if self._state == _HEAD:
            self._begin_chunk(line)
        elif self._state == _DATA_END:
            if line:
                raise S3Error("IncompleteBody")
            self._end_chunk()
            self._state = _HEAD
        else:
            self._trailer(line)

    def _begin_chunk(self, line: bytes) -> None:
        digits, semicolon, rest = line.partition(b";")
        digits = digits.strip()
        if not digits or len(digits) > 16 or not _HEX.issuperset(digits):
            raise S3Error("IncompleteBody")
        size = int(digits, 16)
        self._chunks += 1
        if size and self._chunk_size < CHUNK_BYTES_MIN:
            raise S3Error("InvalidChunkSizeError", Chunk=self._chunks, BadChunkSize=self._chunk_size)
        if self.signer is not None:
            self._signature = _signature_of(rest if semicolon else b"")
        self._chunk_size = self._left = size
        self._decoded += size
        if size:
            self._state = _DATA
        else:
            self._end_chunk()
            self._ended, self._state = True, _TRAILERS

    def _trailer(self, line: bytes) -> None:
        if not line:
            self._state = _DONE
            return
        if not self.announced:
            raise S3Error("IncompleteBody")
        name, colon, value = line.decode("latin-1").partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            raise S3Error("MalformedTrailerError")
        if name != "x-amz-trailer-signature" or self.signer is None:
            if name not in self.announced:
                raise S3Error("MalformedTrailerError")
            self._signed_text += f"{name}:{value}\n".encode("latin-1")
            if len(self._signed_text) > TRAILER_BYTES_MAX:
                raise S3Error("MalformedTrailerError")
        self.trailers[name] = value


def _signature_of(extension: bytes) -> str:
    """The signature in a chunk's head; one that stands behind other words is none of ours."""
    first, _, more = extension.partition(b";")
    name, _, value = first.partition(b"=")
    value = value.strip()
    if name.strip() == b"chunk-signature":
        if more or not value:
            raise S3Error("IncompleteBody")
    elif not value:
        raise S3Error("IncompleteBody")
    return value.decode("latin-1")


def incomplete(provided: int, expected: int) -> S3Error:
    """A body of another size than was announced."""
    return S3Error(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
        NumberBytesExpected=expected,
        NumberBytesProvided=provided,
    )
