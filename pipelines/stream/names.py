"""Names: of streams, of their objects, and of what Redis keeps of them.

A stream's id is `slug.dev-ino-generation.rev`: the path made plain, the file's identity, how often that identity
was met anew (inodes are used again), and the revision of one file's content. The object's key holds the id, so
two recordings never share a key, whatever happens to a path.
"""

import hashlib
import os.path
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

_SLUG_CHARS_MAX: Final = 400
"""Keys have at most 1,024 bytes, and a prefix may be before this and `.json` after."""
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._/=-]+")
_ID: Final = re.compile(r"(?P<slug>.+)\.(?P<dev>\d+)-(?P<ino>\d+)-(?P<generation>\d+)\.(?P<rev>\d+)")


class StreamId(NamedTuple):
    """A stream's id, taken apart."""

    slug: str
    dev: int
    ino: int
    generation: int
    rev: int

    def __str__(self) -> str:
        return f"{self.slug}.{self.dev}-{self.ino}-{self.generation}.{self.rev}"

    @classmethod
    def parse(cls, text: str) -> "StreamId | None":
        """The id in a text, or None if it is none."""
        found = _ID.fullmatch(text)
        if found is None:
            return None
        slug, *numbers = found.groups()
        return cls(slug, *map(int, numbers))


def slug_of(path: str) -> str:
    """A path (relative to what is watched) as it may stand in a key: readable, plain, and not too long."""
    plain = _PLAIN.sub("_", os.path.splitext(path)[0]).lstrip("/.") or "_"
    plain = "/".join(part if part.strip(".") else "_" for part in plain.split("/") if part)
    if len(plain) > _SLUG_CHARS_MAX:
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        plain = f"{plain[:80].rstrip('/')}_{digest}_{plain[-(_SLUG_CHARS_MAX - 120) :].lstrip('/')}"
    return plain


def suffix_of(path: str) -> str:
    """The ending of a file's name, as it may stand in a key."""
    suffix = os.path.splitext(path)[1]
    return suffix if len(suffix) <= 12 and not _PLAIN.search(suffix) else ""


def object_key(prefix: str, stream: str, path: str) -> str:
    """Where a stream is stored: its id under the prefix, with its file's ending."""
    return f"{prefix}{stream}{suffix_of(path)}"


def stream_of_key(prefix: str, key: str) -> str | None:
    """The id in an object's key, or None if the key is not one of ours."""
    rest = key.removeprefix(prefix) if key.startswith(prefix) else ""
    for candidate in (rest, os.path.splitext(rest)[0]):
        if StreamId.parse(candidate) is not None:
            return candidate
    return None


def token_of(stream: str, attempt: int) -> str:
    """What an upload's metadata carries, so that an object tells whose it is."""
    return f"{stream}/{attempt}"


def identity(dev: int, ino: int) -> str:
    """A file's identity, as the index of streams has it."""
    return f"{dev}-{ino}"


@dataclass(frozen=True)
class Keys:
    """The keys of Redis under one prefix. For Redis Cluster, let the prefix hold a hash tag: `{soundstage}:`."""

    prefix: str = ""

    def meta(self, stream: str) -> str:
        return f"{self.prefix}stream:{stream}:meta"

    def parts(self, stream: str) -> str:
        return f"{self.prefix}stream:{stream}:parts"

    def of_status(self, status: str) -> str:
        """The set of the streams of a status."""
        return f"{self.prefix}streams:{status}"

    @property
    def abort_queue(self) -> str:
        return f"{self.prefix}streams:abort_queue"

    @property
    def index(self) -> str:
        """A hash from a file's identity to its latest stream."""
        return f"{self.prefix}streams:index"

    def for_script(self, stream: str) -> list[str]:
        """What every script is given, in this order."""
        sets = [self.of_status(status) for status in STATUSES]
        return [self.meta(stream), self.parts(stream), *sets, self.abort_queue, self.index]


STATUSES: Final = ("active", "pending_completion", "completed", "failed")
