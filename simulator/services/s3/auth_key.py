"""Signing keys: derived once for a day, a region and a secret."""

import hmac
from functools import lru_cache
from typing import Final

TERMINAL: Final = "aws4_request"


@lru_cache(maxsize=256)
def signing_key(secret: str, day: str, region: str) -> bytes:
    """The key that signs everything of one day in one region."""
    key = f"AWS4{secret}".encode()
    for word in (day, region, "s3", TERMINAL):
        key = hmac.digest(key, word.encode(), "sha256")
    return key


def hex_bytes(text: str) -> str:
    """Text as S3 shows its bytes: `41 57 53`."""
    return text.encode("utf-8", "replace").hex(" ")
