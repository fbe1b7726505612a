"""Ranges: which bytes of an object are asked for, by Range or by part number."""

import re
from typing import Final, NamedTuple

from simulator.services.s3.errors import S3Error
from simulator.services.s3.store import PartOf, Version

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)
_COPY_RANGE: Final = re.compile(r"bytes=(\d{1,18})-(\d{1,18})", re.ASCII)
PART_NUMBER_MAX: Final = 10_000


class Span(NamedTuple):
    """From `start` up to, not including, `stop`; of a part, or of the whole, which is no span."""

    start: int
    stop: int
    part: PartOf | None = None


def of_header(text: str, size: int) -> Span | None:
    """Of a Range header. None for what means the whole: a unit, a list or an order that is not understood."""
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        length = int(last)
        if not length or not size:
            raise _unsatisfiable(text, size)
        return Span(max(0, size - length), size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise _unsatisfiable(text, size)
    return Span(start, min(size, int(last) + 1) if last else size)


def _unsatisfiable(text: str, size: int) -> S3Error:
    return S3Error("InvalidRange", RangeRequested=text, ActualObjectSize=size)


def part_number(text: str, most: int = PART_NUMBER_MAX) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= most):
        raise S3Error(
            "InvalidArgument",
            f"Part number must be an integer between 1 and {most}, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=text,
        )
    return int(text)


def of_part(version: Version, number: int) -> Span:
    """The bytes of one part; an object that was put at once is its own only part."""
    if not version.parts:
        if number != 1:
            raise S3Error("InvalidPartNumber", ActualPartCount=1, PartNumberRequested=number)
        return Span(0, version.size)
    # Parts are counted as they stand in the object: numbers that were left out of it leave no gap.
    if number > len(version.parts):
        raise S3Error("InvalidPartNumber", ActualPartCount=len(version.parts), PartNumberRequested=number)
    start = sum(part.size for part in version.parts[: number - 1])
    part = version.parts[number - 1]
    return Span(start, start + part.size, part)


def of_copy(text: str, size: int) -> Span:
    """Of x-amz-copy-source-range, which must say both ends and lie inside the object."""
    found = _COPY_RANGE.fullmatch(text)
    first, last = map(int, found.groups()) if found else (1, 0)
    why = ""
    if last < first:
        why = (
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy"
        )
    elif last >= size:
        why = f"Range specified is not valid for source object of size: {size}"
    if why:
        raise S3Error("InvalidArgument", why, ArgumentName="x-amz-copy-source-range", ArgumentValue=text)
    return Span(first, last + 1)
