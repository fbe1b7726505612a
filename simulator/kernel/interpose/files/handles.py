"""Doors of `os` that take a descriptor number: files, pipes and sockets alike.

A number that the process's table does not know is the machine's: it is passed on, for this interpreter may well have
such a file open for reading (a module's data, say).
"""

import os
from errno import EBADF, EINVAL, ESPIPE
from typing import Any, Final

from simulator.kernel.descriptors import Description
from simulator.kernel.interpose.files import paths
from simulator.kernel.interpose.files.view import description, failure, process, real, table

_TRANSFER_MAX: Final = 0x7FFFF000  # What one read, write or sendfile moves at most on Linux.


def close(fd: int) -> None:
    if description(fd) is None:
        real(os.close)(fd)
    else:
        table().close(fd)


def closerange(fd_low: int, fd_high: int, /) -> None:
    """Close what the process has in a range; the files of the interpreter are not its to close."""
    for number, _ in table():
        if fd_low <= number < fd_high:
            try:
                table().close(number)
            except OSError:
                continue


def read(fd: int, length: int, /) -> bytes:
    found = description(fd)
    if found is None:
        return real(os.read)(fd, length)  # type: ignore[no-any-return]
    if length < 0:
        raise failure(EINVAL)
    return found.read(min(length, _TRANSFER_MAX))


def write(fd: int, data: Any, /) -> int:
    found = description(fd)
    if found is None:
        raise failure(EBADF)
    return found.write(_bytes(data))


def pread(fd: int, length: int, offset: int, /) -> bytes:
    found = description(fd)
    if found is None:
        return real(os.pread)(fd, length, offset)  # type: ignore[no-any-return]
    if length < 0:
        raise failure(EINVAL)
    return found.pread(min(length, _TRANSFER_MAX), offset)


def pwrite(fd: int, buffer: Any, offset: int, /) -> int:
    return _known(fd).pwrite(_bytes(buffer), offset)


def readv(fd: int, buffers: Any, /) -> int:
    return _scatter(_known(fd).read(_room(buffers)), buffers)


def preadv(fd: int, buffers: Any, offset: int, flags: int = 0, /) -> int:
    return _scatter(_known(fd).pread(_room(buffers), offset), buffers)


def writev(fd: int, buffers: Any, /) -> int:
    return _known(fd).write(b"".join(_bytes(buffer) for buffer in buffers))


def pwritev(fd: int, buffers: Any, offset: int, flags: int = 0, /) -> int:
    return _known(fd).pwrite(b"".join(_bytes(buffer) for buffer in buffers), offset)


def lseek(fd: int, position: int, whence: int, /) -> int:
    found = description(fd)
    if found is None:
        return real(os.lseek)(fd, position, whence)  # type: ignore[no-any-return]
    return found.seek(position, whence)


def ftruncate(fd: int, length: int, /) -> None:
    _known(fd).truncate(length)


def fsync(fd: Any) -> None:
    _known(_number(fd)).sync()


def fdatasync(fd: Any) -> None:
    _known(_number(fd)).sync(data_only=True)


def sync() -> None:
    process().host.files.sync()


def posix_fallocate(fd: int, offset: int, length: int, /) -> None:
    _known(fd).allocate(offset, length)


def posix_fadvise(fd: int, offset: int, length: int, advice: int, /) -> None:
    """Advice is free to be ignored; a wrong descriptor is not."""
    if _known(fd).kind == "pipe":
        raise failure(ESPIPE)


def dup(fd: int, /) -> int:
    return table().add(_known(fd))


def dup2(fd: int, fd2: int, inheritable: bool = True) -> int:
    if fd2 < 0:
        raise failure(EBADF)
    table().place(fd2, _known(fd), inheritable=inheritable)
    return fd2


def isatty(fd: int, /) -> bool:
    """Nothing of a simulated process is a terminal: what it prints is recorded."""
    return False


def get_blocking(fd: int, /) -> bool:
    return not _known(fd).nonblocking


def set_blocking(fd: int, blocking: bool, /) -> None:
    _known(fd).nonblocking = not blocking


def get_inheritable(fd: int, /) -> bool:
    return table().inheritable(fd)


def set_inheritable(fd: int, inheritable: int, /) -> None:
    table().set_inheritable(fd, bool(inheritable))


def device_encoding(fd: int) -> None:
    """What is no terminal has no encoding of its own."""


def fstatvfs(fd: int, /) -> os.statvfs_result:
    return paths.statvfs(_known(fd).name)


def sendfile(
    out_fd: int, in_fd: int, offset: int | None, count: int, headers: Any = (), trailers: Any = (), flags: int = 0
) -> int:
    """Move bytes from a file to a file or a socket without the program seeing them."""
    target, count = _known(out_fd), min(count, _TRANSFER_MAX)
    source = description(in_fd)
    if source is not None and source.copies and target.copies:
        return source.copy_to(target, count, offset, None)
    size = min(count, 1 << 20)  # What is read must be taken, so no more is read than a pipe or socket may take.
    if source is None:
        data = real(os.read)(in_fd, size) if offset is None else real(os.pread)(in_fd, size, offset)
    else:
        data = source.read(size) if offset is None else source.pread(size, offset)
    return target.write(data) if data else 0


def copy_file_range(
    src: int, dst: int, count: int, offset_src: int | None = None, offset_dst: int | None = None
) -> int:
    if count < 0:
        raise ValueError("negative value for 'count' not allowed")
    source, target = _known(src), _known(dst)
    if not source.copies or not target.copies:
        raise failure(EINVAL)
    return source.copy_to(target, min(count, _TRANSFER_MAX), offset_src, offset_dst)


def _known(fd: int) -> Description:
    """A description of this process; what only the machine has open cannot be written, synced or kept."""
    found = description(fd)
    if found is None:
        raise failure(EBADF)
    return found


def _number(fd: Any) -> int:
    """A number, or that of a file object, as `os.fsync` takes either."""
    return fd if isinstance(fd, int) else int(fd.fileno())


def _bytes(data: Any) -> bytes:
    """What is to be written; `bytes` are not copied."""
    if type(data) is bytes:
        return data if len(data) <= _TRANSFER_MAX else data[:_TRANSFER_MAX]
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    return memoryview(data).cast("B")[:_TRANSFER_MAX].tobytes()


def _room(buffers: Any) -> int:
    return sum(memoryview(buffer).nbytes for buffer in buffers)


def _scatter(data: bytes, buffers: Any) -> int:
    taken = 0
    for buffer in buffers:
        view = memoryview(buffer).cast("B")
        part = data[taken : taken + len(view)]
        view[: len(part)] = part
        taken += len(part)
    return taken
