"""Replies: what a command answers, as values; `protocol.py` writes them as RESP2 or RESP3.

| value                     | RESP2                        | RESP3                     |
|---------------------------|------------------------------|---------------------------|
| `int`                     | `:1`                         | the same                  |
| `bytes`                   | `$3 foo`                     | the same                  |
| `None`                    | `$-1`                        | `_`                       |
| `NULL_ARRAY`              | `*-1`                        | `_`                       |
| `list`, `tuple`           | `*`                          | the same                  |
| `Status(b"OK")`           | `+OK`                        | the same                  |
| `Error(b"ERR text")`      | `-ERR text`                  | the same                  |
| `Map([(key, value)])`     | `*`, keys and values in turn | `%`                       |
| `SetOf([item])`           | `*`                          | `~`                       |
| `Double(1.5)`             | `$3 1.5`                     | `,1.5`                    |
| `Bool(True)`              | `:1`                         | `#t`                      |
| `BigNumber(1)`            | `$1 1`                       | `(1`                      |
| `Verbatim(b"text", ...)`  | `$`                          | `=`, with its format      |
| `Push([kind, ...])`       | `*`                          | `>`                       |
| `Several([one, two])`     | one reply after the other    | the same                  |
| `NOTHING`                 | nothing is sent              | the same                  |

A command may also raise `Refusal("WRONGTYPE ...")`, which becomes an `Error`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

Reply = Any
"""One of the values above. They nest without limit, so the type says no more than the table does."""


class Status:
    """A simple string: one line."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"+{self.text.decode(errors='replace')}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Status) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


class Error:
    """An error: a code in capitals, a space, a sentence; one line."""

    __slots__ = ("text",)

    def __init__(self, text: bytes | str) -> None:
        raw = text.encode() if isinstance(text, str) else text
        if b"\n" in raw or b"\r" in raw:
            raw = raw.strip(b"\r\n").replace(b"\r", b" ").replace(b"\n", b" ")
        self.text = raw

    @property
    def code(self) -> str:
        """Return the first word, as clients and INFO's error statistics do."""
        return self.text.partition(b" ")[0].decode(errors="replace")

    def __repr__(self) -> str:
        return f"-{self.text.decode(errors='replace')}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Error) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


class Refusal(Exception):
    """A command refuses what it was asked; the text begins with the error's code."""

    def __init__(self, text: bytes | str) -> None:
        super().__init__(text)
        self.error = Error(text)


class Map:
    """Pairs in an order of their own."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: Iterable[tuple[Reply, Reply]] = ()) -> None:
        self.pairs = list(pairs)

    @classmethod
    def of(cls, **values: Reply) -> "Map":
        """Return a map with words as keys; an underscore stands for a hyphen."""
        return cls((name.replace("_", "-").encode(), value) for name, value in values.items())

    @property
    def flat(self) -> list[Reply]:
        return [item for pair in self.pairs for item in pair]


class SetOf:
    """Members in no promised order."""

    __slots__ = ("members",)

    def __init__(self, members: Iterable[Reply] = ()) -> None:
        self.members = members if isinstance(members, list) else list(members)


class Double:
    """A floating-point number, in the 17 digits of all others or in a text of its own."""

    __slots__ = ("value", "text")

    def __init__(self, value: float, text: bytes | None = None) -> None:
        self.value, self.text = value, text


class Bool:
    """A truth value."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value


class BigNumber:
    """An integer beyond 64 bits."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class Verbatim:
    """A text with a format of three letters, for people to read."""

    __slots__ = ("format", "text")

    def __init__(self, text: bytes, form: bytes = b"txt") -> None:
        self.text, self.format = text, form


class Push:
    """News that nobody asked for; the first item is its kind."""

    __slots__ = ("items",)

    def __init__(self, items: Sequence[Reply]) -> None:
        self.items = items


class Several:
    """Replies that follow one another, as SUBSCRIBE with many channels gives."""

    __slots__ = ("replies",)

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.replies = replies


class _Word:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


NULL_ARRAY: Final = _Word("NULL_ARRAY")
NOTHING: Final = _Word("NOTHING")
OK: Final = Status(b"OK")
QUEUED: Final = Status(b"QUEUED")
PONG: Final = Status(b"PONG")

# What many commands say, in the words that clients compare.
WRONG_TYPE: Final = "WRONGTYPE Operation against a key holding the wrong kind of value"
SYNTAX: Final = "ERR syntax error"
NOT_INTEGER: Final = "ERR value is not an integer or out of range"
NOT_FLOAT: Final = "ERR value is not a valid float"
OUT_OF_RANGE: Final = "ERR value is out of range"
NO_SUCH_KEY: Final = "ERR no such key"
INDEX_OUT_OF_RANGE: Final = "ERR index out of range"
TOO_BIG: Final = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
