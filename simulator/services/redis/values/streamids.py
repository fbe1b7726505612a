"""Stream ids: `milliseconds-sequence`, held as one number of 128 bits."""

import re
from typing import Final

SEQUENCE_BITS: Final = 64
SEQUENCE_MAX: Final = (1 << 64) - 1
LOWEST: Final = 0
HIGHEST: Final = (1 << 128) - 1
TEXT_MAX: Final = 127

_PART: Final = re.compile(rb"[ \t\n\v\f\r]*\+?(\d{1,40})")


def made(milliseconds: int, sequence: int) -> int:
    return milliseconds << SEQUENCE_BITS | sequence


def text(number: int) -> bytes:
    return b"%d-%d" % (number >> SEQUENCE_BITS, number & SEQUENCE_MAX)


def part(raw: bytes) -> int | None:
    """One of the two numbers, as `strtoull` reads it."""
    match = _PART.fullmatch(raw)
    value = int(match[1]) if match else SEQUENCE_MAX + 1
    return value if value <= SEQUENCE_MAX else None


def read(raw: bytes, *, missing: int | None = 0) -> int | None:
    """An id; where the sequence is missing, that one is taken. None if it is no id."""
    if len(raw) > TEXT_MAX:
        return None
    first, dash, second = raw.partition(b"-")
    milliseconds = part(first)
    sequence = part(second) if dash else missing
    return None if milliseconds is None or sequence is None else made(milliseconds, sequence)
