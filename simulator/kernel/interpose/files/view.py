"""What every file door does first: whose files, which path, relative to what, and how an error names it.

Doors are called in a simulated process only. A path argument comes as `str`, `bytes` or something with `__fspath__`;
inside it is text with surrogate escapes, whatever the machine's locale says.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from errno import EBADF, ENOTDIR
from typing import Any, Final, TypeVar

from simulator.kernel.descriptors import Description, DescriptorTable
from simulator.kernel.interpose import redirect
from simulator.kernel.ports import Base, FileSystem, OutsideMounts
from simulator.kernel.process import Process
from simulator.kernel.state import here
from simulator.kernel.threads import refuse_if_gone

Found = TypeVar("Found")
Name = str | bytes
DEFAULT_UMASK: Final = 0o022
AT_FDCWD: Final = -100
_NAMES_WHAT_HAS_A_NULL: Final = sys.version_info >= (3, 13)


@dataclass(slots=True)
class Away:
    """The answer that a path leads outside every mount: to `text`, on the machine."""

    text: str
    text_to: str | None = None


def process() -> Process:
    """The process whose call this is; a cut one gets no further."""
    refuse_if_gone()
    found = here.process
    assert found is not None
    return found


def files() -> FileSystem:
    found: FileSystem = process().host.files
    return found


def table() -> DescriptorTable:
    return process().fds


def real(builtin: Callable[..., Any]) -> Callable[..., Any]:
    """The function behind a door."""
    return redirect.original(builtin)


def name_of(path: Any, function: str, also: str = "", *, argument: str = "path") -> Name:
    """A path argument as `str` or `bytes`, refused as the C code of `function` refuses what is no path."""
    name = path
    if not isinstance(path, str | bytes):
        found = getattr(type(path), "__fspath__", None)
        if found is None:
            kinds = f"string, bytes{',' if also else ' or'} os.PathLike{also}"
            raise TypeError(f"{function}: {argument} should be {kinds}, not {type(path).__name__}")
        name = found(path)
        if not isinstance(name, str | bytes):
            made = type(name).__name__
            raise TypeError(f"expected {type(path).__name__}.__fspath__() to return str or bytes, not {made}")
    if ("\0" in name) if isinstance(name, str) else (b"\0" in name):
        named_function = _NAMES_WHAT_HAS_A_NULL and function
        where = f"{function}: embedded null character in {argument}" if named_function else "embedded null byte"
        raise ValueError(where)
    return name  # type: ignore[no-any-return]  # It was checked on both ways here.


def text_of(name: Name) -> str:
    """The text of a path."""
    if isinstance(name, bytes):
        return name.decode("utf-8", "surrogateescape")
    if not name.isascii():
        name.encode("utf-8", "surrogateescape")  # Raises as `os.fsencode` does.
    return name


def like(text: str, name: object) -> Any:
    """A text as the caller speaks: `bytes` for who gave `bytes`."""
    return text.encode("utf-8", "surrogateescape") if isinstance(name, bytes) else text


def base_of(dir_fd: int | None, name: object = None) -> Base:
    """What a relative path starts from: the working directory, or an open folder."""
    owner = process()
    if dir_fd is None or dir_fd == AT_FDCWD:
        return working_folder(owner)
    description = owner.fds.get(dir_fd)
    if description is None:
        return real_folder(dir_fd, name)
    return description.name if description.kind == "machine folder" else description


def working_folder(owner: Process) -> Base:
    """The working directory: the folder itself where a program has gone to one, whatever its name is by now."""
    folder: Description | None = owner.shelf.get("working_folder")
    return owner.cwd if folder is None else folder


def real_folder(dir_fd: int, name: object) -> str:
    """The path of a folder of the machine that this interpreter has open."""
    try:
        found: str = real(os.readlink)(f"/proc/self/fd/{dir_fd}")
    except OSError:
        raise failure(EBADF, name) from None
    if not found.startswith("/"):
        raise failure(ENOTDIR, name)
    return found


def ask(act: Callable[..., Found], *args: Any, names: tuple[object, ...] = (), **options: Any) -> Found | Away:
    """Do something to files; an error gets the names that the caller used."""
    try:
        return act(*args, **options)
    except OutsideMounts as away:
        return Away(away.text, away.text_to)
    except OSError as error:
        raise named(error, *names)  # noqa: B904 - it is the same error.


def named(error: OSError, name: object = None, name_to: object = None) -> OSError:
    """The same error, naming what the caller named."""
    if name is not None:  # None would be shown.
        error.filename = name
    if name_to is not None:
        error.filename2 = name_to
    return error


def failure(number: int, name: object = None) -> OSError:
    return OSError(number, os.strerror(number)) if name is None else OSError(number, os.strerror(number), name)


def description(number: Any) -> Description | None:
    """What a descriptor number of this process stands for; None for numbers that only the machine knows."""
    if not isinstance(number, int):
        found = getattr(type(number), "__index__", None)
        if found is None:
            raise TypeError(f"'{type(number).__name__}' object cannot be interpreted as an integer")
        number = found(number)
    return table().get(number)


def umask() -> int:
    """The mask of the current process: its own, or the one that its parent had when it first needed one."""
    return _umask(process())


def _umask(owner: Process) -> int:
    if "umask" not in owner.shelf:
        owner.shelf["umask"] = DEFAULT_UMASK if owner.parent is None else _umask(owner.parent)
    found: int = owner.shelf["umask"]
    return found
