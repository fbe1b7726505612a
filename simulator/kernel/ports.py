"""The sockets of the kernel: what it needs from the world above, said as protocols.

`Host` is the whole of it: a process reaches files, network, programs and the wall clock through the
host it runs on. The floors above implement these; the kernel never imports them.
"""

from collections.abc import Callable, Mapping, Sequence
from os import stat_result, statvfs_result
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from simulator.kernel.descriptors import Description

if TYPE_CHECKING:
    from simulator.kernel.process import Process


class WallClock(Protocol):
    """A host's idea of the time of day."""

    def wall_ns(self, now_ns: int) -> int:
        """Nanoseconds since 1970 that this host believes in when virtual time is `now_ns`."""
        ...

    def set_wall_ns(self, now_ns: int, wall_ns: int) -> None:
        """What `clock_settime` does."""
        ...


class Executables(Protocol):
    """The programs installed on a host."""

    def find(self, name: str) -> "Callable[[Process], object] | None":
        """The main function of an installed program, by bare name or by path."""
        ...

    def paths(self) -> Sequence[str]:
        """Where each installed program lies, such as /usr/bin/ffprobe."""
        ...


class Host(Protocol):
    """A machine of the simulated world, as its processes see it."""

    name: str
    files: Any
    network: Any
    executables: Executables
    wall: WallClock


# --- files ----------------------------------------------------------------------------------------------

Base = str | Description
"""What a relative path is relative to: an absolute path as text, or an open folder."""


class Listed(NamedTuple):
    """One name in a folder: its inode's number and mode, as a directory entry tells them."""

    name: str
    inode: int
    mode: int


class OutsideMounts(Exception):
    """A path leads outside every mount of its host; `text` is where (`text_to`: the second of two)."""

    def __init__(self, text: str, text_to: str | None = None) -> None:
        super().__init__(text)
        self.text, self.text_to = text, text_to


class FileSystem(Protocol):
    """A host's files. Every method on a path may raise `OSError` or `OutsideMounts`."""

    def is_outside(self, path: str) -> bool:
        """Whether an absolute path lies outside the mounts for certain; False also where only a walk can tell."""
        ...

    def above_mounts(self, path: str) -> list[str] | None:
        """For a folder that leads to a mount: the names in it on the way there; None for any other."""
        ...

    def disks(self) -> Mapping[str, object]:
        """What is mounted where."""
        ...

    def open(self, path: str, base: Base, flags: int, mode: int) -> Description: ...
    def stat(self, path: str, base: Base, *, follow: bool = True) -> stat_result: ...
    def access(self, path: str, base: Base, mode: int, *, follow: bool = True) -> bool: ...
    def listing(self, path: str, base: Base) -> list[Listed]: ...
    def mkdir(self, path: str, base: Base, mode: int) -> None: ...
    def rmdir(self, path: str, base: Base) -> None: ...
    def unlink(self, path: str, base: Base) -> None: ...
    def rename(self, path: str, base: Base, to: str, to_base: Base) -> None: ...
    def link(self, path: str, base: Base, to: str, to_base: Base, *, follow: bool = False) -> None: ...
    def symlink(self, target: str, path: str, base: Base) -> None: ...
    def readlink(self, path: str, base: Base) -> str: ...
    def chmod(self, path: str, base: Base, mode: int, *, follow: bool = True) -> None: ...
    def chown(self, path: str, base: Base, uid: int, gid: int, *, follow: bool = True) -> None: ...
    def utime(self, path: str, base: Base, times_ns: tuple[int, int] | None, *, follow: bool = True) -> None: ...
    def truncate(self, path: str, base: Base, size: int) -> None: ...
    def folder(self, path: str, base: Base) -> str: ...
    def statvfs(self, path: str, base: Base) -> statvfs_result: ...
    def sync(self) -> None: ...
