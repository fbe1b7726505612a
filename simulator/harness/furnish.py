"""Furnish: a host gets its disks, filled from the machine where wanted, and sight of some of the machine's folders."""

import os
from collections.abc import Iterable, Sequence
from posixpath import dirname, normpath
from typing import Final

from simulator.errors import Misuse
from simulator.world.host import Host

COPIED_BYTES_MAX: Final = 1 << 30
"""A mount is filled by copying: more than this belongs into a scenario that makes it up."""

COPIED_FILES_MAX: Final = 100_000


def must_be_mountable(mounts: Iterable[tuple[str, str]]) -> None:
    """Refuse what could not be mounted, before anything runs."""
    for path, source in mounts:
        if not path.startswith("/"):
            raise Misuse(f"a mount point is an absolute path, not {path!r}")
        if source and not os.path.isdir(source):
            raise Misuse(f"cannot mount {source} at {path}: it is not a folder")


def furnish(host: Host, *, mounts: Iterable[tuple[str, str]], visible: Sequence[str]) -> None:
    """Mount a disk at each place (with a folder's content), and let folders of the machine show through them."""
    for path, source in mounts:
        host.mount(path)
        if source:
            _fill(host, path, source)
    for path in visible:
        _expose(host, path)


def make_folders(host: Host, path: str) -> None:
    """What `mkdir -p` does, on the host's disks only."""
    missing = []
    path = normpath(path)
    while path not in host.files.points and _hidden(host, path):
        missing.append(path)
        path = dirname(path)
    for folder in reversed(missing):
        try:
            host.files.mkdir(folder, "/", 0o755)
        except FileExistsError:
            continue


def _expose(host: Host, path: str) -> None:
    """Show a folder that a mount would hide; one that is a mount point itself was mounted on purpose."""
    files = host.files
    if path not in files.points and _hidden(host, path):
        files.expose(path)


def _hidden(host: Host, path: str) -> bool:
    """Whether a disk lies over a path of the machine."""
    points = [point for point in host.files.points if f"{path}/".startswith(f"{point.rstrip('/')}/")]
    return bool(points) and host.files.points[max(points, key=len)] is not None


def _fill(host: Host, path: str, source: str) -> None:
    """Copy a folder of the machine, in an order that does not depend on its disk."""
    copied, files = 0, 0
    for folder, folders, names in os.walk(source):
        folders.sort()
        target = normpath(f"{path}/{os.path.relpath(folder, source)}")
        make_folders(host, target)
        for name in sorted(names):
            body = _read(os.path.join(folder, name), COPIED_BYTES_MAX - copied + 1)
            copied, files = copied + len(body), files + 1
            if copied > COPIED_BYTES_MAX or files > COPIED_FILES_MAX:
                most = f"{COPIED_BYTES_MAX:,} bytes in {COPIED_FILES_MAX:,} files"
                raise Misuse(f"{source} holds more than is copied to {path}: {most}")
            _write(host, f"{target}/{name}", body)
    host.files.sync()


def _read(path: str, bytes_max: int) -> bytes:
    try:
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as file:
            return file.read(bytes_max)
    except OSError as error:
        raise Misuse(f"cannot read {path} to fill a mount: {error.strerror}") from None


def _write(host: Host, path: str, body: bytes) -> None:
    file = host.files.open(path, "/", os.O_WRONLY | os.O_CREAT, 0o644)
    file.write(body)
    file.close()
