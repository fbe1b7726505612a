"""`FileIO` over a simulated descriptor: the raw file below every buffered one.

It has the semantics, the attributes and the texts of `_io.FileIO`, down to the repr. The real `io.Buffered*` and
`io.TextIOWrapper` are put on top of it, so buffering, encodings and newlines are Python's own.
"""

import io
import os
import stat as bits
import warnings
from collections.abc import Callable
from errno import EISDIR
from typing import Any, Final

from simulator.kernel.descriptors import Description
from simulator.kernel.interpose.files.numbers import close_number, open_number
from simulator.kernel.interpose.files.view import failure, named, process

_CHUNK_BYTES: Final = 1 << 18
_SMALLEST_BUFFER: Final = 8192  # io.DEFAULT_BUFFER_SIZE


class FileIO(io.RawIOBase):
    """An unbuffered binary file."""

    # `isinstance(raw, io.FileIO)` holds, and dispatch by class finds what is registered for the real one.
    __class__: Any = property(lambda self: io.FileIO)

    def __init__(
        self,
        file: Any,
        mode: str = "r",
        closefd: bool = True,
        opener: Callable[[Any, int], int] | None = None,
    ) -> None:
        self._fd = -1
        self._owner = process()
        self._closefd = closefd
        self._created, self._readable, self._writable, self._appending = _modes(mode)
        flags = self._flags(mode)
        opened_here = not isinstance(file, int)
        if opened_here:
            if not closefd:
                raise ValueError("Cannot use closefd=False with file name")
            self._fd = open_number(file, flags) if opener is None else _by_opener(opener, file, flags)
        else:
            if file < 0:
                raise ValueError("negative file descriptor")
            self._fd = file
        try:
            status = self._description().stat()
            if bits.S_ISDIR(status.st_mode):
                raise failure(EISDIR, file)
            self._blksize = status.st_blksize if status.st_blksize > 1 else _SMALLEST_BUFFER
            self.name = file
            if self._appending:
                self._to_end()
        except OSError as error:
            if opened_here:
                close_number(self._owner, self._fd)
            self._fd = -1
            raise named(error, file)  # noqa: B904 - it is the same error.

    def _flags(self, mode: str) -> int:
        access = os.O_RDWR if self._readable and self._writable else os.O_RDONLY if self._readable else os.O_WRONLY
        how = {"x": os.O_EXCL | os.O_CREAT, "w": os.O_CREAT | os.O_TRUNC, "a": os.O_APPEND | os.O_CREAT}
        return access | os.O_CLOEXEC | next((flags for letter, flags in how.items() if letter in mode), 0)

    def _to_end(self) -> None:
        try:
            self._description().seek(0, os.SEEK_END)
        except OSError:
            return  # A pipe cannot seek, and appends all the same.

    def _description(self) -> Description:
        """What the number stands for now: `os.close` and `dup2` may have been there."""
        if self._fd < 0:
            raise ValueError("I/O operation on closed file")
        return self._owner.fds[self._fd]

    # --- reading and writing ------------------------------------------------------------------------------

    def read(self, size: int | None = -1, /) -> bytes | None:
        self._description()
        self._check_readable()
        if size is None or size < 0:
            return self.readall()
        try:
            return self._description().read(size)
        except BlockingIOError:
            return None

    def readall(self) -> bytes | None:  # type: ignore[override]  # typeshed forgets files that do not block.
        self._description()
        self._check_readable()
        parts: list[bytes] = []
        while True:
            try:
                part = self._description().read(self._expected())
            except BlockingIOError:
                return b"".join(parts) if parts else None
            if not part:
                return parts[0] if len(parts) == 1 else b"".join(parts)
            parts.append(part)

    def _expected(self) -> int:
        """How much to ask for: what is left of a file and one byte more, which shows whether it has grown."""
        found = self._description()
        try:
            return max(found.stat().st_size - found.seek(0, os.SEEK_CUR) + 1, _CHUNK_BYTES)
        except OSError:
            return _CHUNK_BYTES

    def readinto(self, buffer: Any, /) -> int | None:
        self._description()
        self._check_readable()
        view = memoryview(buffer).cast("B")
        try:
            data = self._description().read(len(view))
        except BlockingIOError:
            return None
        view[: len(data)] = data
        return len(data)

    def write(self, data: Any, /) -> int | None:
        self.fileno()
        if not self._writable:
            raise io.UnsupportedOperation("File not open for writing")
        if self._owner.gone:
            return memoryview(data).nbytes  # A buffer that outlived its process: it may empty itself into nothing.
        try:
            return self._description().write(data if type(data) is bytes else memoryview(data).cast("B").tobytes())
        except BlockingIOError:
            return None

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if isinstance(offset, float):
            raise TypeError("an integer is required")
        if self._owner.gone:
            return 0
        return self._description().seek(offset, whence)

    def tell(self) -> int:
        return self._description().seek(0, os.SEEK_CUR)

    def truncate(self, size: int | None = None, /) -> int:
        self._description()
        if not self._writable:
            raise io.UnsupportedOperation("File not open for writing")
        if size is None:
            size = self.tell()
        self._description().truncate(size)
        return size

    def _check_readable(self) -> None:
        if not self._readable:
            raise io.UnsupportedOperation("File not open for reading")

    # --- what it says of itself ---------------------------------------------------------------------------

    def fileno(self) -> int:
        if self._fd < 0:
            raise ValueError("I/O operation on closed file")
        return self._fd

    def isatty(self) -> bool:
        self.fileno()
        return False

    def seekable(self) -> bool:
        try:
            self._description().seek(0, os.SEEK_CUR)
        except OSError:
            return False
        return True

    def readable(self) -> bool:
        self.fileno()
        return self._readable

    def writable(self) -> bool:
        self.fileno()
        return self._writable

    @property
    def closefd(self) -> bool:
        return self._closefd

    @property
    def mode(self) -> str:
        if self._created:
            return "xb+" if self._readable else "xb"
        if self._appending:
            return "ab+" if self._readable else "ab"
        return ("rb+" if self._writable else "rb") if self._readable else "wb"

    def __repr__(self) -> str:
        if self._fd < 0:
            return "<_io.FileIO [closed]>"
        known = f"name={self.name!r}" if hasattr(self, "name") else f"fd={self._fd}"
        return f"<_io.FileIO {known} mode={self.mode!r} closefd={self._closefd}>"

    # --- the end ------------------------------------------------------------------------------------------

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        number, self._fd = self._fd, -1
        if number >= 0 and self._closefd:
            close_number(self._owner, number)

    def _dealloc_warn(self, source: object) -> None:
        """Called by the buffer or the text layer on top when it is dropped while open."""
        if self._fd >= 0 and self._closefd and self._owner.alive:
            warnings.warn(f"unclosed file {source!r}", ResourceWarning, source=source, stacklevel=2)

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0 and not self.closed:
            self._dealloc_warn(self)
            self.close()


# The repr of what wraps it, pickling errors and `type(f).__name__` are to say what they always say.
FileIO.__module__ = "_io"
FileIO.__qualname__ = "FileIO"


def _modes(mode: str) -> tuple[bool, bool, bool, bool]:
    """Whether a mode creates, reads, writes and appends."""
    if not set(mode) <= set("xrwab+"):
        raise ValueError(f"invalid mode: {mode}")
    if sum(letter in "rwax" for letter in mode) != 1 or mode.count("+") > 1:
        raise ValueError("Must have exactly one of create/read/write/append mode and at most one plus")
    plus = "+" in mode
    return "x" in mode, "r" in mode or plus, "r" not in mode or plus, "a" in mode


def _by_opener(opener: Callable[[Any, int], int], file: Any, flags: int) -> int:
    number = opener(file, flags)
    if not isinstance(number, int):
        raise TypeError("expected integer from opener")
    if number < 0:
        raise ValueError(f"opener returned {number}")
    return number
