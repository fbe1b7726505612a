"""Strings: a value of type string is `bytes`, or `bytearray` once it was changed in place.

How Redis holds it follows from that: what was set as a whole is an `int`, `embstr` or `raw` by its text; what
was changed in place stays `raw`. `Plain` is a short text that Redis made itself and never looks at as a number.
"""

from typing import Final

from simulator.services.redis.numerals import as_integer

EMBEDDED_MAX: Final = 44
NUMBER_TEXT_MAX: Final = 20


class Plain(bytes):
    """A string that is not held as a number although it may read like one."""

    __slots__ = ()


Text = bytes | bytearray


def encoding(value: Text) -> bytes:
    if isinstance(value, bytearray):
        return b"raw"
    if type(value) is bytes and len(value) <= NUMBER_TEXT_MAX and as_integer(value) is not None:
        return b"int"
    return b"embstr" if len(value) <= EMBEDDED_MAX else b"raw"


def writable(value: Text | None) -> bytearray:
    """The same text, to be changed in place."""
    if isinstance(value, bytearray):
        return value
    return bytearray(value or b"")
