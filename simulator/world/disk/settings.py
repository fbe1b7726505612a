"""Settings of a disk: its size, its habits, and what it promises when the power goes.

POSIX promises little: `fsync` of a file keeps its bytes, `fsync` of a folder keeps its names, and nothing else is
kept until someone asks, or until the kernel gets round to it, for which none in use takes longer than `strict` does.
A file system promises more. `strict()` is the promise alone, which a careful program must be content with; `ext4()`
is what most machines do, bugs hidden by it included.

| setting | strict | ext4 | what it means |
|---|---|---|---|
| `sync_names` | no | yes | `fsync` of a file also commits all changes of names made before |
| `names_in_order` | no | yes | a power cut loses the last changes of names, never an earlier one alone |
| `ordered_data` | no | yes | a size never outlives the bytes that it counts: no zeros where data was lost |
| `replace_flushes` | no | yes | renaming over a file writes out the bytes of the one that takes its place |
| `commit_after_ns` | 30 s | 5 s | a change of names is durable by itself after that long |
| `writeback_after_ns` | 35 s | 30 s | written bytes are durable by themselves after that long |
| `inode_reuse` | never | lowest | whether a new file may get the number of a deleted one |
| `stamp_grain_ns` | 1 | 4 ms | file times are cut to that (the kernel's tick), so two writes may share one |

With `sync_failure_cleans` (both), pages whose `fsync` failed count as clean, as on Linux: a second `fsync` says
all is well although they were never stored.
"""

from dataclasses import dataclass
from typing import Literal

_SECOND_NS = 10**9


@dataclass(frozen=True, kw_only=True)
class DiskSettings:
    """How one disk behaves; the defaults are the strict reading of POSIX."""

    capacity_bytes: int = 1 << 60
    inodes_max: int = 1 << 32
    file_bytes_max: int = (1 << 63) - 1
    name_bytes_max: int = 255
    block_bytes: int = 4096
    sector_bytes: int = 512  # What the device writes whole or not at all.

    sync_names: bool = False
    names_in_order: bool = False
    ordered_data: bool = False
    replace_flushes: bool = False
    commit_after_ns: int | None = 30 * _SECOND_NS  # None is never.
    writeback_after_ns: int | None = 35 * _SECOND_NS
    sync_failure_cleans: bool = True

    inode_reuse: Literal["never", "lowest"] = "never"
    stamp_grain_ns: int = 1
    access_times: Literal["relatime", "strictatime", "noatime"] = "relatime"
    listing_salt: bytes = b""  # Another salt, another order of the names in a folder.
    unsynced_changes_max: int = 100_000  # Per file, and of names; older ones are written out, as if memory were short.


def strict(*, capacity_bytes: int = 1 << 60, listing_salt: bytes = b"") -> DiskSettings:
    """A disk that keeps what POSIX promises and not a byte more."""
    return DiskSettings(capacity_bytes=capacity_bytes, listing_salt=listing_salt)


def ext4(*, capacity_bytes: int = 1 << 60, listing_salt: bytes = b"") -> DiskSettings:
    """A disk as Linux machines mostly have it, with `data=ordered` and `auto_da_alloc`."""
    return DiskSettings(
        capacity_bytes=capacity_bytes,
        listing_salt=listing_salt,
        file_bytes_max=(1 << 44) - 4096,
        sync_names=True,
        names_in_order=True,
        ordered_data=True,
        replace_flushes=True,
        commit_after_ns=5 * _SECOND_NS,
        writeback_after_ns=30 * _SECOND_NS,
        inode_reuse="lowest",
        stamp_grain_ns=4_000_000,
    )
