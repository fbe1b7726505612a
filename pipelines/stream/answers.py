"""Answers: what S3's refusals mean, whatever their wording. No I/O.

Servers differ in codes and in statuses; a request that is refused belongs to one of a few kinds, and the protocol
speaks of kinds alone.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from pipelines.stream.checksums import Checksum


class Kind(Enum):
    """What a refusal means for the stream."""

    AGAIN = "again"
    """Nobody knows whether it was done: a time-out, a reset, a 5xx, an answer that was cut."""
    THROTTLED = "throttled"
    """Fewer at once, please."""
    CREDENTIALS = "credentials"
    """They have expired, or are not to be had for now."""
    CLOCK = "clock"
    """Our clock is not S3's."""
    NO_UPLOAD = "no upload"
    """Completed, aborted or expired: only HEAD tells."""
    NOT_FOUND = "not found"
    NO_BUCKET = "no bucket"
    DENIED = "denied"
    INVALID_PART = "invalid part"
    """A part of the list is not there, or is another."""
    OCCUPIED = "occupied"
    """There is an object where there must be none (412, 409)."""
    DAMAGED = "damaged"
    """The bytes that came are not those that were announced."""
    REJECTED = "rejected"
    """The request is wrong, and will be."""


_CODES: Final = {
    "NoSuchUpload": Kind.NO_UPLOAD,
    "NoSuchBucket": Kind.NO_BUCKET,
    "NoSuchKey": Kind.NOT_FOUND,
    "NotFound": Kind.NOT_FOUND,
    "404": Kind.NOT_FOUND,
    "AccessDenied": Kind.DENIED,
    "AllAccessDisabled": Kind.DENIED,
    "AccountProblem": Kind.DENIED,
    "InvalidAccessKeyId": Kind.DENIED,
    "SignatureDoesNotMatch": Kind.DENIED,
    "403": Kind.DENIED,
    "Forbidden": Kind.DENIED,
    "ExpiredToken": Kind.CREDENTIALS,
    "ExpiredTokenException": Kind.CREDENTIALS,
    "TokenRefreshRequired": Kind.CREDENTIALS,
    "InvalidToken": Kind.CREDENTIALS,
    "RequestExpired": Kind.CREDENTIALS,
    "RequestTimeTooSkewed": Kind.CLOCK,
    "SlowDown": Kind.THROTTLED,
    "Throttling": Kind.THROTTLED,
    "ThrottlingException": Kind.THROTTLED,
    "TooManyRequests": Kind.THROTTLED,
    "RequestLimitExceeded": Kind.THROTTLED,
    "BandwidthLimitExceeded": Kind.THROTTLED,
    "ServiceUnavailable": Kind.THROTTLED,
    "503": Kind.THROTTLED,
    "429": Kind.THROTTLED,
    "RequestTimeout": Kind.AGAIN,
    "IncompleteBody": Kind.AGAIN,
    "OperationAborted": Kind.AGAIN,
    "InternalError": Kind.AGAIN,
    "BadDigest": Kind.DAMAGED,
    "XAmzContentSHA256Mismatch": Kind.DAMAGED,
    "XAmzContentChecksumMismatch": Kind.DAMAGED,
    "InvalidPart": Kind.INVALID_PART,
    "PreconditionFailed": Kind.OCCUPIED,
    "ConditionalRequestConflict": Kind.OCCUPIED,
    "412": Kind.OCCUPIED,
    "409": Kind.OCCUPIED,
}


def kind_of(code: str, status: int) -> Kind:
    """What a refusal means, by its code and, where that is not known, by its status."""
    known = _CODES.get(code) or _CODES.get(str(status))
    if known is not None:
        return known
    return Kind.AGAIN if status >= 500 or status < 400 else Kind.REJECTED


UPLOAD_GONE: Final = {Kind.NO_UPLOAD, Kind.NOT_FOUND}
"""What is said of an upload that is not there; some servers speak of its key."""


@dataclass
class S3Refusal(Exception):
    """A request that was not answered with what it asked for."""

    kind: Kind
    operation: str
    code: str
    told: str = ""

    def __str__(self) -> str:
        return f"{self.operation}: {self.code}{': ' if self.told else ''}{self.told}"


@dataclass(frozen=True)
class Listed:
    """A part as S3 lists it."""

    size: int
    etag: str
    checksum: str = field(default="", compare=False)
    """By the upload's algorithm; empty where the server keeps none."""


class Listing(dict[int, Listed]):
    """The parts of an upload, by number."""

    checksum: str = ""
    """The algorithm by which every part of the upload bears a checksum; empty if they bear none."""


@dataclass(frozen=True)
class Head:
    """An object as HEAD tells of it."""

    size: int
    etag: str
    token: str
    """What its upload's metadata carried: ours, an older one of ours, or nothing."""
    checksum: Checksum | None = None
