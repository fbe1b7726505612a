"""`os.listdir` and `os.scandir`: folders of a mount in the order of their disk, those of the machine sorted."""

import os
import stat as bits
import warnings
from collections.abc import Iterator
from types import GenericAlias, TracebackType
from typing import Any

from simulator.kernel.interpose.files import paths, real_machine
from simulator.kernel.interpose.files.view import (
    Away,
    ask,
    base_of,
    description,
    files,
    like,
    name_of,
    real_folder,
    text_of,
)
from simulator.kernel.ports import Listed


def listdir(path: Any = None) -> list[Any]:
    listed, name = _listed(path, "listdir")
    return [like(entry.name, name) for entry in listed]


def scandir(path: Any = None) -> "ScandirIterator":
    listed, name = _listed(path, "scandir")
    return ScandirIterator([DirEntry(entry, name) for entry in listed])


def _listed(path: Any, function: str) -> tuple[list[Listed], Any]:
    """The names in a folder, and how the caller named it."""
    if isinstance(path, int):
        opened = description(path)
        if opened is None:
            return real_machine.listing_at(real_folder(path, None), path), path
        return opened.listing(), path
    name = "." if path is None else name_of(path, function, ", integer or None")
    found = ask(files().listing, text_of(name), base_of(None), names=(name,))
    return real_machine.listing_at(found.text, name) if isinstance(found, Away) else found, name


class DirEntry:
    """What `scandir` yields; knows its kind without asking, and remembers what it has asked for."""

    __slots__ = ("_listed", "_lstat", "_stat", "_top", "name", "path")

    def __init__(self, listed: Listed, top: Any) -> None:
        self._listed, self._top = listed, top
        self._stat: os.stat_result | None = None
        self._lstat: os.stat_result | None = None
        self.name = like(listed.name, top)
        """The name alone."""
        self.path = self.name if isinstance(top, int) else os.path.join(top, self.name)
        """The name after the path that was given to `scandir`."""

    __class_getitem__: Any = classmethod(GenericAlias)

    # `isinstance(entry, os.DirEntry)` must hold, and the real type can be neither made nor inherited from.
    __class__: Any = property(lambda self: os.DirEntry)

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def __fspath__(self) -> Any:
        return self.path

    def inode(self) -> int:
        return self._listed.inode

    def is_symlink(self) -> bool:
        return bits.S_ISLNK(self._listed.mode)

    def is_junction(self) -> bool:
        """Junctions are for Windows."""
        return False

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return bits.S_ISDIR(self._mode(follow=follow_symlinks))

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return bits.S_ISREG(self._mode(follow=follow_symlinks))

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        if follow_symlinks and self.is_symlink():
            if self._stat is None:
                self._stat = self._ask(follow=True)
            return self._stat
        if self._lstat is None:
            self._lstat = self._ask(follow=False)
        return self._lstat

    def _mode(self, *, follow: bool) -> int:
        if not (follow and self.is_symlink()):
            return self._listed.mode
        try:
            return self.stat().st_mode
        except FileNotFoundError:
            return 0

    def _ask(self, *, follow: bool) -> os.stat_result:
        if isinstance(self._top, int):
            return paths.stat(self.name, dir_fd=self._top, follow_symlinks=follow)
        return paths.stat(self.path, follow_symlinks=follow)


class ScandirIterator:
    """An open listing: iterated once, and closed by its end, by `close` or by `with`."""

    def __init__(self, entries: list[DirEntry]) -> None:
        self._entries: Iterator[DirEntry] | None = iter(entries)

    def __iter__(self) -> "ScandirIterator":
        return self

    def __next__(self) -> DirEntry:
        if self._entries is None:
            raise StopIteration
        entry = next(self._entries, None)
        if entry is None:
            self._entries = None
            raise StopIteration
        return entry

    def close(self) -> None:
        self._entries = None

    def __enter__(self) -> "ScandirIterator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self._entries is not None:
            warnings.warn(f"unclosed scandir iterator {self!r}", ResourceWarning, source=self, stacklevel=1)
