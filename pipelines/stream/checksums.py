"""Checksums: what a part bears besides its MD5, for servers that keep it. No I/O.

An ETag is a part's MD5 only where nothing is encrypted with a customer's key; a checksum always is of the bytes. It is
made in the same reading as the MD5, and announced when an upload is begun: a server that says nothing of it gets none.
"""

import hashlib
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

ALGORITHMS: Final = ("crc32", "sha256")
NONE: Final = "none"


class Sum(Protocol):
    """A checksum under way."""

    def update(self, data: bytes, /) -> object: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class Checksum(NamedTuple):
    """The checksum of an object: by which algorithm, and its value as S3 writes it."""

    algorithm: str
    value: str


class Digests(NamedTuple):
    """Of one range: its MD5 in hexadecimal digits, and its checksum in base64 (empty if none is wanted)."""

    md5: str
    checksum: str = ""


class Digesting:
    """Both at once, a piece at a time."""

    def __init__(self, algorithm: str = "") -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sum = begun(algorithm) if algorithm else None

    def update(self, data: bytes, /) -> None:
        self._md5.update(data)
        if self._sum is not None:
            self._sum.update(data)

    def digests(self) -> Digests:
        return Digests(self._md5.hexdigest(), _text(self._sum) if self._sum is not None else "")


def begun(algorithm: str) -> Sum:
    """A checksum of nothing yet."""
    return _Crc32() if algorithm == "crc32" else hashlib.new(algorithm)


def _text(made: Sum) -> str:
    return b64encode(made.digest()).decode()


def composite(algorithm: str, values: Sequence[str]) -> Checksum | None:
    """The checksum of a multipart object whose parts have these, as S3 makes it; None if a part has none."""
    if not algorithm or not all(values):
        return None
    made = begun(algorithm)
    made.update(b"".join(map(b64decode, values)))
    return Checksum(algorithm, f"{_text(made)}-{len(values)}")


def field_of(algorithm: str) -> str:
    """What S3's requests and answers call it: ChecksumCRC32."""
    return f"Checksum{algorithm.upper()}"
