"""Checksums: x-amz-checksum-* as S3 keeps them: of objects and parts, whole (FULL_OBJECT) and of parts (COMPOSITE)."""

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from simulator.services.rope import Rope
from simulator.services.s3.crc import CRC32, CRC32C, CRC64NVME, Crc
from simulator.services.s3.errors import S3Error
from simulator.services.s3.store import Checksum

CRCS: Final[Mapping[str, Crc]] = {"CRC32": CRC32, "CRC32C": CRC32C, "CRC64NVME": CRC64NVME}
DIGESTS: Final[Mapping[str, str]] = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512", "MD5": "md5"}
SIZES: Final[Mapping[str, int]] = {
    "CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32, "SHA512": 64, "MD5": 16,
}  # fmt: skip
"""Algorithm -> how many bytes its value has. All that are known."""
HEADERS: Final = {f"x-amz-checksum-{name.lower()}": name for name in SIZES}
"""Header in small letters -> algorithm."""
WORDS: Final = frozenset((*HEADERS, *(f"x-amz-checksum-{word}" for word in ("algorithm", "type", "mode"))))
"""Every header x-amz-checksum-* there is."""
_KEY: Final = b"a key that no client has"
TYPES: Final = frozenset(("FULL_OBJECT", "COMPOSITE"))


def compute(algorithm: str, body: Rope) -> str:
    """The checksum of a body, in base64."""
    crc = CRCS.get(algorithm)
    if crc is not None:
        return b64encode(crc.of(body).to_bytes(SIZES[algorithm], "big")).decode()
    return b64encode(body.digest(DIGESTS[algorithm])).decode()


def valid(algorithm: str, value: str) -> bool:
    """Whether the text could be such a checksum."""
    try:
        raw = b64decode(value, validate=True)
        # Bits that the last letter has to spare must be zero: one checksum has one spelling.
        return len(raw) == SIZES[algorithm] and b64encode(raw).decode() == value
    except (binascii.Error, ValueError):
        return False


def claimed(headers: Mapping[str, str], trailers: Mapping[str, str]) -> tuple[str, str]:
    """The one checksum that a request states in its headers or behind its body: algorithm and value, or `("", "")`."""
    found = [(HEADERS[each], source[each]) for source in (headers, trailers) for each in HEADERS.keys() & source.keys()]
    if not found:
        return "", ""
    if len(found) > 1:
        raise S3Error(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    algorithm, value = found[0]
    if not valid(algorithm, value):
        raise S3Error("InvalidRequest", f"Value for x-amz-checksum-{algorithm.lower()} header is invalid.")
    return algorithm, value


def announced(headers: Mapping[str, str], name: str = "x-amz-checksum-algorithm") -> str:
    """The algorithm a header names, or none."""
    text = headers.get(name, "")
    if text and text.upper() not in SIZES:
        if text.upper().startswith("XXHASH"):
            raise S3Error("NotImplemented", f"checksums by {text} are not implemented by this server", Header=name)
        raise S3Error(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        )
    return text.upper()


def verified(body: Rope, headers: Mapping[str, str], trailers: Mapping[str, str]) -> Checksum | None:
    """The checksum the client states, once it was found to be right; BadDigest otherwise."""
    algorithm, value = claimed(headers, trailers)
    sdk = announced(headers, "x-amz-sdk-checksum-algorithm")
    if not algorithm:
        if sdk:
            raise S3Error(
                "InvalidRequest",
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                "headers were found.",
            )
        return None
    if sdk and sdk != algorithm:
        raise S3Error("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
    if compute(algorithm, body) != value:
        raise S3Error("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
    return Checksum(algorithm, value)


def check_md5(body: Rope, headers: Mapping[str, str], md5: bytes | None = None) -> None:
    """Content-MD5, if there is one. AWS shows what it expected in hex for objects, in base64 for documents."""
    stated = headers.get("content-md5")
    if stated is None:
        return
    try:
        digest = b64decode(stated, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise S3Error("InvalidDigest", **{"Content-MD5": stated})
    found = md5 or body.digest("md5")
    if digest != found:
        expected = stated if md5 is None else digest.hex()
        raise S3Error("BadDigest", ExpectedDigest=expected, CalculatedDigest=b64encode(found).decode())


def etag_of(md5: bytes, etags: str) -> str:
    """What is said of a body with that digest: the digest, or other letters that are as many and always the same."""
    return md5.hex() if etags == "digests" else hashlib.md5(_KEY + md5, usedforsecurity=False).hexdigest()


def default_type(algorithm: str) -> str:
    """What an upload gets that names an algorithm only."""
    return "FULL_OBJECT" if algorithm in ("", "CRC64NVME") else "COMPOSITE"


def check_type(algorithm: str, kind: str) -> None:
    """Not every algorithm can do both: CRC64NVME is never composite, digests are never of the whole."""
    if kind not in TYPES:
        raise S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
    if not algorithm:
        raise S3Error(
            "InvalidRequest",
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        )
    if algorithm == "CRC64NVME" if kind == "COMPOSITE" else algorithm not in CRCS:
        raise S3Error(
            "InvalidRequest",
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
        )


def composite(algorithm: str, parts: Sequence[str]) -> Checksum:
    """The checksum of the parts' checksums, with their number behind it."""
    text = b"".join(b64decode(value) for value in parts)
    return Checksum(algorithm, f"{compute(algorithm, Rope.of(text))}-{len(parts)}", "COMPOSITE")


def full(algorithm: str, parts: Sequence[tuple[str, int]]) -> Checksum:
    """The checksum of the whole, from the CRCs and sizes of its parts: nothing is read again."""
    crc = CRCS[algorithm]
    value = 0
    for text, size in parts:
        value = crc.combine(value, int.from_bytes(b64decode(text), "big"), size)
    return Checksum(algorithm, b64encode(value.to_bytes(SIZES[algorithm], "big")).decode())


def etag_of_parts(etags: Sequence[str]) -> str:
    """The ETag of a multipart object: the MD5 of the parts' MD5s, and their number."""
    digest = hashlib.md5(b"".join(map(bytes.fromhex, etags)), usedforsecurity=False)
    return f"{digest.hexdigest()}-{len(etags)}"


def header(checksum: Checksum) -> tuple[str, str]:
    return f"x-amz-checksum-{checksum.algorithm.lower()}", checksum.value


Compute = Callable[[str, Rope], str]
