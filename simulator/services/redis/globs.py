"""Globs: the patterns of KEYS, SCAN and PSUBSCRIBE, matched on bytes.

`*` any bytes, `?` one byte, `[abc]`, `[^abc]`, `[a-z]`, and a backslash before what is meant as it stands. A class
that is never closed ends with the pattern. A glob becomes a regular expression whose stars are taken at their first
fit and never taken back, so that no pattern is slow.
"""

import re
from collections.abc import Callable
from functools import lru_cache

Match = Callable[[bytes], object]


def matches(pattern: bytes, text: bytes) -> bool:
    return bool(matcher(pattern)(text))


@lru_cache(maxsize=512)
def matcher(pattern: bytes, *, any_case: bool = False) -> Match:
    """What says whether a text fits the whole pattern."""
    parts: list[bytes] = [b""]
    at = 0
    while at < len(pattern):
        byte = pattern[at : at + 1]
        if byte == b"*":
            if parts[-1] or len(parts) == 1:
                parts.append(b"")
        elif byte == b"?":
            parts[-1] += b"."
        elif byte == b"[":
            allowed, at = _class(pattern, at + 1)
            parts[-1] += allowed
        else:
            if byte == b"\\" and at + 1 < len(pattern):
                at += 1
            parts[-1] += re.escape(pattern[at : at + 1])
        at += 1
    expression = parts[0]
    if len(parts) > 1:
        expression += b"".join(b"(?>.*?%b)" % part for part in parts[1:-1]) + b".*" + parts[-1]
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if any_case else 0)).fullmatch


def _class(pattern: bytes, at: int) -> tuple[bytes, int]:
    """The expression of a class that begins here, and where it ends."""
    negated = pattern[at : at + 1] == b"^"
    at += negated
    allowed: set[int] = set()
    while at < len(pattern):
        if pattern[at] == 0x5C and at + 1 < len(pattern):
            at += 1
            allowed.add(pattern[at])
        elif pattern[at] == 0x5D:
            break
        elif at + 2 < len(pattern) and pattern[at + 1] == 0x2D:
            first, last = sorted((pattern[at], pattern[at + 2]))
            allowed.update(range(first, last + 1))
            at += 2
        else:
            allowed.add(pattern[at])
        at += 1
    if negated:
        allowed = set(range(256)) - allowed
    if not allowed:
        return b"(?!)", at
    return b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(allowed)) + b"]", at
