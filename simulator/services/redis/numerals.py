"""Numerals: numbers as Redis reads them from arguments and writes them into replies."""

import math
import re
from typing import Final

from simulator.services.redis.reply import NOT_FLOAT, NOT_INTEGER, Refusal

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1

_REAL: Final = re.compile(rb"[+-]?(?:inf(?:inity)?|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)", re.IGNORECASE)
_HEX: Final = re.compile(rb"[+-]?0x[0-9a-f]*\.?[0-9a-f]*(?:p[+-]?\d+)?", re.IGNORECASE)
_NOT_ZERO: Final = re.compile(rb"[^eE]*[1-9]")
_REAL_DIGITS_MAX: Final = 5 * 1024  # what Redis' buffer for a number's text holds


def integer(raw: bytes, refusal: str = NOT_INTEGER) -> int:
    """Read a signed 64-bit integer: digits only, no plus sign, no leading zeros, no blanks."""
    value = as_integer(raw)
    if value is None:
        raise Refusal(refusal)
    return value


def as_integer(raw: bytes) -> int | None:
    """Return the integer that `raw` is the one right spelling of, or None."""
    size = len(raw)
    if not size or size > 20:
        return None
    digits = raw[1:] if raw[0] == 45 else raw
    # bytes.isdigit knows ASCII digits only.
    if not digits.isdigit() or (digits[0] == 48 and size > 1):
        return None
    value = int(raw)
    return value if INT_MIN <= value <= INT_MAX else None


def bounded(raw: bytes, least: int, most: int, refusal: str) -> int:
    """Read an integer within bounds; the refusal is the same for either fault."""
    value = as_integer(raw)
    if value is None or not least <= value <= most:
        raise Refusal(refusal)
    return value


def real(raw: bytes, refusal: str = NOT_FLOAT) -> float:
    """Read a floating-point number as `strtod` does, to the last byte; NaN is refused."""
    value = as_real(raw)
    if value is None:
        raise Refusal(refusal)
    return value


def as_real(raw: bytes) -> float | None:
    if not raw or len(raw) > _REAL_DIGITS_MAX:
        return None
    if _REAL.fullmatch(raw):
        value = float(raw)
        # A finite numeral that overflows or vanishes is an error (ERANGE); "inf" itself is a value.
        if value == 0:
            return value if not _NOT_ZERO.match(raw) else None
        return None if math.isinf(value) and raw.lower().lstrip(b"+-")[:1] != b"i" else value
    if _HEX.fullmatch(raw):
        try:
            return float.fromhex(raw.decode())
        except (ValueError, OverflowError):
            return None
    return None


def as_text(value: float) -> bytes:
    """Write a double as replies carry it: the shortest of 17 digits, as printf's `%.17g`."""
    if math.isinf(value):
        return b"inf" if value > 0 else b"-inf"
    if math.isnan(value):
        return b"nan"
    if value == 0:
        return b"-0" if math.copysign(1, value) < 0 else b"0"
    if value.is_integer() and abs(value) < 1e17:
        return b"%d" % int(value)
    return b"%.17g" % value
