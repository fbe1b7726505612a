"""Names: which a bucket and a key may bear, and the identifiers that the server draws."""

import re
from random import Random
from typing import Final

from simulator.services.s3.errors import S3Error
from simulator.services.s3.settings import Settings

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")
# In the order of their codes, so that identifiers that begin with a time sort by it.
_LETTERS: Final = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
VERSION_ID_LETTERS: Final = 32
_UPLOAD_ID_LETTERS: Final = 75
_TIME_LETTERS: Final = 11


def valid_bucket(name: str) -> bool:
    """Whether a bucket may be called so: AWS's rules for general purpose buckets."""
    return (
        _BUCKET.fullmatch(name) is not None
        and ".." not in name
        and ".-" not in name
        and "-." not in name
        and _ADDRESS.fullmatch(name) is None
        and not name.startswith(_RESERVED_STARTS)
        and not name.endswith(_RESERVED_ENDS)
    )


def check_key(key: str, settings: Settings) -> None:
    size = len(key) if key.isascii() else len(key.encode("utf-8", "surrogatepass"))
    if size > settings.key_bytes_max:
        raise S3Error("KeyTooLongError", Size=size, MaxSizeAllowed=settings.key_bytes_max)


def _drawn(rng: Random, letters: int) -> str:
    number = rng.getrandbits(6 * letters)
    return "".join([_LETTERS[number >> shift & 63] for shift in range(0, 6 * letters, 6)])


def version_id(rng: Random) -> str:
    return _drawn(rng, VERSION_ID_LETTERS)


def upload_id(rng: Random, now_ns: int) -> str:
    """Uploads of one key are listed by age, and marked by their ids: so the ids begin with the time."""
    time = "".join([_LETTERS[now_ns >> shift & 63] for shift in range(6 * _TIME_LETTERS - 6, -6, -6)])
    return f"{time[1:]}.{_drawn(rng, _UPLOAD_ID_LETTERS)}"


def valid_version_id(value: str) -> bool:
    return value == "null" or (len(value) == VERSION_ID_LETTERS and all(letter in _LETTERS for letter in value))


def check_version_id(value: str) -> None:
    """A version that cannot be is another mistake than one that is not."""
    if not valid_version_id(value):
        message = "Invalid version id specified" if value else "Version id cannot be the empty string"
        raise S3Error("InvalidArgument", message, ArgumentName="versionId", ArgumentValue=value)


def timed_version_id(now_ns: int) -> str:
    """For versions that no request makes."""
    time = "".join([_LETTERS[now_ns >> shift & 63] for shift in range(6 * _TIME_LETTERS - 6, -6, -6)])
    return time.rjust(VERSION_ID_LETTERS, "0")
