"""Folder: which recordings are there, read from the disk, which is the truth.

Links are not followed, neither to folders nor to files: what they lead to is watched nowhere, and may be a recording
that has its own name here as well.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Names:
    """Which files are recordings, by the patterns of their names."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()

    def match(self, path: str) -> bool:
        name = os.path.basename(path)
        return any(fnmatchcase(name, pattern) for pattern in self.include) and not any(
            fnmatchcase(name, pattern) for pattern in self.exclude
        )


@dataclass
class Scan:
    """What was found in folders, and what could not be read."""

    files: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def scan(folders: Iterable[str], names: Names) -> Scan:
    """All recordings in these folders and below, in the order of their names. Blocks: call it in a thread."""
    found = Scan()
    left = sorted(folders, reverse=True)
    while left:
        folder = left.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except NotADirectoryError:
            continue
        except OSError:
            # Gone meanwhile, which is no matter, or not to be read, which is.
            if os.path.lexists(folder):
                found.unreadable.append(folder)
            continue
        for entry in listed:
            try:
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
                elif entry.is_file(follow_symlinks=False) and names.match(entry.name):
                    found.files.append(entry.path)
            except OSError:
                found.unreadable.append(entry.path)
    return found


def whereabouts(folder: str, names: Names, dev: int, ino: int) -> str | None:
    """The path below a folder at which a file is, by its identity. Blocks: call it in a thread."""
    for path in scan((folder,), names).files:
        try:
            found = os.lstat(path)
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (dev, ino):
            return path
    return None


def is_recording(path: str, names: Names) -> bool:
    """Whether a path is a regular file (and no link to one) that the patterns take."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode) and names.match(path)
    except OSError:
        return False
