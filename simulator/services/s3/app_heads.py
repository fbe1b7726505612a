"""Heads: what the headers of a request say of the object, without what they say of the way it came."""

from collections.abc import Mapping
from typing import Final

from simulator.services.s3.chunked_body import without_chunks
from simulator.services.s3.request import S3Request

_OF_LINKS: Final = frozenset(
    {
        "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders",
        "x-amz-signature", "x-amz-security-token", "x-amz-content-sha256",
    }
)  # fmt: skip
"""What a link says of its own signature."""


def with_hoisted(located: S3Request) -> Mapping[str, str]:
    """The headers, with those that a link's signer put into its query."""
    hoisted = {name.lower(): value for name, value in located.parameters.items() if name[:6].lower() == "x-amz-"}
    if hoisted.keys() <= _OF_LINKS:
        return located.headers
    return {name: value for name, value in hoisted.items() if name not in _OF_LINKS} | dict(located.headers)


def without_transfer(index: Mapping[str, str]) -> Mapping[str, str]:
    """The headers without what only says how the body came."""
    encoding = index.get("content-encoding")
    if encoding is None:
        return index
    kept = dict(index)
    kept["content-encoding"] = without_chunks(encoding)
    if not kept["content-encoding"]:
        del kept["content-encoding"]
    return kept
