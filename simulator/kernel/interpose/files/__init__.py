"""Files: every call of Python that reaches a disk reaches the mounts of the current process's host.

| module | what it stands before |
|---|---|
| `view` | nothing: whose files, which path, relative to what |
| `paths` | `os.stat`, `os.mkdir`, `os.rename` ... |
| `handles` | `os.read`, `os.write`, `os.dup`, `os.fsync` ... of any descriptor |
| `listing` | `os.listdir`, `os.scandir` |
| `numbers` | `os.open` |
| `opening` | the builtin `open`, `io.open_code` |
| `raw` | `FileIO` over a simulated descriptor |
| `locks` | `fcntl.flock`, `fcntl.lockf`, `fcntl.fcntl` |
| `real_machine` | nothing: what lies outside the mounts is read, and never written |
| `refused` | what is not simulated, by name |

Doors are put into the C builtins themselves, so `pathlib`, `shutil`, `tempfile`, `glob` and whoever imported a function
early are all led here. Outside a simulated process each is the function it was.
"""

import io
import os
from collections.abc import Callable
from typing import Any, Final

from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.files import handles, listing, locks, numbers, opening, paths, refused

DOORS: Final[dict[str, Callable[..., Any]]] = {
    "open": numbers.os_open,
    "listdir": listing.listdir,
    "scandir": listing.scandir,
    "umask": paths.umask_,
    "getxattr": paths.no_attributes,
    "listxattr": paths.no_attributes,
    "removexattr": paths.no_attributes,
    "setxattr": paths.no_attributes,
    **{
        name: getattr(paths, name)
        for name in (
            "access", "chdir", "chmod", "chown", "fchdir", "fchmod", "fchown", "fstat", "getcwd", "getcwdb", "lchown",
            "link", "lstat", "mkdir", "mkfifo", "mknod", "readlink", "remove", "rename", "replace", "rmdir", "stat",
            "statvfs", "symlink", "truncate", "unlink", "utime",
        )
    },
    **{
        name: getattr(handles, name)
        for name in (
            "close", "closerange", "copy_file_range", "device_encoding", "dup", "dup2", "fdatasync", "fstatvfs",
            "fsync", "ftruncate", "get_blocking", "get_inheritable", "isatty", "lseek", "posix_fadvise",
            "posix_fallocate", "pread", "preadv", "pwrite", "pwritev", "read", "readv", "sendfile", "set_blocking",
            "set_inheritable", "sync", "write", "writev",
        )
    },
}  # fmt: skip
"""The functions of `os` that are simulated here."""


def install() -> None:
    """Put the doors in their places."""
    for name, simulated in DOORS.items():
        redirect.inside(getattr(os, name), simulated)
    redirect.inside(io.open, opening.open)
    redirect.inside(io.open_code, opening.open_code)
    locks.install()
    refused.install()
