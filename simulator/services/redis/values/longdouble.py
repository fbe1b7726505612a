"""Long doubles: the 80-bit numbers of x86 in which INCRBYFLOAT counts and Redis writes coordinates.

Python has no such type. Here a finite one is a fraction, rounded to 64 bits of mantissa; infinite ones are floats.
"""

import re
from fractions import Fraction
from math import inf
from typing import Final

TEXT_MAX: Final = 5 * 1024
LIMIT: Final = Fraction(1 << 16384)
MANTISSA_BITS: Final = 64
SCALE_MAX: Final = 6000
"""Exponents beyond this overflow, or vanish, whatever digits stand before them."""

_DECIMAL = re.compile(rb"([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?")
_HEX = re.compile(rb"([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?\d+))?")
_INFINITE = re.compile(rb"([+-]?)inf(?:inity)?", re.IGNORECASE)

LongDouble = Fraction | float


def read(text: bytes) -> LongDouble | None:
    """The long double that is spelled here as C spells them, from the first byte to the last; never NaN."""
    if len(text) >= TEXT_MAX:
        return None
    if match := _DECIMAL.fullmatch(text):
        sign, whole, part, only_part, exponent = match.groups()
        digits = (whole or b"") + (part or b"") + (only_part or b"")
        return _finite(sign, int(digits), 10, exponent, len(part or only_part or b""))
    if match := _INFINITE.fullmatch(text):
        return -inf if match[1] == b"-" else inf
    if (match := _HEX.fullmatch(text)) and (match[2] or match[3]):
        digits = (match[2] or b"") + (match[3] or b"")
        return _finite(match[1], int(digits, 16), 2, match[4], 4 * len(match[3] or b""))
    return None


def _finite(sign: bytes, digits: int, radix: int, exponent: bytes | None, places: int) -> Fraction | None:
    if not digits:
        return Fraction(0)
    scale = int(exponent) if exponent and len(exponent) < 8 else SCALE_MAX**2 if exponent else 0
    if abs(scale) > SCALE_MAX * (4 if radix == 2 else 1) + places:
        return None
    value = rounded(digits * Fraction(radix) ** (scale - places))
    if value >= LIMIT or value == 0:
        return None
    return -value if sign == b"-" else value


def rounded(value: Fraction) -> Fraction:
    """The nearest long double, the even one of two that are equally near."""
    if value.denominator == 1 and abs(value.numerator).bit_length() <= MANTISSA_BITS:
        return value
    if value < 0:
        return -rounded(-value)
    top, bottom = value.numerator, value.denominator
    shift = MANTISSA_BITS - (top.bit_length() - bottom.bit_length())
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


def human(value: LongDouble) -> bytes:
    """For people: up to 17 digits after the point, and no zeros at the end."""
    if isinstance(value, float):
        return human_double(value)
    scaled, rest = divmod(abs(value.numerator) * 10**17, value.denominator)
    if 2 * rest > value.denominator or (2 * rest == value.denominator and scaled & 1):
        scaled += 1
    whole, part = divmod(scaled, 10**17)
    text = b"%d" % whole
    if part:
        text += (b".%017d" % part).rstrip(b"0")
    return b"-" + text if value < 0 and text != b"0" else text


def human_double(value: float) -> bytes:
    """A double in the same spelling: what coordinates look like."""
    text = b"%.17f" % value
    text = text.rstrip(b"0").rstrip(b".") if b"." in text else text
    return b"0" if text == b"-0" else text
