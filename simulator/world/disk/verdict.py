"""The gate of a disk: every operation asks it first, and what it answers is a fault.

A gate is any callable `gate(op, path, size) -> Verdict | None`; `None` means pass. `op` is one of `OPS`, `path` the
absolute path as the host sees it (of the name that is worked upon; for an open file, the one it was opened by),
`size` the bytes asked for.

    disk.gate = lambda op, path, size: Verdict(errno=EIO) if op == "fsync" else None

A verdict may delay (`latency_ns`, waited out before anything happens: a crash meanwhile leaves no trace of the
operation), refuse (`errno`), cut short (`bytes_max`: a short read or write, which is legal and which programs forget)
or lie (`lost`: the operation reports success; a lost write is not stored, a lost `fsync` makes nothing durable).
Together with `errno`, a `bytes_max` stores that many bytes before the failure: a torn write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from errno import errorcode

OPS = (
    "open", "read", "write", "truncate", "allocate", "fsync", "stat", "list", "mkdir", "rmdir", "unlink", "rename",
    "link", "symlink", "readlink", "chmod", "utime",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What befalls one operation."""

    errno: int = 0
    bytes_max: int | None = None
    lost: bool = False
    latency_ns: int = 0

    def __str__(self) -> str:
        said = [errorcode.get(self.errno, str(self.errno))] if self.errno else []
        said += [f"{self.bytes_max} bytes at most"] if self.bytes_max is not None else []
        said += ["lost"] if self.lost else []
        said += [f"{self.latency_ns} ns late"] if self.latency_ns else []
        return ", ".join(said) or "pass"

    def bound(self, size: int) -> int:
        """How many of `size` bytes come through."""
        return size if self.bytes_max is None else min(size, self.bytes_max)


PASS = Verdict()
Gate = Callable[[str, str, int], Verdict | None]
