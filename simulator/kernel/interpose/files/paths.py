"""Doors of `os` that take paths: looked up in the host's mounts; outside them the machine is read, and not changed."""

import os
import stat as stat_bits
import sys
from errno import ENOTSUP
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.descriptors import Description
from simulator.kernel.interpose.files import real_machine
from simulator.kernel.interpose.files.view import (
    Away,
    ask,
    base_of,
    description,
    failure,
    files,
    like,
    name_of,
    named,
    process,
    real,
    text_of,
    umask,
    working_folder,
)

_OR_INT: Final = " or integer"
_UTIME_NAMES: Final = sys.version_info >= (3, 13)  # Before, its errors name no file.


def stat(path: Any, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
    if isinstance(path, int):
        return _fstat(path, name=path)
    return _stat(name_of(path, "stat", _OR_INT), dir_fd, follow=follow_symlinks)


def lstat(path: Any, *, dir_fd: int | None = None) -> os.stat_result:
    return _stat(name_of(path, "lstat"), dir_fd, follow=False)


def _stat(name: Any, dir_fd: int | None, *, follow: bool) -> os.stat_result:
    view, text = files(), text_of(name)
    if text[:1] == "/" and view.is_outside(text):  # Imports come by here thousands of times.
        return real_machine.stat_at(text, name, follow=follow)
    found = ask(view.stat, text, base_of(dir_fd, name), follow=follow, names=(name,))
    return real_machine.stat_at(found.text, name, follow=follow) if isinstance(found, Away) else found


def fstat(fd: int) -> os.stat_result:
    return _fstat(fd)


def _fstat(number: int, name: object = None) -> os.stat_result:
    found = description(number)
    if found is not None:
        return ask(found.stat, names=(name,))  # type: ignore[return-value]  # Descriptions are never away.
    return _real(os.fstat, number, name=name)  # type: ignore[no-any-return]


def access(
    path: Any, mode: int, *, dir_fd: int | None = None, effective_ids: bool = False, follow_symlinks: bool = True
) -> bool:
    name = name_of(path, "access")
    try:
        found = ask(files().access, text_of(name), base_of(dir_fd, name), mode, follow=follow_symlinks)
    except OSError:
        return False
    return real_machine.access_at(found.text, mode, follow=follow_symlinks) if isinstance(found, Away) else found


def mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
    name = name_of(path, "mkdir")
    found = ask(files().mkdir, text_of(name), base_of(dir_fd, name), mode & ~umask(), names=(name,))
    if isinstance(found, Away):
        raise real_machine.refused("os.mkdir", found.text, name, exists_is_error=True)


def rmdir(path: Any, *, dir_fd: int | None = None) -> None:
    name = name_of(path, "rmdir")
    found = ask(files().rmdir, text_of(name), base_of(dir_fd, name), names=(name,))
    if isinstance(found, Away):
        raise real_machine.refused("os.rmdir", found.text, name)


def unlink(path: Any, *, dir_fd: int | None = None) -> None:
    _unlink("unlink", path, dir_fd)


def remove(path: Any, *, dir_fd: int | None = None) -> None:
    _unlink("remove", path, dir_fd)


def _unlink(door: str, path: Any, dir_fd: int | None) -> None:
    name = name_of(path, door)
    found = ask(files().unlink, text_of(name), base_of(dir_fd, name), names=(name,))
    if isinstance(found, Away):
        raise real_machine.refused(f"os.{door}", found.text, name)


def rename(src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
    _rename("rename", src, dst, src_dir_fd, dst_dir_fd)


def replace(src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
    _rename("replace", src, dst, src_dir_fd, dst_dir_fd)


def _rename(door: str, src: Any, dst: Any, src_dir_fd: int | None, dst_dir_fd: int | None) -> None:
    name, name_to = name_of(src, door, argument="src"), name_of(dst, door, argument="dst")
    base, base_to = base_of(src_dir_fd, name), base_of(dst_dir_fd, name)
    found = ask(files().rename, text_of(name), base, text_of(name_to), base_to, names=(name, name_to))
    if isinstance(found, Away):
        raise real_machine.refused(f"os.{door}", found.text, name)


def link(
    src: Any,
    dst: Any,
    *,
    src_dir_fd: int | None = None,
    dst_dir_fd: int | None = None,
    follow_symlinks: bool = True,
) -> None:
    """Python's default says it follows links; without a `dir_fd` it calls `link(2)`, which on Linux does not."""
    name, name_to = name_of(src, "link", argument="src"), name_of(dst, "link", argument="dst")
    base, base_to = base_of(src_dir_fd, name), base_of(dst_dir_fd, name)
    follow = follow_symlinks and (src_dir_fd is not None or dst_dir_fd is not None)
    names = (name, name_to)
    found = ask(files().link, text_of(name), base, text_of(name_to), base_to, follow=follow, names=names)
    if isinstance(found, Away):
        raise real_machine.refused("os.link", found.text_to or found.text, name_to)


def symlink(src: Any, dst: Any, target_is_directory: bool = False, *, dir_fd: int | None = None) -> None:
    target, name = name_of(src, "symlink", argument="src"), name_of(dst, "symlink", argument="dst")
    found = ask(files().symlink, text_of(target), text_of(name), base_of(dir_fd, name), names=(target, name))
    if isinstance(found, Away):
        raise real_machine.refused("os.symlink", found.text, name)


def readlink(path: Any, *, dir_fd: int | None = None) -> Any:
    name = name_of(path, "readlink")
    found = ask(files().readlink, text_of(name), base_of(dir_fd, name), names=(name,))
    return like(real_machine.readlink_at(found.text, name) if isinstance(found, Away) else found, name)


def chmod(path: Any, mode: int, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> None:
    if isinstance(path, int):
        fchmod(path, mode)
        return
    name = name_of(path, "chmod", _OR_INT)
    text, base = text_of(name), base_of(dir_fd, name)
    if not follow_symlinks and stat_bits.S_ISLNK(_stat(name, dir_fd, follow=False).st_mode):
        raise failure(ENOTSUP, name)
    found = ask(files().chmod, text, base, mode, follow=follow_symlinks, names=(name,))
    if isinstance(found, Away):
        raise real_machine.refused("os.chmod", found.text, name)


def fchmod(fd: int, mode: int) -> None:
    found = description(fd)
    if found is None:
        raise _refused_number("os.fchmod", fd)
    found.chmod(mode)


def chown(path: Any, uid: int, gid: int, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> None:
    if isinstance(path, int):
        fchown(path, uid, gid)
        return
    name = name_of(path, "chown", _OR_INT)
    found = ask(files().chown, text_of(name), base_of(dir_fd, name), uid, gid, follow=follow_symlinks, names=(name,))
    if isinstance(found, Away):
        raise real_machine.refused("os.chown", found.text, name)


def lchown(path: Any, uid: int, gid: int) -> None:
    chown(path, uid, gid, follow_symlinks=False)


def fchown(fd: int, uid: int, gid: int) -> None:
    found = description(fd)
    if found is None:
        raise _refused_number("os.fchown", fd)
    found.chown(uid, gid)


def utime(
    path: Any,
    times: tuple[float, float] | None = None,
    *,
    ns: tuple[int, int] | None = None,
    dir_fd: int | None = None,
    follow_symlinks: bool = True,
) -> None:
    if times is not None and ns is not None:
        raise ValueError("utime: you may specify either 'times' or 'ns' but not both")
    times_ns = ns if times is None else (_nanoseconds(times[0]), _nanoseconds(times[1]))
    if isinstance(path, int):
        opened = description(path)
        if opened is None:
            raise _refused_number("os.utime", path)
        opened.utime(times_ns)
        return
    name = name_of(path, "utime", _OR_INT)
    found = ask(
        files().utime,
        text_of(name),
        base_of(dir_fd, name),
        times_ns,
        follow=follow_symlinks,
        names=(name,) if _UTIME_NAMES else (),
    )
    if isinstance(found, Away):
        raise real_machine.refused("os.utime", found.text, name)


def truncate(path: Any, length: int) -> None:
    if isinstance(path, int):
        opened = description(path)
        if opened is None:
            raise _refused_number("os.truncate", path)
        opened.truncate(length)
        return
    name = name_of(path, "truncate", _OR_INT)
    found = ask(files().truncate, text_of(name), base_of(None), length, names=(name,))
    if isinstance(found, Away):
        raise real_machine.refused("os.truncate", found.text, name)


def statvfs(path: Any) -> os.statvfs_result:
    if isinstance(path, int):
        opened = description(path)
        if opened is None:
            return _real(os.statvfs, path)  # type: ignore[no-any-return]
        path = opened.name
    name = name_of(path, "statvfs", _OR_INT)
    found = ask(files().statvfs, text_of(name), base_of(None), names=(name,))
    return real_machine.statvfs_at(found.text, name) if isinstance(found, Away) else found


# --- the working directory ------------------------------------------------------------------------------


def getcwd() -> str:
    owner = process()
    base = working_folder(owner)
    found = ask(files().folder, base, "/") if isinstance(base, str) else base
    if not isinstance(found, Away):
        owner.cwd = found.where()
    return owner.cwd


def getcwdb() -> bytes:
    return getcwd().encode("utf-8", "surrogateescape")


def chdir(path: Any) -> None:
    if isinstance(path, int):
        fchdir(path)
        return
    name = name_of(path, "chdir", _OR_INT)
    _go(ask(files().folder, text_of(name), base_of(None), names=(name,)), name)


def fchdir(fd: int) -> None:
    base = base_of(fd)
    _go(Away(base) if isinstance(base, str) else ask(files().folder, ".", base), None)


def _go(found: Description | Away, name: object) -> None:
    """Make a folder the working directory."""
    owner = process()
    if isinstance(found, Away):
        real_machine.check_folder(found.text, name)
        owner.shelf.pop("working_folder", None)
        owner.cwd = found.text
    else:
        owner.shelf["working_folder"], owner.cwd = found, found.where()


def umask_(mask: int) -> int:
    before = umask()
    process().shelf["umask"] = mask & 0o777
    return before


# --- what is not there ----------------------------------------------------------------------------------


def no_attributes(path: Any = ".", *args: Any, **options: Any) -> Any:
    """Extended attributes: a file system may do without them, and says ENOTSUP; a missing file is told first."""
    stat(path, follow_symlinks=options.get("follow_symlinks", True))
    raise failure(ENOTSUP, path if isinstance(path, int) else name_of(path, "xattr"))


def mkfifo(path: Any, mode: int = 0o666, *, dir_fd: int | None = None) -> None:
    raise Unsupported("os.mkfifo", "files on simulated disks are regular files, folders and links")


def mknod(path: Any, mode: int = 0o600, device: int = 0, *, dir_fd: int | None = None) -> None:
    if stat_bits.S_IFMT(mode) not in {0, stat_bits.S_IFREG}:
        raise Unsupported("os.mknod", "files on simulated disks are regular files, folders and links")
    name = name_of(path, "mknod")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    found = ask(files().open, text_of(name), base_of(dir_fd, name), flags, mode & ~umask(), names=(name,))
    if isinstance(found, Away):
        raise real_machine.refused("os.mknod", found.text, name, exists_is_error=True)
    found.close()


def _nanoseconds(seconds: float) -> int:
    if isinstance(seconds, int):
        return seconds * 10**9
    whole, rest = divmod(seconds, 1)
    return int(whole) * 10**9 + int(rest * 1e9)


def _refused_number(door: str, number: int) -> OSError:
    """A number that only the machine knows, if anyone."""
    base = base_of(number)
    assert isinstance(base, str)
    return real_machine.refused(door, base, number)


def _real(builtin: Any, *args: Any, name: object = None) -> Any:
    try:
        return real(builtin)(*args)
    except OSError as error:
        raise named(error, name)  # noqa: B904 - it is the same error.
