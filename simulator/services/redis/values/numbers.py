"""Numbers: how text becomes a number and a number text, to the last digit as the C library does it.

Integers are 64 bits and have one spelling. Doubles are spelled as `%.17g`. Redis also counts in the 80-bit
"long double" of x86, which Python does not have: here it is a fraction, rounded to 64 bits of mantissa.
"""

import re
from fractions import Fraction
from math import inf, isinf, isnan
from typing import Final

INT_MIN: Final = -(1 << 63)
INT_MAX: Final = (1 << 63) - 1
UINT_MAX: Final = (1 << 64) - 1
LONG_DOUBLE_TEXT_MAX: Final = 5 * 1024
LONG_DOUBLE_LIMIT: Final = Fraction(1 << 16384)
MANTISSA_BITS: Final = 64
EXPONENT_DIGITS_MAX: Final = 5
"""Exponents of more digits overflow a long double, or vanish in it."""

_DECIMAL = re.compile(rb"([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?")
_HEX = re.compile(rb"([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?\d+))?")
_INFINITE = re.compile(rb"([+-]?)inf(?:inity)?", re.IGNORECASE)


def integer(text: bytes) -> int | None:
    """The 64-bit integer that is spelled here, in its one spelling: no sign `+`, no leading zeros, no spaces."""
    if text.isdigit():
        if text[0] == 48:
            return 0 if len(text) == 1 else None
        if len(text) < 19:
            return int(text)
        value = int(text) if len(text) == 19 else INT_MAX + 1
        return value if value <= INT_MAX else None
    if len(text) > 1 and text[0] == 45 and text[1] != 48 and len(text) <= 20 and text[1:].isdigit():
        value = int(text)
        return value if value >= INT_MIN else None
    return None


def unsigned(text: bytes) -> int | None:
    """An unsigned 64-bit integer as `strtoull` reads it, less what it would overlook at the ends."""
    if text.isdigit() and len(text) <= 40:
        value = int(text)
        return value if value <= UINT_MAX else None
    return None


def double(text: bytes) -> float | None:
    """The double that is spelled here as C spells them: decimal, hexadecimal or infinite, never NaN."""
    try:
        value = float(text)
    except ValueError:
        return _odd_double(text)
    if text[0] in b" \t\n\r\v\f" or text[-1] in b" \t\n\r\v\f" or b"_" in text or isnan(value):
        return None
    if (isinf(value) and not _INFINITE.fullmatch(text)) or (value == 0.0 and _vanished(text)):
        return None
    return value


def _vanished(text: bytes) -> bool:
    """Not zero, but too small for a double."""
    return any(digit in b"123456789" for digit in re.split(rb"[eE]", text)[0])


def _odd_double(text: bytes) -> float | None:
    if not (match := _HEX.fullmatch(text)) or not (match[2] or match[3]):
        return None
    try:
        value = float.fromhex(text.decode("ascii"))
    except (ValueError, OverflowError):
        return None
    return value


def double_text(value: float) -> bytes:
    """A double in 17 significant digits, as replies and the append-only file carry it."""
    if value == (whole := int(value) if abs(value) < 1e17 else 0) and (whole or str(value)[0] != "-"):
        return b"%d" % whole if abs(value) < 1e17 else b"%.17g" % value
    if isinf(value):
        return b"inf" if value > 0 else b"-inf"
    return b"%.17g" % value


def long_double(text: bytes) -> Fraction | float | None:
    """The long double that is spelled here; a float stands for the infinite ones."""
    if len(text) >= LONG_DOUBLE_TEXT_MAX:
        return None
    if match := _DECIMAL.fullmatch(text):
        sign, whole, part, only_part, exponent = match.groups()
        digits = (whole or b"") + (part or b"") + (only_part or b"")
        scale = int(exponent or 0) if len(exponent or b"") <= EXPONENT_DIGITS_MAX + 1 else 10**6
        if not int(digits):
            return Fraction(0)
        if abs(scale) > 6000 + len(digits):
            return None
        scale -= len(part or only_part or b"")
        value = Fraction(int(digits)) * Fraction(10) ** scale
        value = rounded(value)
        if value >= LONG_DOUBLE_LIMIT or value == 0:
            return None
        return -value if sign == b"-" else value
    if match := _INFINITE.fullmatch(text):
        return -inf if match[1] == b"-" else inf
    if (match := _HEX.fullmatch(text)) and (match[2] or match[3]):
        digits = (match[2] or b"") + (match[3] or b"")
        scale = int(match[4] or 0) - 4 * len(match[3] or b"")
        if abs(scale) > 20_000:
            return None
        value = rounded(Fraction(int(digits, 16)) * Fraction(2) ** scale)
        return -value if match[1] == b"-" else value
    return None


def rounded(value: Fraction) -> Fraction:
    """The nearest long double, the even one of two that are equally near."""
    if value.denominator == 1 and abs(value.numerator).bit_length() <= MANTISSA_BITS:
        return value
    if value < 0:
        return -rounded(-value)
    shift = MANTISSA_BITS - (value.numerator.bit_length() - value.denominator.bit_length())
    top, bottom = value.numerator, value.denominator
    if shift >= 0:
        top <<= shift
    else:
        bottom <<= -shift
    extra = (top // bottom).bit_length() - MANTISSA_BITS
    if extra > 0:
        bottom <<= extra
        shift -= extra
    whole, rest = divmod(top, bottom)
    if 2 * rest > bottom or (2 * rest == bottom and whole & 1):
        whole += 1
    return Fraction(whole << -shift) if shift < 0 else Fraction(whole, 1 << shift)


def long_double_text(value: Fraction) -> bytes:
    """A long double for humans: up to 17 digits after the point, no zeros at the end."""
    scaled, rest = divmod(abs(value.numerator) * 10**17, value.denominator)
    if 2 * rest > value.denominator or (2 * rest == value.denominator and scaled & 1):
        scaled += 1
    whole, part = divmod(scaled, 10**17)
    text = b"%d" % whole
    if part:
        text += (b".%017d" % part).rstrip(b"0")
    return b"-" + text if value < 0 and text != b"0" else text


def human_double_text(value: float) -> bytes:
    """A double as a long double for humans: what coordinates look like."""
    text = b"%.17f" % value
    text = text.rstrip(b"0").rstrip(b".") if b"." in text else text
    return b"0" if text == b"-0" else text
