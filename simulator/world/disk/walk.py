"""Walking a path: from a text to a name in a folder of a disk, or to the news that it lies outside every mount.

Rules, as Linux has them.
1. A path is a list of names; each but the last must lead to a folder, through symbolic links, 40 of them at most.
2. Where the text so far names a mount point, the walk goes on in the root of what is mounted there.
3. `..` goes to the folder that holds this one, whatever path led here; from a disk's root, out of the mount.
4. An absolute link starts again at the host's root, not at the machine's.
5. A slash at the end demands a folder, and follows a link that comes last.
6. A folder of the machine that shows under a mount is found by its whole path, and listed nowhere on the way.
7. Outside the mounts nothing is looked up: names are joined as text, for the real machine (or a refusal) to judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from errno import ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR
from typing import Final, Literal

from simulator.world.disk.disk import Disk
from simulator.world.disk.failing import failure
from simulator.world.disk.inode import Directory, Entry, Inode, Symlink

LINKS_MAX: Final = 40  # MAXSYMLINKS
_PATH_BYTES_MAX: Final = 4096  # PATH_MAX, the closing zero included.

Follow = Literal["always", "slash", "never"]
Last = Literal["name", "dot", "dotdot", "root"]


@dataclass(slots=True)
class Place:
    """Where a path leads on a disk: a name in a folder, and what is there, if anything."""

    text: str  # The path from the host's root.
    directory: Directory
    name: str
    inode: Inode | None
    entry: Entry | None = None
    slash: bool = False  # The path ended in a slash.
    last: Last = "name"

    @property
    def disk(self) -> Disk:
        return self.directory.disk


@dataclass(slots=True)
class Outside:
    """A path that lies outside every mount."""

    text: str


@dataclass(slots=True)
class _Position:
    text: str
    directory: Directory | None  # None outside every mount.


class Walker:
    """Walks paths in one host's view; `points` maps mount points to disks, or to None where the machine shows."""

    def __init__(self, points: Mapping[str, Disk | None]) -> None:
        self._points = points

    def walk(self, path: str, start: "str | tuple[str, Directory]", follow: Follow) -> Place | Outside:
        """Resolve a path; relative ones from a folder, given as text or as itself."""
        _check_length(path)
        position = self._start(path, start)
        names = [name for name in path.split("/") if name]
        names.reverse()
        slash = path.endswith("/")
        place = self._there(position, slash)
        links = 0
        while names:
            name = names.pop()
            last = not names
            directory = position.directory
            if directory is None:
                position = self._step_outside(position.text, name)
                place = self._there(position, slash)
                continue
            if name == "." or name == "..":
                if name == "..":
                    position = self._up(position)
                place = self._there(position, slash, "dot" if name == "." else "dotdot")
                continue
            text = f"{position.text}/{name}" if position.text != "/" else "/" + name
            if text in self._points:
                position = self._enter(text)
                place = self._there(position, slash)
                continue
            if len(name) > 63 and not (last and follow == "never"):
                check_name(name, directory.disk)
            entry = directory.entries.get(name)
            if entry is None:
                shown = self._shown_below(text, names)
                if shown:
                    position = self._enter(shown)
                    del names[-(shown.count("/") - text.count("/")) :]
                    place = self._there(position, slash)
                    continue
                if not last:
                    raise failure(ENOENT)
                return Place(text, directory, name, None, None, slash)
            inode = entry.inode
            if isinstance(inode, Directory):
                place = Place(text, directory, name, inode, entry, slash)
                position = _Position(text, inode)
            elif isinstance(inode, Symlink) and (not last or follow == "always" or (follow == "slash" and slash)):
                links += 1
                if links > LINKS_MAX:
                    raise failure(ELOOP)
                if last and inode.target.endswith("/"):
                    slash = True
                names.extend(reversed([name for name in inode.target.split("/") if name]))
                inode.disk.read_by_someone(inode)
                if inode.target.startswith("/"):
                    position = self._enter("/")
                place = self._there(position, slash)
            elif last:
                return Place(text, directory, name, inode, entry, slash)
            else:
                raise failure(ENOTDIR)
        return place

    def _start(self, path: str, start: "str | tuple[str, Directory]") -> _Position:
        if path.startswith("/"):
            return self._enter("/")
        if isinstance(start, str):
            found = self.walk(start, "/", "always")
            if isinstance(found, Outside):
                return _Position(found.text, None)
            if not isinstance(found.inode, Directory):
                raise failure(ENOENT if found.inode is None else ENOTDIR)
            return _Position(found.text, found.inode)
        if start[1].freed or (start[1].nlink == 0):
            raise failure(ENOENT)
        return _Position(*start)

    def _enter(self, text: str) -> _Position:
        """Stand at a path that is no name on a disk: a mount point, or somewhere outside."""
        disk = self._points.get(text)
        return _Position(text, disk.root if disk is not None else None)

    def _shown_below(self, text: str, names: list[str]) -> str:
        """The folder of the machine that shows further down this way; the way to it has no names on the disk."""
        for point, disk in self._points.items():
            if disk is None and point.startswith(f"{text}/"):
                way = point[len(text) + 1 :].split("/")
                if names[-len(way) :] == way[::-1]:
                    return point
        return ""

    def _step_outside(self, text: str, name: str) -> _Position:
        if name == ".":
            return _Position(text, None)
        if name == "..":
            return self._reach(_parent(text))
        return self._enter(f"{text}/{name}" if text != "/" else "/" + name)

    def _up(self, position: _Position) -> _Position:
        directory = position.directory
        assert directory is not None
        if directory.entry is not None and position.text not in self._points:
            return _Position(_parent(position.text), directory.entry.directory)
        return self._reach(_parent(position.text))

    def _reach(self, text: str) -> _Position:
        """Stand at a folder known by its text: above a mount point, which may be another disk's folder."""
        found = self.walk(text, "/", "always") if any(disk is not None for disk in self._points.values()) else None
        if isinstance(found, Place) and isinstance(found.inode, Directory):
            return _Position(found.text, found.inode)
        return _Position(text, None)

    def _there(self, position: _Position, slash: bool, last: Last = "root") -> Place | Outside:
        """A place that is a folder itself and not a name in one."""
        if position.directory is None:
            return Outside(position.text)
        entry = position.directory.entry
        return Place(position.text, position.directory, "", position.directory, entry, slash, last)


def _parent(text: str) -> str:
    return text.rpartition("/")[0] or "/"


def _check_length(path: str) -> None:
    if not path:
        raise failure(ENOENT)
    if "\0" in path:
        raise ValueError("embedded null byte")
    # Only a long text, or one that may be longer in bytes, is worth measuring.
    if 4 * len(path) >= _PATH_BYTES_MAX and len(path.encode("utf-8", "surrogateescape")) >= _PATH_BYTES_MAX:
        raise failure(ENAMETOOLONG)


def check_name(name: str, disk: Disk) -> None:
    """Refuse a name that is longer than names on this disk are; one that nobody looks up yet is checked later."""
    if len(name.encode("utf-8", "surrogateescape")) > disk.settings.name_bytes_max:
        raise failure(ENAMETOOLONG)
