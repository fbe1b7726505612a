r"""Canonical requests: what of a request its signature covers, written as the signer wrote it.

S3 differs from the other services of AWS: the path is encoded once and never normalised, so `a//b`,
`a/../b` and `%2F` stay what they are. Everything is worked out from the bytes as they were sent.

    METHOD \n path \n query \n header:value \n ... \n \n signed;headers \n payload
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes

_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9/._~-]*").fullmatch
_PLAIN_QUERY: Final = re.compile(r"[A-Za-z0-9._~=&-]*").fullmatch
_BLANKS: Final = re.compile(r"[ \t]+")
_UNRESERVED: Final = "-_.~"
_SIGNATURE: Final = "X-Amz-Signature"

Pair = tuple[str, str]


def canonical_path(raw: str) -> str:
    """The path as a signer writes it: decoded, and encoded again but for `/` and the unreserved."""
    if _PLAIN_PATH(raw):
        return raw or "/"
    return quote(unquote_to_bytes(raw.encode("latin-1")), safe="/" + _UNRESERVED)


@lru_cache(maxsize=1024)
def query_pairs(raw: str) -> tuple[Pair, ...]:
    """Names and values of a query, each encoded as a signer does it, in the order in which they were sent.

    A `+` is a blank here (and nowhere else): that is how S3 reads a query.
    """
    pairs = (part.partition("=") for part in raw.split("&") if part)
    if _PLAIN_QUERY(raw):
        return tuple((name, value) for name, _, value in pairs)
    return tuple((_encoded(name), _encoded(value)) for name, _, value in pairs)


def _encoded(word: str) -> str:
    return quote(unquote_to_bytes(word.replace("+", " ").encode("latin-1")), safe=_UNRESERVED)


def canonical_query(raw: str) -> str:
    """The query in the order of its encoded names, then values; a signature in it does not cover itself."""
    if not raw:
        return ""
    return "&".join([f"{name}={value}" for name, value in sorted(query_pairs(raw)) if name != _SIGNATURE])


def merged(headers: Sequence[Pair]) -> dict[str, str]:
    """Headers by their small names; those sent more than once joined as HTTP joins them."""
    found: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def canonical_request(
    *, method: str, path: str, query: str, headers: Mapping[str, str], signed: Sequence[str], payload: str
) -> str:
    """The text whose digest is signed; `headers` are `merged`."""
    lines = [method, canonical_path(path), canonical_query(query)]
    for name in signed:
        value = headers.get(name, "").strip(" \t")
        lines.append(f"{name}:{_BLANKS.sub(' ', value)}" if "  " in value or "\t" in value else f"{name}:{value}")
    return "\n".join([*lines, "", ";".join(signed), payload])
