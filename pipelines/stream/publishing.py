"""Publishing: what is found out about a recording once its object is there, and how that is asked for."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Published:
    """A recording whose object is at its key."""

    stream: str
    path: str
    """The file; it may be gone."""
    bucket: str
    key: str
    size: int
    etag: str
    parts: int
    short: bool
    """Whether the file vanished before all of it was uploaded."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """What was found out: JSON for Redis and for the object beside the recording, and how it went."""

    status: str
    """`ok`, or `error` with the cause in the text."""
    text: str


class Describe(Protocol):
    """Finds out about a recording: within its own time limit, and without raising."""

    async def __call__(self, published: Published, /) -> Described: ...
