"""What may be done to a name, and with which error it may not: the rules of the path system calls, in Linux's order.

Each function takes places that a walk has found and either does the whole thing or raises and has done nothing.
"""

import os
import stat
from errno import (
    EBUSY,
    EEXIST,
    EINVAL,
    EISDIR,
    ELOOP,
    ENAMETOOLONG,
    ENOENT,
    ENOTDIR,
    ENOTEMPTY,
    EPERM,
    EXDEV,
)
from typing import Final

from simulator.world.disk import contents, naming
from simulator.world.disk.disk import printable
from simulator.world.disk.failing import failure
from simulator.world.disk.inode import Directory, Entry, File, Inode, Symlink
from simulator.world.disk.openfile import OpenDirectory, OpenFile
from simulator.world.disk.walk import Place, check_name

_TMPFILE: Final = os.O_TMPFILE & ~os.O_DIRECTORY


def found(place: Place) -> Inode:
    """What is there; a slash at the end demands a folder."""
    if place.inode is None:
        raise failure(ENOENT)
    if place.slash and not isinstance(place.inode, Directory):
        raise failure(ENOTDIR)
    return place.inode


def folder(place: Place) -> Directory:
    inode = found(place)
    if not isinstance(inode, Directory):
        raise failure(ENOTDIR)
    return inode


def check_flags(flags: int) -> None:
    """Refuse what `open` refuses before it looks at the path."""
    if flags & os.O_CREAT and flags & os.O_DIRECTORY:
        raise failure(EINVAL)
    if flags & _TMPFILE and (flags & os.O_ACCMODE == os.O_RDONLY or not flags & os.O_DIRECTORY):
        raise failure(EINVAL)


def open_place(place: Place, flags: int, mode: int) -> OpenFile | OpenDirectory:
    """Open what is there, or make a file."""
    writes = flags & os.O_ACCMODE != os.O_RDONLY
    if flags & _TMPFILE:
        return _unnamed(place, flags, mode)
    created = False
    if flags & os.O_CREAT:
        created = _create_for_open(place, flags, mode)
    inode = found(place)
    if isinstance(inode, Directory):
        if writes or flags & os.O_TRUNC:
            raise failure(EISDIR)
        return OpenDirectory(inode, place.text, flags)
    if flags & os.O_DIRECTORY:
        raise failure(ENOTDIR)
    if isinstance(inode, Symlink):
        raise failure(ELOOP)
    assert isinstance(inode, File)
    assert place.entry is not None
    opened = OpenFile(inode, place.entry, place.text, flags)
    if flags & os.O_TRUNC and not created:
        contents.truncate(inode, 0, place.entry)
    place.disk.emit("fs.open", path=printable(place.text), flags=flags, created=created)
    return opened


def _create_for_open(place: Place, flags: int, mode: int) -> bool:
    """Make a file for `open(..., O_CREAT)` if there is none; whether it was made."""
    if place.slash and (place.inode is None or place.last == "name"):
        raise failure(EISDIR)
    if place.inode is None:
        _fits(place)
        file = place.disk.make(File, mode & 0o7777, gid=_group(place.directory))
        place.inode, place.entry = file, naming.attach(place.directory, place.name, file, op="create")
        return True
    if flags & os.O_EXCL:
        raise failure(EEXIST)
    if isinstance(place.inode, Directory):
        raise failure(EISDIR)
    return False


def _unnamed(place: Place, flags: int, mode: int) -> OpenFile:
    """A file that never has a name: O_TMPFILE."""
    directory = folder(place)
    file = directory.disk.make(File, mode & 0o7777)
    entry = Entry(directory, f"#{file.number}", file, gone=True)
    text = f"{place.text}/{entry.name}"
    directory.disk.emit("fs.open", path=printable(text), flags=flags, created=True)
    return OpenFile(file, entry, text, flags)


def mkdir(place: Place, mode: int) -> None:
    if place.last != "name":
        raise failure(EEXIST)
    _look_up(place)
    if place.inode is not None:
        raise failure(EEXIST)
    _fits(place)
    inherited = place.directory.meta.mode & stat.S_ISGID
    made = place.disk.make(Directory, mode & 0o1777 | inherited, gid=_group(place.directory))
    naming.attach(place.directory, place.name, made, op="mkdir")
    place.disk.emit("fs.mkdir", path=printable(place.text), mode=mode)


def rmdir(place: Place) -> None:
    if place.last != "name":
        raise failure({"dot": EINVAL, "dotdot": ENOTEMPTY, "root": EBUSY}[place.last])
    _look_up(place)
    if place.inode is None:
        raise failure(ENOENT)
    if not isinstance(place.inode, Directory):
        raise failure(ENOTDIR)
    if place.inode.entries:
        raise failure(ENOTEMPTY)
    assert place.entry is not None
    naming.detach(place.entry, op="rmdir")
    place.disk.emit("fs.rmdir", path=printable(place.text))


def unlink(place: Place) -> None:
    if place.last != "name":
        raise failure(EISDIR)
    _look_up(place)
    if place.inode is None:
        raise failure(ENOENT)
    if isinstance(place.inode, Directory):
        raise failure(EISDIR)
    if place.slash:
        raise failure(ENOTDIR)
    assert place.entry is not None
    naming.detach(place.entry, op="unlink")
    place.disk.emit("fs.unlink", path=printable(place.text))


def rename(source: Place, target: Place) -> None:
    if source.disk is not target.disk:
        raise failure(EXDEV)
    if source.last != "name" or target.last != "name":
        raise failure(EBUSY)
    inode, replaced = source.inode, target.inode
    _look_up(source)
    if inode is None:
        raise failure(ENOENT)
    _look_up(target)
    if not isinstance(inode, Directory) and (source.slash or target.slash):
        raise failure(ENOTDIR)
    if isinstance(inode, Directory) and _holds(inode, target.directory):
        raise failure(EINVAL)
    if isinstance(replaced, Directory) and _holds(replaced, source.directory):
        raise failure(ENOTEMPTY)
    if inode is replaced:
        return
    if replaced is None:
        _fits(target)
    elif isinstance(inode, Directory) and not isinstance(replaced, Directory):
        raise failure(ENOTDIR)
    elif isinstance(replaced, Directory) and not isinstance(inode, Directory):
        raise failure(EISDIR)
    elif isinstance(replaced, Directory) and replaced.entries:
        raise failure(ENOTEMPTY)
    assert source.entry is not None
    naming.move(source.entry, target.directory, target.name)
    told = {"path": printable(source.text), "to": printable(target.text), "replaced": replaced is not None}
    source.disk.emit("fs.rename", **told)


def link(source: Place, target: Place) -> None:
    inode = found(source)
    if target.last != "name":
        raise failure(EEXIST)
    _look_up(target)
    if target.inode is not None:
        raise failure(EEXIST)
    if target.slash:
        raise failure(ENOENT)
    if source.disk is not target.disk:
        raise failure(EXDEV)
    if isinstance(inode, Directory):
        raise failure(EPERM)
    _fits(target)
    naming.attach(target.directory, target.name, inode, op="link")
    source.disk.emit("fs.link", path=printable(source.text), to=printable(target.text))


def check_target(target: str) -> None:
    """Refuse what no link may point to, before anyone looks where it is to be."""
    if not target:
        raise failure(ENOENT)
    if len(target.encode("utf-8", "surrogateescape")) >= 4096:  # PATH_MAX
        raise failure(ENAMETOOLONG)


def symlink(target: str, place: Place) -> None:
    if place.last != "name":
        raise failure(EEXIST)
    _look_up(place)
    if place.inode is not None:
        raise failure(EEXIST)
    if place.slash:
        raise failure(ENOENT)
    _fits(place)
    pointer = place.disk.make(Symlink, 0o777, gid=_group(place.directory))
    pointer.target = target
    place.disk.take_blocks(place.disk.blocks_of(pointer))
    naming.attach(place.directory, place.name, pointer, op="symlink")
    place.disk.emit("fs.symlink", path=printable(place.text), to=printable(target))


def readlink(place: Place) -> str:
    inode = found(place)
    if not isinstance(inode, Symlink):
        raise failure(EINVAL)
    inode.disk.read_by_someone(inode)
    return inode.target


def access(place: Place, mode: int) -> bool:
    """Every process is root, to whom only executing what nobody may execute is denied."""
    inode = found(place)
    return not mode & os.X_OK or isinstance(inode, Directory) or bool(inode.meta.mode & 0o111)


def truncate(place: Place, size: int) -> None:
    inode = found(place)
    if isinstance(inode, Directory):
        raise failure(EISDIR)
    if not isinstance(inode, File):
        raise failure(EINVAL)
    contents.truncate(inode, size, place.entry)
    place.disk.emit("fs.truncate", path=printable(place.text), size=size)


def _group(directory: Directory) -> int:
    """The group of what is made in a folder: root's, or the folder's own where it asks for that."""
    return directory.meta.gid if directory.meta.mode & stat.S_ISGID else 0


def _holds(directory: Directory, inner: Directory) -> bool:
    """Whether a folder is the other or lies above it."""
    here: Directory | None = inner
    while here is not None:
        if here is directory:
            return True
        here = here.entry.directory if here.entry is not None else None
    return False


def _look_up(place: Place) -> None:
    """Check the last name of a path whose walk ended at the folder before it."""
    if len(place.name) > 63:  # Shorter names fit, whatever their letters.
        check_name(place.name, place.disk)


def _fits(place: Place) -> None:
    """Whether a name can be made there: not in a folder that was removed."""
    if place.directory.nlink == 0:
        raise failure(ENOENT)
