"""One body for every file system: acts on files, drawn by hypothesis, and what each of them comes to.

An *arm* is where they are done: `os` itself on a real folder (`OsArm`), `os` inside a simulation (the same class), or
the disk model without any door (`ModelArm`). Outcomes are plain values: results, or the name of the errno.
"""

import errno
import os
import stat
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st

from simulator.world.disk import Disk, MountTable

Act = tuple[Any, ...]
SLOTS = 3
ROOT = "1/2/3/4/5/6/w"
"""Acts happen so far down that a chain of links to `..` does not leave the folder that the arms share."""


class OsArm:
    """Acts done by `os`, on a real folder or on a simulated one."""

    def __init__(self, top: str) -> None:
        self.root = f"{top}/{ROOT}"
        os.makedirs(self.root)
        self.handles: list[int | None] = [None] * SLOTS

    def path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def open(self, slot: int, name: str, flags: int) -> None:
        handle = os.open(self.path(name), flags, 0o664)
        self.close_slot(slot)
        self.handles[slot] = handle

    def close_slot(self, slot: int) -> None:
        handle, self.handles[slot] = self.handles[slot], None
        if handle is not None:
            os.close(handle)

    def close(self, slot: int) -> None:
        self.number(slot)
        self.close_slot(slot)

    def number(self, slot: int) -> int:
        handle = self.handles[slot]
        if handle is None:
            raise OSError(errno.EBADF, "no such slot")
        return handle

    def dup(self, slot: int, other: int) -> None:
        handle = os.dup(self.number(slot))
        self.close_slot(other)
        self.handles[other] = handle

    def read(self, slot: int, size: int) -> bytes:
        return os.read(self.number(slot), size)

    def pread(self, slot: int, size: int, at: int) -> bytes:
        return os.pread(self.number(slot), size, at)

    def write(self, slot: int, data: bytes) -> int:
        return os.write(self.number(slot), data)

    def pwrite(self, slot: int, data: bytes, at: int) -> int:
        return os.pwrite(self.number(slot), data, at)

    def seek(self, slot: int, at: int, whence: int) -> int:
        return os.lseek(self.number(slot), at, whence)

    def ftruncate(self, slot: int, size: int) -> None:
        os.ftruncate(self.number(slot), size)

    def allocate(self, slot: int, at: int, length: int) -> None:
        os.posix_fallocate(self.number(slot), at, length)

    def sync(self, slot: int) -> None:
        os.fsync(self.number(slot))

    def fstat(self, slot: int) -> object:
        return told(os.fstat(self.number(slot)))

    def stat(self, name: str) -> object:
        return told(os.stat(self.path(name)))

    def lstat(self, name: str) -> object:
        return told(os.lstat(self.path(name)))

    def access(self, name: str, mode: int) -> bool:
        return os.access(self.path(name), mode)

    def list(self, name: str) -> list[str]:
        return sorted(os.listdir(self.path(name)))

    def mkdir(self, name: str) -> None:
        os.mkdir(self.path(name))

    def rmdir(self, name: str) -> None:
        os.rmdir(self.path(name))

    def unlink(self, name: str) -> None:
        os.unlink(self.path(name))

    def rename(self, name: str, to: str) -> None:
        os.rename(self.path(name), self.path(to))

    def link(self, name: str, to: str) -> None:
        os.link(self.path(name), self.path(to), follow_symlinks=False)

    def symlink(self, target: str, name: str) -> None:
        os.symlink(target, self.path(name))

    def readlink(self, name: str) -> str:
        return os.readlink(self.path(name))

    def chmod(self, name: str, mode: int) -> None:
        os.chmod(self.path(name), mode)

    def truncate(self, name: str, size: int) -> None:
        os.truncate(self.path(name), size)

    def utime(self, name: str) -> int:
        os.utime(self.path(name), ns=(1_000_000_001, 2_000_000_002))
        return os.stat(self.path(name)).st_mtime_ns

    def content(self, name: str) -> bytes:
        with open(self.path(name), "rb") as file:
            return file.read(1 << 20)

    def number_of(self, name: str) -> int:
        return os.lstat(self.path(name)).st_ino


class ModelArm(OsArm):
    """The same acts on the model itself."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.files = MountTable()
        self.files.mount("/", self.disk)
        self.root = f"/{ROOT}"
        self.handles = [None] * SLOTS
        self.open_files: dict[int, Any] = {}
        for depth in range(1, len(ROOT.split("/")) + 1):
            self.files.mkdir("/" + "/".join(ROOT.split("/")[:depth]), "/", 0o755)

    def open(self, slot: int, name: str, flags: int) -> None:
        opened = self.files.open(self.path(name), "/", flags, 0o664 & ~0o022)
        self.close_slot(slot)
        opened.refs = 1
        self.handles[slot] = id(opened)
        self.open_files[id(opened)] = opened

    def close_slot(self, slot: int) -> None:
        handle, self.handles[slot] = self.handles[slot], None
        if handle is not None:
            opened = self.open_files[handle]
            opened.refs -= 1
            if not opened.refs:
                opened.close()

    def file(self, slot: int) -> Any:
        return self.open_files[self.number(slot)]

    def dup(self, slot: int, other: int) -> None:
        file = self.file(slot)
        file.refs += 1
        handle = self.handles[slot]
        self.close_slot(other)
        self.handles[other] = handle

    def read(self, slot: int, size: int) -> bytes:
        return bytes(self.file(slot).read(size))

    def pread(self, slot: int, size: int, at: int) -> bytes:
        return bytes(self.file(slot).pread(size, at))

    def write(self, slot: int, data: bytes) -> int:
        return int(self.file(slot).write(data))

    def pwrite(self, slot: int, data: bytes, at: int) -> int:
        return int(self.file(slot).pwrite(data, at))

    def seek(self, slot: int, at: int, whence: int) -> int:
        return int(self.file(slot).seek(at, whence))

    def ftruncate(self, slot: int, size: int) -> None:
        self.file(slot).truncate(size)

    def allocate(self, slot: int, at: int, length: int) -> None:
        self.file(slot).allocate(at, length)

    def sync(self, slot: int) -> None:
        self.file(slot).sync()

    def fstat(self, slot: int) -> object:
        return told(self.file(slot).stat())

    def stat(self, name: str) -> object:
        return told(self.files.stat(self.path(name), "/"))

    def lstat(self, name: str) -> object:
        return told(self.files.stat(self.path(name), "/", follow=False))

    def access(self, name: str, mode: int) -> bool:
        try:
            return self.files.access(self.path(name), "/", mode)
        except OSError:
            return False  # As `os.access` does.

    def list(self, name: str) -> list[str]:
        return sorted(listed.name for listed in self.files.listing(self.path(name), "/"))

    def mkdir(self, name: str) -> None:
        self.files.mkdir(self.path(name), "/", 0o777 & ~0o022)

    def rmdir(self, name: str) -> None:
        self.files.rmdir(self.path(name), "/")

    def unlink(self, name: str) -> None:
        self.files.unlink(self.path(name), "/")

    def rename(self, name: str, to: str) -> None:
        self.files.rename(self.path(name), "/", self.path(to), "/")

    def link(self, name: str, to: str) -> None:
        self.files.link(self.path(name), "/", self.path(to), "/")

    def symlink(self, target: str, name: str) -> None:
        self.files.symlink(target, self.path(name), "/")

    def readlink(self, name: str) -> str:
        return self.files.readlink(self.path(name), "/")

    def chmod(self, name: str, mode: int) -> None:
        self.files.chmod(self.path(name), "/", mode)

    def truncate(self, name: str, size: int) -> None:
        self.files.truncate(self.path(name), "/", size)

    def utime(self, name: str) -> int:
        self.files.utime(self.path(name), "/", (1_000_000_001, 2_000_000_002))
        return self.files.stat(self.path(name), "/").st_mtime_ns

    def content(self, name: str) -> bytes:
        return self.files.open(self.path(name), "/", os.O_RDONLY).read(1 << 20)

    def number_of(self, name: str) -> int:
        return self.files.stat(self.path(name), "/", follow=False).st_ino


def told(status: os.stat_result) -> object:
    """What of a status must be the same everywhere: a folder's size is the file system's own business."""
    is_folder = stat.S_ISDIR(status.st_mode)
    return oct(status.st_mode), status.st_nlink, "folder" if is_folder else status.st_size


def outcome(act: Callable[[], Any]) -> Any:
    """What an act comes to, as a plain value."""
    try:
        return act()
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def perform(arm: OsArm, acts: list[Act]) -> list[object]:
    """The outcomes of acts, and of a look at everything in the end."""
    told_of = [(act, outcome(partial(getattr(arm, act[0]), *act[1:]))) for act in acts]
    final = survey(arm)
    for slot in range(SLOTS):
        arm.close_slot(slot)
    return [*told_of, *final]


def survey(arm: OsArm) -> list[object]:
    """Everything there is: names, what they are, which are one file, and what is in them."""
    found: list[object] = []
    groups: dict[int, int] = {}
    folders = [""]
    for folder in folders:
        names = outcome(partial(arm.list, folder or "."))
        if isinstance(names, str):
            return [names]  # Someone removed the folder that everything is in.
        for name in names:
            path = f"{folder}/{name}".lstrip("/")
            status: Any = arm.lstat(path)
            group = groups.setdefault(arm.number_of(path), len(groups))
            found.append((path, status, group))
            if stat.S_ISDIR(int(status[0], 8)):
                folders.append(path)
            elif stat.S_ISREG(int(status[0], 8)):
                found.append((path, arm.content(path)))
            else:
                found.append((path, arm.readlink(path)))
    return found


# --- what may be drawn ----------------------------------------------------------------------------------------------

_name = st.sampled_from(["a", "b", "c", "dir", "dir/a", "dir/sub", "dir/sub/b", "link", "link/a", "x"])
_suffix = st.sampled_from(["", "", "", "", "", "", "/", "/.", "/.."])
paths = st.one_of(
    st.tuples(_name, _suffix).map("".join),
    st.sampled_from([".", "", "n" * 255, "n" * 256, "ü" * 128, "dir//a", "./a", "dir/../a", "/" * 3 + "a"]),
)
_slot = st.integers(0, SLOTS - 1)
_at = st.sampled_from([0, 1, 5, 100, 4095, 4096, 9000, 70_000, -1])
_data = st.sampled_from([b"", b"x", b"hello", b"0123456789" * 900, b"y" * 70_000])
_size = st.sampled_from([0, 1, 7, 5000, 100_000])
_flags = st.builds(
    lambda access, more: access | sum(set(more)),
    st.sampled_from([os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR]),
    st.lists(
        st.sampled_from([os.O_CREAT, os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_APPEND, os.O_DIRECTORY, os.O_NOFOLLOW]),
        max_size=3,
    ),
)
_targets = st.sampled_from(["a", "dir", "dir/sub", ".", "..", "link", "nowhere", "../a", "dir/", "", "x/a"])

acts = st.one_of(
    st.tuples(st.just("open"), _slot, paths, _flags),
    st.tuples(st.just("open"), _slot, _name, st.just(os.O_RDWR | os.O_CREAT)),
    st.tuples(st.just("close"), _slot),
    st.tuples(st.just("dup"), _slot, _slot),
    st.tuples(st.just("read"), _slot, _size),
    st.tuples(st.just("pread"), _slot, _size, _at),
    st.tuples(st.just("write"), _slot, _data),
    st.tuples(st.just("pwrite"), _slot, _data, _at),
    st.tuples(st.just("seek"), _slot, _at, st.sampled_from([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END, 9])),
    st.tuples(st.just("ftruncate"), _slot, _at),
    st.tuples(st.just("allocate"), _slot, _at, _size),
    st.tuples(st.just("sync"), _slot),
    st.tuples(st.just("fstat"), _slot),
    st.tuples(st.just("stat"), paths),
    st.tuples(st.just("lstat"), paths),
    st.tuples(st.just("access"), paths, st.sampled_from([os.F_OK, os.R_OK, os.W_OK, os.X_OK, os.R_OK | os.X_OK])),
    st.tuples(st.just("list"), paths),
    st.tuples(st.just("mkdir"), paths),
    st.tuples(st.just("mkdir"), st.sampled_from(["dir", "dir/sub", "x"])),
    st.tuples(st.just("rmdir"), paths),
    st.tuples(st.just("unlink"), paths),
    st.tuples(st.just("rename"), paths, paths),
    st.tuples(st.just("link"), paths, paths),
    st.tuples(st.just("symlink"), _targets, paths),
    st.tuples(st.just("readlink"), paths),
    st.tuples(st.just("chmod"), paths, st.sampled_from([0o644, 0o600, 0o755, 0o000, 0o7777])),
    st.tuples(st.just("truncate"), paths, _at),
    st.tuples(st.just("utime"), paths),
)
act_lists = st.lists(acts, max_size=25)
