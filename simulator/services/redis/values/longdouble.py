"""Long doubles: the 80-bit numbers of x86 in which INCRBYFLOAT counts and Redis writes coordinates.

Python has no such type. Here a finite one is a whole number of at most 64 bits and a power of two; infinite ones are
floats.
"""

import re
from math import inf
from typing import Final, NamedTuple

TEXT_MAX: Final = 5 * 1024
MANTISSA_BITS: Final = 64
EXPONENT_MAX: Final = 16384
PLACES: Final = 17
DIGITS_AT_ONCE: Final = 4000
SCALE_MAX: Final = 6000
"""Exponents beyond this overflow, or vanish, whatever digits stand before them."""
LEAST_POWER: Final = -16445
"""The smallest step there is."""

_DECIMAL = re.compile(rb"([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?")
_HEX = re.compile(rb"([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?\d+))?")
_INFINITE = re.compile(rb"([+-]?)inf(?:inity)?", re.IGNORECASE)


class Finite(NamedTuple):
    """`whole` times two to the `power`."""

    whole: int
    power: int


LongDouble = Finite | float


def read(text: bytes) -> LongDouble | None:
    """The long double that is spelled here as C spells them, from the first byte to the last; never NaN."""
    if len(text) >= TEXT_MAX:
        return None
    if match := _DECIMAL.fullmatch(text):
        sign, whole, part, only_part, exponent = match.groups()
        digits = (whole or b"") + (part or b"") + (only_part or b"")
        return _finite(sign, _number(digits), 10, exponent, len(part or only_part or b""))
    if match := _INFINITE.fullmatch(text):
        return -inf if match[1] == b"-" else inf
    if (match := _HEX.fullmatch(text)) and (match[2] or match[3]):
        digits = (match[2] or b"") + (match[3] or b"")
        return _finite(match[1], int(digits, 16), 2, match[4], 4 * len(match[3] or b""))
    return None


def _finite(sign: bytes, digits: int, radix: int, exponent: bytes | None, places: int) -> Finite | None:
    if not digits:
        return Finite(0, 0)
    scale = int(exponent) if exponent and len(exponent) < 8 else SCALE_MAX**2 if exponent else 0
    if abs(scale) > SCALE_MAX * (4 if radix == 2 else 1) + places:
        return None
    scale -= places
    value = _divided(digits * radix**scale, 1) if scale >= 0 else _divided(digits, radix**-scale)
    if value.whole.bit_length() + value.power > EXPONENT_MAX or not value.whole:
        return None
    return Finite(-value.whole, value.power) if sign == b"-" else value


def _divided(top: int, bottom: int) -> Finite:
    """The nearest long double to a positive fraction, the even one of two that are equally near."""
    power = max(top.bit_length() - bottom.bit_length() - MANTISSA_BITS, LEAST_POWER)
    if power < 0:
        top <<= -power
    else:
        bottom <<= power
    whole, rest = divmod(top, bottom)
    if whole.bit_length() > MANTISSA_BITS:
        rest += (whole & 1) * bottom
        whole, bottom, power = whole >> 1, bottom << 1, power + 1
    return Finite(whole + (2 * rest > bottom or (2 * rest == bottom and whole & 1)), power)


def total(one: Finite, other: Finite) -> Finite | None:
    """Their sum as a long double, or None where it has no end."""
    power = min(one.power, other.power)
    exact = (one.whole << one.power - power) + (other.whole << other.power - power)
    if not exact:
        return Finite(0, 0)
    size = abs(exact)
    value = _divided(size << power, 1) if power >= 0 else _divided(size, 1 << -power)
    if value.whole.bit_length() + value.power > EXPONENT_MAX:
        return None
    return Finite(-value.whole, value.power) if exact < 0 else value


def thousandfold(value: Finite) -> int:
    """A thousand times the number, rounded up: seconds as milliseconds."""
    scaled = value.whole * 1000
    return scaled << value.power if value.power >= 0 else -(-scaled >> -value.power)


def human(value: Finite) -> bytes:
    """For people: up to 17 digits after the point, and no zeros at the end."""
    scaled = abs(value.whole) * 10**PLACES
    if value.power >= 0:
        scaled <<= value.power
    else:
        half = 1 << -value.power - 1
        rest = scaled & (half * 2 - 1)
        scaled >>= -value.power
        if rest > half or (rest == half and scaled & 1):
            scaled += 1
    whole, part = divmod(scaled, 10**PLACES)
    text = _text(whole)
    if part:
        text += (b".%017d" % part).rstrip(b"0")
    return b"-" + text if value.whole < 0 and text != b"0" else text


def _number(digits: bytes) -> int:
    """The number of any count of digits; Python converts some thousand at once."""
    number = 0
    for at in range(0, len(digits), DIGITS_AT_ONCE):
        part = digits[at : at + DIGITS_AT_ONCE]
        number = number * 10 ** len(part) + int(part)
    return number


def _text(number: int) -> bytes:
    high, low = divmod(number, 10**DIGITS_AT_ONCE) if number.bit_length() > DIGITS_AT_ONCE else (0, number)
    return b"%d%0*d" % (high, DIGITS_AT_ONCE, low) if high else b"%d" % low


def human_double(value: float) -> bytes:
    """A double in the same spelling: what coordinates look like."""
    text = b"%.17f" % value
    text = text.rstrip(b"0").rstrip(b".") if b"." in text else text
    return b"0" if text == b"-0" else text
