"""The real machine behind the mounts: read as it is, listed in sorted order, never written to.

Folders that lead to a mount exist even where the machine has none, and show the mount. What would change the machine
is refused with EROFS, which is what a read-only file system says; the text tells how to have it otherwise. The few
devices that every program counts on are simulated.
"""

import os
import stat
from errno import EEXIST, ENOENT, ENOSPC, ENOTDIR, ENXIO, EROFS
from typing import Any, Final
from zlib import crc32

from simulator.kernel.callsite import where
from simulator.kernel.descriptors import Description
from simulator.kernel.interpose.files import programs
from simulator.kernel.interpose.files.view import failure, files, process, real
from simulator.kernel.ports import Listed
from simulator.kernel.state import here, running_engine
from simulator.kernel.stdio import Nothing

_HIDDEN: Final = ("/proc", "/sys")
_BLOCKS: Final = 1 << 24  # 64 GiB.
_DEVICE: Final = 1  # `st_dev` of folders that lead to mounts.


def stat_at(text: str, name: object, *, follow: bool = True) -> os.stat_result:
    if programs.holds(text):
        return programs.status_of(text, name)
    if files().above_mounts(text) is not None:
        return _above_status(text)
    found: os.stat_result = _named(os.stat, text, name, follow_symlinks=follow)
    return found


def access_at(text: str, mode: int, *, follow: bool = True) -> bool:
    if programs.holds(text):
        return not mode & os.W_OK and process().host.executables.find(text) is not None
    if files().above_mounts(text) is not None:
        return True
    if is_hidden(text):
        return False
    found: bool = not mode & os.W_OK and real(os.access)(text, mode, follow_symlinks=follow)
    return found


def readlink_at(text: str, name: object) -> str:
    found: str = _named(os.readlink, text, name)
    return found


def listing_at(text: str, name: object) -> list[Listed]:
    """The names in a folder of the machine, sorted: the order on its disk is nobody's business."""
    if text in programs.FOLDERS:
        return programs.listing(text)
    above = files().above_mounts(text)
    found = {name: Listed(name, crc32(name.encode()), stat.S_IFDIR) for name in above or ()}
    if above is None or _exists(text):
        for entry in _named(os.scandir, text, name):
            if is_hidden(f"{text.rstrip('/')}/{entry.name}"):
                continue
            mode = stat.S_IFLNK if entry.is_symlink() else stat.S_IFDIR if entry.is_dir() else stat.S_IFREG
            found.setdefault(entry.name, Listed(entry.name, entry.inode(), mode))
    return [found[name] for name in sorted(found)]


def statvfs_at(text: str, name: object) -> os.statvfs_result:
    """A disk that is half full, for what is free on the machine's changes with every minute."""
    stat_at(text, name)
    return os.statvfs_result(
        (4096, 4096, _BLOCKS, _BLOCKS // 2, _BLOCKS // 2, _BLOCKS, _BLOCKS // 2, _BLOCKS // 2, 0, 255)
    )


def check_folder(text: str, name: object) -> None:
    """Raise unless the machine has a folder there."""
    if not stat.S_ISDIR(stat_at(text, name).st_mode):
        raise failure(ENOTDIR, name)


def refused(door: str, text: str, name: object, *, exists_is_error: bool = False) -> OSError:
    """The error for what would change the machine."""
    if exists_is_error and (files().above_mounts(text) is not None or _exists(text)):
        return failure(EEXIST, name)
    owner = process()
    mounts = ", ".join(sorted(files().disks())) or "none"
    said = f"{text} lies outside the mounts of host {owner.host.name!r} ({mounts})"
    # Python writes its bytecode wherever it can, and only when it has not yet: that is no act of the program.
    if "/__pycache__" not in text:
        why = "outside the mounts"
        running_engine().emit("guard.refused", door=f"{door} {text}", why=why, error="EROFS", where=where())
    return OSError(EROFS, f"{os.strerror(EROFS)}: {said}; `--mount {os.path.dirname(text)}` gives it a disk", name)


def open_at(text: str, name: object, flags: int, mode: int) -> Description:
    """Open something of the machine for reading; its descriptor gets a number like any other."""
    device = _DEVICES.get(text)
    if device is not None:
        opened: Description = device()
        return opened
    if programs.holds(text) and not flags & (os.O_ACCMODE | os.O_CREAT | os.O_TRUNC):
        programs.status_of(text, name)
        return Nothing()  # What a program's file holds is nobody's business either.
    if files().above_mounts(text) is not None:
        if flags & (os.O_ACCMODE | os.O_CREAT | os.O_TRUNC):
            raise refused("os.open", text, name, exists_is_error=bool(flags & os.O_EXCL))
        return MachineFolder(text)
    if flags & (os.O_ACCMODE | os.O_TRUNC) or (flags & os.O_CREAT and not _exists(text)):
        raise refused("os.open", text, name, exists_is_error=bool(flags & os.O_CREAT and flags & os.O_EXCL))
    number = _named(os.open, text, name, flags & ~os.O_CREAT, mode)
    if stat.S_ISDIR(real(os.fstat)(number).st_mode):
        real(os.close)(number)
        return MachineFolder(text)
    return MachineFile(number, text, flags)


def is_device(text: str) -> bool:
    return text in _DEVICES


class MachineFile(Description):
    """A file of the machine, open for reading."""

    kind = "machine file"

    def __init__(self, number: int, text: str, flags: int) -> None:
        self.number, self.name, self.flags = number, text, flags

    def read(self, size: int) -> bytes:
        found: bytes = real(os.read)(self.number, size)
        return found

    def pread(self, size: int, offset: int) -> bytes:
        found: bytes = real(os.pread)(self.number, size, offset)
        return found

    def seek(self, offset: int, whence: int) -> int:
        found: int = real(os.lseek)(self.number, offset, whence)
        return found

    def stat(self) -> os.stat_result:
        found: os.stat_result = real(os.fstat)(self.number)
        return found

    def sync(self, *, data_only: bool = False) -> None:
        """What is only read is as durable as it was."""

    def close(self) -> None:
        real(os.close)(self.number)


class MachineFolder(Description):
    """A folder of the machine, or one that only leads to a mount."""

    kind = "machine folder"
    flags = os.O_DIRECTORY

    def __init__(self, text: str) -> None:
        self.name = text

    def stat(self) -> os.stat_result:
        return stat_at(self.name, None)

    def listing(self) -> list[Listed]:
        return listing_at(self.name, None)

    def sync(self, *, data_only: bool = False) -> None:
        """Nothing in it can have changed."""


class _Zero(Nothing):
    """Zeros without end: /dev/zero."""

    name = "/dev/zero"

    def read(self, size: int) -> bytes:
        return bytes(size)


class _Full(_Zero):
    """A disk that is always full: /dev/full."""

    name = "/dev/full"

    def write(self, data: Any) -> int:
        raise failure(ENOSPC)


class _Random(Nothing):
    """Bytes from the run's entropy: /dev/urandom."""

    name = "/dev/urandom"

    def read(self, size: int) -> bytes:
        owner = here.process
        assert owner is not None
        return owner.engine.choices.bytes(size, stream="entropy", site=f"{owner.site} /dev/urandom")


def _no_terminal() -> Description:
    raise failure(ENXIO, "/dev/tty")


def _standard(number: int) -> Any:
    return lambda: process().fds[number]


_DEVICES: Final[dict[str, Any]] = {
    "/dev/null": Nothing,
    "/dev/zero": _Zero,
    "/dev/full": _Full,
    "/dev/random": _Random,
    "/dev/urandom": _Random,
    "/dev/tty": _no_terminal,
    "/dev/stdin": _standard(0),
    "/dev/stdout": _standard(1),
    "/dev/stderr": _standard(2),
}


def _above_status(text: str) -> os.stat_result:
    number = crc32(text.encode("utf-8", "surrogateescape"))
    wall_ns = 0  # It has been there since before the run; a real time would leak the machine's.
    seconds = (wall_ns,) * 3
    whole = (stat.S_IFDIR | 0o755, number, _DEVICE, 2, 0, 0, 4096)
    return os.stat_result((*whole, *seconds, *map(float, seconds), *seconds, 4096, 8, 0))


def is_hidden(text: str) -> bool:
    """Whether a path leads to what the machine's kernel tells of itself: clocks, load, entropy, its own processes."""
    return text.startswith(_HIDDEN) and (text + "/").startswith(tuple(f"{folder}/" for folder in _HIDDEN))


def must_not_be_hidden(text: str, name: object) -> None:
    """A host has none of these file systems mounted, as a small container has not."""
    if is_hidden(text):
        why = "it tells of the machine"
        running_engine().emit("guard.refused", door=f"open {text}", why=why, error="ENOENT", where=where())
        raise failure(ENOENT, name)


def _exists(text: str) -> bool:
    """Whether the machine itself has something there."""
    if is_hidden(text):
        return False
    try:
        real(os.lstat)(text)
    except OSError:
        return False
    return True


def _named(builtin: Any, text: str, name: object, *args: Any, **options: Any) -> Any:
    """Call the real function; an error names what the caller named."""
    must_not_be_hidden(text, name)
    try:
        return real(builtin)(text, *args, **options)
    except OSError as error:
        error.filename = name
        raise
