"""The file system of a host: disks mounted at paths, and every operation on a path.

    files = MountTable()
    files.mount("/media", Disk("media"))
    files.expose("/media/assets")            # the machine's own folder shows here, read-only
    handle = files.open("clip.mp4", "/media", os.O_RDWR | os.O_CREAT, 0o644)

A path is text (bytes that are not UTF-8 as surrogate escapes) and relative to `base`: an absolute path as text, or an
open folder. Whatever leads outside every disk raises `OutsideMounts`, with the path that the machine, or a refusal,
is to judge.
"""

import os
from collections.abc import Iterable
from errno import EINVAL, ENOTDIR, EXDEV

from simulator.errors import Misuse
from simulator.kernel.ports import Base, Listed, OutsideMounts
from simulator.world.disk import attributes, notify, paths
from simulator.world.disk.disk import Disk
from simulator.world.disk.failing import failure
from simulator.world.disk.openfile import OpenDirectory, OpenFile, listed
from simulator.world.disk.verdict import Verdict
from simulator.world.disk.walk import Follow, Outside, Place, Walker


class MountTable:
    """One host's view of files; the `FileSystem` of the kernel."""

    def __init__(self) -> None:
        self.points: dict[str, Disk | None] = {}
        self._walker = Walker(self.points)
        self._prefixes: tuple[str, ...] = ()
        self._above: dict[str, list[str]] = {}

    def __repr__(self) -> str:
        shown = [f"{path}: {disk.name if disk else 'the machine'}" for path, disk in self.points.items()]
        return f"<mounts {', '.join(shown) or 'none'}>"

    # --- mounts ---------------------------------------------------------------------------------------

    def mount(self, path: str, disk: Disk) -> None:
        """Let a disk begin at a path, whether or not the machine has a folder there."""
        self._set(path, disk)

    def expose(self, path: str) -> None:
        """Let the machine's own files show at a path, read-only, even under a mount: libraries, the program itself."""
        self._set(path, None)

    def unmount(self, path: str) -> None:
        del self.points[path]
        self._changed()

    def disks(self) -> dict[str, Disk]:
        """The mounted disks by mount point."""
        return {path: disk for path, disk in self.points.items() if disk is not None}

    def _set(self, path: str, disk: Disk | None) -> None:
        clean = os.path.normpath(path)
        if not path.startswith("/"):
            raise Misuse(f"a mount point is an absolute path, not {path!r}")
        if clean in self.points:
            raise Misuse(f"something is mounted at {clean!r} already: {self.points[clean]!r}")
        self.points["/" if clean == "//" else clean] = disk
        self._changed()

    def _changed(self) -> None:
        self._prefixes = tuple(path for path, disk in self.points.items() if disk is not None)
        self._above = {}
        for path in sorted(self._prefixes):
            while path != "/":
                path, _, name = path.rpartition("/")
                path = path or "/"
                names = self._above.setdefault(path, [])
                if name not in names:
                    names.append(name)

    def is_outside(self, path: str) -> bool:
        """Whether an absolute path lies outside the mounts for certain, by its text alone."""
        if "/." in path or "//" in path:
            return False
        for prefix in self._prefixes:
            if path.startswith(prefix) and (len(path) == len(prefix) or path[len(prefix)] == "/" or prefix == "/"):
                return any(disk is None and (path + "/").startswith(point + "/") for point, disk in self.points.items())
        return path not in self._above

    def above_mounts(self, path: str) -> list[str] | None:
        """For a folder outside the mounts that leads to one: the next names on the way. None for others."""
        return self._above.get(path)

    # --- from paths to places ---------------------------------------------------------------------------

    def place(self, path: str, base: Base = "/", follow: Follow = "always") -> Place:
        """Walk to a path; `OutsideMounts` when it leaves the disks."""
        found = self._walk(path, base, follow)
        if isinstance(found, Outside):
            raise OutsideMounts(found.text)
        return found

    def _walk(self, path: str, base: Base, follow: Follow) -> Place | Outside:
        if isinstance(base, str):
            return self._walker.walk(path, base, follow)
        if not isinstance(base, OpenDirectory):
            raise failure(ENOTDIR)
        base.alive()
        return self._walker.walk(path, (base.text, base.inode), follow)

    def _ready(self, op: str, path: str, base: Base, follow: Follow, size: int = 0) -> Place:
        """Walk to a path and pass the gate there; what may have changed while that took time is looked up again."""
        place = self.place(path, base, follow)
        if place.disk.gate is None and place.disk.latency is None:
            return place
        _refuse(place.disk.ask(op, place.text, size))
        return self.place(path, base, follow)

    def _ready_pair(
        self, op: str, first: tuple[str, Base, Follow], second: tuple[str, Base, Follow]
    ) -> tuple[Place, Place]:
        """The same for two paths, which must be on one disk."""
        source = self._walk(*first)
        if isinstance(source, Place) and op == "link":
            paths.found(source)  # It looks for the first file before the second path; a rename does not.
        target = self._walk(*second)
        if isinstance(source, Outside):
            if isinstance(target, Outside):
                raise OutsideMounts(source.text, target.text)
            raise failure(EXDEV)
        if isinstance(target, Outside):
            raise failure(EXDEV)
        if source.disk.gate is None and source.disk.latency is None:
            return source, target
        _refuse(source.disk.ask(op, target.text))
        return self.place(*first), self.place(*second)

    # --- operations -------------------------------------------------------------------------------------

    def open(self, path: str, base: Base, flags: int, mode: int = 0o777) -> OpenFile | OpenDirectory:
        paths.check_flags(flags)
        exclusive = flags & os.O_CREAT and flags & os.O_EXCL
        follow: Follow = "slash" if exclusive or flags & os.O_NOFOLLOW else "always"
        return paths.open_place(self._ready("open", path, base, follow), flags, mode)

    def stat(self, path: str, base: Base, *, follow: bool = True) -> os.stat_result:
        return paths.found(self._ready("stat", path, base, "always" if follow else "slash")).status()

    def access(self, path: str, base: Base, mode: int, *, follow: bool = True) -> bool:
        return paths.access(self._ready("stat", path, base, "always" if follow else "slash"), mode)

    def listing(self, path: str, base: Base) -> list[Listed]:
        folder = paths.folder(self._ready("list", path, base, "always"))
        notify.tell_entry(folder.entry, folder, "open")
        found = listed(folder)
        notify.tell_entry(folder.entry, folder, "close_nowrite")
        return found

    def mkdir(self, path: str, base: Base, mode: int = 0o777) -> None:
        paths.mkdir(self._ready("mkdir", path, base, "never"), mode)

    def rmdir(self, path: str, base: Base) -> None:
        paths.rmdir(self._ready("rmdir", path, base, "never"))

    def unlink(self, path: str, base: Base) -> None:
        paths.unlink(self._ready("unlink", path, base, "never"))

    def rename(self, path: str, base: Base, to: str, to_base: Base) -> None:
        paths.rename(*self._ready_pair("rename", (path, base, "never"), (to, to_base, "never")))

    def link(self, path: str, base: Base, to: str, to_base: Base, *, follow: bool = False) -> None:
        first: Follow = "always" if follow else "slash"
        paths.link(*self._ready_pair("link", (path, base, first), (to, to_base, "never")))

    def symlink(self, target: str, path: str, base: Base) -> None:
        paths.check_target(target)
        paths.symlink(target, self._ready("symlink", path, base, "never"))

    def readlink(self, path: str, base: Base) -> str:
        return paths.readlink(self._ready("readlink", path, base, "slash"))

    def chmod(self, path: str, base: Base, mode: int, *, follow: bool = True) -> None:
        place = self._ready("chmod", path, base, "always" if follow else "slash")
        attributes.chmod(paths.found(place), mode, place.entry, place.text)

    def chown(self, path: str, base: Base, uid: int, gid: int, *, follow: bool = True) -> None:
        place = self._ready("chmod", path, base, "always" if follow else "slash")
        attributes.chown(paths.found(place), uid, gid, place.entry, place.text)

    def utime(self, path: str, base: Base, times_ns: tuple[int, int] | None, *, follow: bool = True) -> None:
        place = self._ready("utime", path, base, "always" if follow else "slash")
        attributes.utime(paths.found(place), times_ns, place.entry, place.text)

    def truncate(self, path: str, base: Base, size: int) -> None:
        if size < 0:
            raise failure(EINVAL)
        paths.truncate(self._ready("truncate", path, base, "always", size), size)

    def folder(self, path: str, base: Base) -> OpenDirectory:
        """A folder to start relative paths from: what `chdir` keeps. It is not open, and need not be closed."""
        place = self._ready("stat", path, base, "always")
        return OpenDirectory(paths.folder(place), place.text, os.O_DIRECTORY, counted=False)

    def statvfs(self, path: str, base: Base) -> os.statvfs_result:
        place = self._ready("stat", path, base, "always")
        paths.found(place)
        return room(place.disk)

    def sync(self) -> None:
        """Make everything on every disk durable."""
        for disk in self.disks().values():
            disk.sync_all()

    def watch(
        self, changes: notify.Inotify, path: str, base: Base = "/", *, mask: Iterable[str] = notify.DEFAULT_MASK
    ) -> int:
        """Watch what is at a path; the number under which its notices come."""
        return changes.add(paths.found(self.place(path, base)), mask)


def room(disk: Disk) -> os.statvfs_result:
    """What `statvfs` says of a disk."""
    settings = disk.settings
    blocks, free = settings.capacity_bytes // settings.block_bytes, disk.blocks_free
    inodes_free = settings.inodes_max - len(disk.inodes)
    numbers = (settings.block_bytes, settings.block_bytes, blocks, free, free)
    return os.statvfs_result((*numbers, settings.inodes_max, inodes_free, inodes_free, 4096, settings.name_bytes_max))


def _refuse(verdict: Verdict) -> None:
    """Names are changed whole or not at all: a verdict that cuts short can only fail here."""
    if verdict.errno:
        raise failure(verdict.errno)
