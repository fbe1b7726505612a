"""Dates: instants in nanoseconds since 1970, as S3 writes them and as clients send them."""

from calendar import timegm
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

SECOND_NS: Final = 1_000_000_000
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS: Final = {name: number for number, name in enumerate(_MONTHS, 1)}


@lru_cache(maxsize=4096)
def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@lru_cache(maxsize=4096)
def _http(second: int) -> str:
    # Not strftime, whose names of days are those of the locale.
    at = datetime.fromtimestamp(second, UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} GMT"


def iso(at_ns: int) -> str:
    """`2026-11-20T17:25:00.000Z`: S3 keeps whole seconds."""
    return _iso(at_ns // SECOND_NS)


def http(at_ns: int) -> str:
    """`Fri, 20 Nov 2026 17:25:00 GMT`"""
    return _http(at_ns // SECOND_NS)


def parse_iso(text: str) -> int | None:
    """As XML documents hold dates; None for what is none."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * SECOND_NS


@lru_cache(maxsize=1024)
def parse_http(text: str) -> int | None:
    """As headers hold dates, in the three forms of RFC 9110 and ISO 8601; None for what is none."""
    words = text.replace(",", " ").replace("-", " ").split()
    try:
        match words:
            case [_, day, month, year, clock, "GMT" | "UTC" | "+0000"]:
                number = int(year)
                number += 0 if len(year) > 2 else 2000 if number < 70 else 1900
                hour, minute, second = map(int, clock.split(":"))
                return timegm((number, _MONTH_NUMBERS[month], int(day), hour, minute, second)) * SECOND_NS
            case [_, month, day, clock, year]:
                hour, minute, second = map(int, clock.split(":"))
                return timegm((int(year), _MONTH_NUMBERS[month], int(day), hour, minute, second)) * SECOND_NS
    except (ValueError, KeyError, OverflowError):
        return None
    return parse_iso(text) if "T" in text else None
