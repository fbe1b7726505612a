"""Dates of signatures: `20261120T173000Z`."""

import time
from calendar import timegm
from functools import lru_cache

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@lru_cache(maxsize=256)
def basic_seconds(text: str) -> int | None:
    """Seconds since 1970 of a date in ISO 8601's basic form, or None for any other text."""
    if len(text) != 16 or text[8] != "T" or text[15] != "Z" or not text.isascii():
        return None
    if not (text[:8].isdigit() and text[9:15].isdigit()):
        return None
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[9:11]), int(text[11:13]), int(text[13:15])
    if not (year and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and hour < 24 and minute < 60 and second < 61):
        return None
    return timegm((year, month, day, hour, minute, second))


def basic(at_ns: int) -> str:
    """A time in that form."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at_ns // 10**9))


def iso_time(at_ns: int) -> str:
    """A time as S3's errors write it: `2026-11-20T17:30:00Z`."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ns // 10**9))
    except (ValueError, OverflowError, OSError):
        return ""
