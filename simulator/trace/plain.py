r"""Plain: the JSON values that an event may hold, and how anything else becomes one.

>>> plain({1: (b"\xff", {"b", "a"})})
{'1': ['\\xff', ['a', 'b']]}
"""

import math
from typing import Any, Final

from simulator.trace.redact import redact_text

DEPTH_MAX: Final = 64
"""Deeper nesting is not something an event has to say; it is a damaged or hostile file."""

INT_BITS_MAX: Final = 1024
"""Longer numbers are written in hexadecimal, as text: Python and msgspec refuse to read them back."""


def is_plain(value: object, *, depth_max: int = DEPTH_MAX) -> bool:
    """Return whether a value reads back from JSON as it is: no bytes, tuples, sets, NaN, lone surrogates."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return value.bit_length() <= INT_BITS_MAX
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return value.isascii() or _encodable(value)
    if depth_max == 0:
        return False
    if isinstance(value, list):
        return all(is_plain(item, depth_max=depth_max - 1) for item in value)
    if isinstance(value, dict):
        keys = all(isinstance(key, str) and is_plain(key) for key in value)
        return keys and all(is_plain(item, depth_max=depth_max - 1) for item in value.values())
    return False


def plain(value: object, *, depth_max: int = DEPTH_MAX) -> Any:
    """Return the nearest JSON value: bytes as text, sets sorted, anything unknown as its repr without addresses."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() <= INT_BITS_MAX else hex(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else repr(value)
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    if depth_max == 0:
        return "…"
    if isinstance(value, dict):
        return {str(plain(key)): plain(item, depth_max=depth_max - 1) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item, depth_max=depth_max - 1) for item in value), key=repr)
    if isinstance(value, list | tuple):
        return [plain(item, depth_max=depth_max - 1) for item in value]
    try:
        return redact_text(plain(repr(value)))
    except Exception:  # a program's object may say anything, and the recorder must not fall over it
        return f"<unprintable {type(value).__name__}>"


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
