"""Installed programs as files: they lie where the host has them, and in those folders nothing else does.

What the machine of the simulation has in /usr/bin is not installed on a simulated host, so `shutil.which` must
not find it.
"""

import os
import posixpath
import stat
from errno import ENOENT
from typing import Final
from zlib import crc32

from simulator.kernel.descriptors import status
from simulator.kernel.interpose.files.view import failure, process
from simulator.kernel.ports import Listed

FOLDERS: Final = frozenset(f"{above}/{name}" for above in ("", "/usr", "/usr/local") for name in ("bin", "sbin"))
"""Where programs of the system lie; /bin and /sbin are links to their namesakes in /usr."""

_MODE: Final = stat.S_IFREG | 0o755


def holds(text: str) -> bool:
    """Whether a path is that of a program, installed or not."""
    return posixpath.dirname(text) in FOLDERS or process().host.executables.find(text) is not None


def status_of(text: str, name: object) -> os.stat_result:
    """What `os.stat` says of an installed program; not found for every other path that `holds`."""
    found = process().host.executables.find(text)
    if found is None:
        raise failure(ENOENT, name)
    return status(_MODE, crc32(found.path.encode()), 1)


def listing(folder: str) -> list[Listed]:
    """The programs that lie in one of the folders, in the order of their names."""
    paths = sorted(path for path in process().host.executables.paths() if posixpath.dirname(path) == _merged(folder))
    return [Listed(posixpath.basename(path), crc32(path.encode()), _MODE) for path in paths]


def _merged(folder: str) -> str:
    return f"/usr{folder}" if folder in ("/bin", "/sbin") else folder
