"""Inodes and names: a file is a number with content; a name only points to it.

`Entry` is a name in a folder. It is one object for as long as the name exists and moves along when it is renamed,
so an open file knows under which name it was opened, and where that name is now: notifications need it.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from os import stat_result
from typing import TYPE_CHECKING, NamedTuple

from simulator.kernel.file_locks import FileLocks
from simulator.world.disk.extents import Extents

if TYPE_CHECKING:
    from simulator.world.disk.disk import Disk
    from simulator.world.disk.durability import Log
    from simulator.world.disk.notify import Watch


class Meta(NamedTuple):
    """What an inode says of itself apart from content: a value, so that it can be kept and put back."""

    mode: int
    uid: int
    gid: int
    atime_ns: int
    mtime_ns: int
    ctime_ns: int


@dataclass(eq=False, slots=True)
class Inode:
    """A file system object, of whatever kind."""

    disk: "Disk" = field(repr=False)
    number: int
    meta: Meta
    log: "Log" = field(repr=False)
    nlink: int = 0
    opens: int = 0
    freed: bool = False
    watches: list["Watch"] = field(default_factory=list, repr=False)
    locks: FileLocks | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        raise NotImplementedError

    @property
    def is_directory(self) -> bool:
        return type(self) is Directory

    def status(self) -> stat_result:
        """What `os.stat` says."""
        meta = self.meta
        blocks = self.disk.blocks_of(self) * (self.disk.settings.block_bytes // 512)
        times = (meta.atime_ns, meta.mtime_ns, meta.ctime_ns)
        whole = (meta.mode, self.number, self.disk.device, self.nlink, meta.uid, meta.gid, self.size)
        seconds = tuple(ns // 10**9 for ns in times)
        # Seconds plus a fraction, as the C code does it: dividing by 1e9 may differ in the last bit.
        floats = tuple(ns // 10**9 + 1e-9 * (ns % 10**9) for ns in times)
        return stat_result((*whole, *seconds, *floats, *times, self.disk.settings.block_bytes, blocks, 0))


@dataclass(eq=False, slots=True)
class File(Inode):
    """A regular file."""

    content: Extents = field(default_factory=Extents, repr=False)
    blocks: int = 0  # That its content takes; kept up to date, for counting takes time.

    @property
    def size(self) -> int:
        return self.content.size


@dataclass(eq=False, slots=True)
class Symlink(Inode):
    """A name that points to a path."""

    target: str = ""

    @property
    def size(self) -> int:
        return len(self.target.encode("utf-8", "surrogateescape"))


@dataclass(eq=False, slots=True)
class Entry:
    """A name in a folder; `gone` once it was removed or taken over by another file."""

    directory: "Directory" = field(repr=False)
    name: str
    inode: Inode
    gone: bool = False

    def path(self) -> str:
        """The path from the root of the disk, "/" first; the last known one when the name is gone."""
        parts = [self.name]
        above = self.directory.entry
        while above is not None:
            parts.append(above.name)
            above = above.directory.entry
        return "/" + "/".join(reversed(parts))


@dataclass(eq=False, slots=True)
class Directory(Inode):
    """A folder: names, listed in an order that is neither theirs nor that of their making, as on a real disk."""

    entries: dict[str, Entry] = field(default_factory=dict, repr=False)
    entry: Entry | None = field(default=None, repr=False)  # Its own name; only the root has none.
    subdirectories: int = 0

    @property
    def size(self) -> int:
        return self.disk.settings.block_bytes

    def path(self) -> str:
        return self.entry.path() if self.entry is not None else "/"

    def listing(self) -> list[Entry]:
        """The entries in the order in which this disk lists them."""
        salt = self.disk.settings.listing_salt
        return sorted(self.entries.values(), key=lambda entry: _place(salt, entry.name))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())


def kind_of(inode: Inode) -> str:
    """One word for reports."""
    return {File: "file", Directory: "folder", Symlink: "link"}[type(inode)]


def full_mode(inode_type: type[Inode], permissions: int) -> int:
    """Permission bits with the bits that tell the kind."""
    kinds = {File: stat.S_IFREG, Directory: stat.S_IFDIR, Symlink: stat.S_IFLNK}
    return kinds[inode_type] | (permissions & 0o7777)


@lru_cache(maxsize=1 << 16)  # Folders are listed again and again.
def _place(salt: bytes, name: str) -> tuple[bytes, str]:
    text = name.encode("utf-8", "surrogateescape")
    return blake2b(text, digest_size=8, key=salt[:64]).digest(), name
