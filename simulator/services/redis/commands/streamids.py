"""Stream ids as arguments, with the refusals that go with them; and entries as replies."""

from collections.abc import Iterable

from simulator.services.redis.reply import Refusal, Reply
from simulator.services.redis.values import streamids
from simulator.services.redis.values.streams import Entry

INVALID = "ERR Invalid stream ID specified as stream command argument"


def stream_id(raw: bytes, *, missing: int = 0) -> int:
    """A plain id; `missing` is the sequence of one that has none."""
    number = streamids.read(raw, missing=missing)
    if number is None:
        raise Refusal(INVALID)
    return number


def any_id(raw: bytes, *, missing: int = 0) -> int:
    """An id, or `-` for the lowest, or `+` for the highest."""
    if raw == b"-":
        return streamids.LOWEST
    if raw == b"+":
        return streamids.HIGHEST
    return stream_id(raw, missing=missing)


def first_id(raw: bytes) -> int:
    """The start of an interval, which `(` leaves out."""
    if raw[:1] != b"(" or len(raw) < 2:
        return any_id(raw)
    number = stream_id(raw[1:])
    if number == streamids.HIGHEST:
        raise Refusal("ERR invalid start ID for the interval")
    return number + 1


def last_id(raw: bytes) -> int:
    """The end of an interval, which `(` leaves out."""
    if raw[:1] != b"(" or len(raw) < 2:
        return any_id(raw, missing=streamids.SEQUENCE_MAX)
    number = stream_id(raw[1:], missing=streamids.SEQUENCE_MAX)
    if not number:
        raise Refusal("ERR invalid end ID for the interval")
    return number - 1


def shown(entries: Iterable[Entry]) -> list[Reply]:
    return [[streamids.text(number), list(fields)] for number, fields in entries]
