"""From a path to a descriptor number: `os.open`, and the opening and closing that `FileIO` does."""

import os
from typing import Any

from simulator.kernel.interpose.files import real_machine
from simulator.kernel.interpose.files.view import Away, ask, base_of, files, name_of, table, text_of, umask
from simulator.kernel.process import Process


def os_open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    return _number(name_of(path, "open"), flags, mode, dir_fd)


def open_number(path: Any, flags: int) -> int:
    """Open for a `FileIO`; its errors name the path as it was given."""
    try:
        return _number(name_of(path, ""), flags, 0o666, None)
    except OSError as error:
        if error.filename is not None:
            error.filename = path
        raise


def close_number(owner: Process, number: int) -> None:
    """Close for a `FileIO`: quietly when the process is over, whose descriptors are closed already."""
    if owner.alive:
        owner.fds.close(number)


def _number(name: Any, flags: int, mode: int, dir_fd: int | None) -> int:
    text, base = text_of(name), base_of(dir_fd, name)
    if real_machine.is_device(text):
        opened = real_machine.open_at(text, name, flags, mode)
    else:
        found = ask(files().open, text, base, flags, mode & ~umask(), names=(name,))
        opened = real_machine.open_at(found.text, name, flags, mode) if isinstance(found, Away) else found
    opened.nonblocking = bool(flags & os.O_NONBLOCK)
    try:
        return table().add(opened)
    except OSError as error:
        opened.close()
        error.filename = name
        raise
