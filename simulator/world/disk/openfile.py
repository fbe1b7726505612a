"""Open files and folders of a disk: what a descriptor number stands for.

An open file holds its inode, whatever becomes of the names, and the name by which it was opened, for those who watch.
After a power cut it is dead: the machine that had it open is off.
"""

import os
from errno import EBADF, EFBIG, EINVAL, EIO, EISDIR, ENOENT, ENXIO, EOVERFLOW
from typing import Any, Final

from simulator.kernel.descriptors import Description
from simulator.kernel.file_locks import FileLocks
from simulator.kernel.ports import Listed
from simulator.trace.digest import checksum
from simulator.world.disk import attributes, contents
from simulator.world.disk.disk import Disk, printable
from simulator.world.disk.failing import failure
from simulator.world.disk.inode import Directory, Entry, File, Inode
from simulator.world.disk.notify import tell_entry
from simulator.world.disk.pattern import Pattern

_OFFSET_MAX: Final = (1 << 63) - 1


class _Open(Description):
    """What open files and open folders have in common."""

    def __init__(self, inode: Inode, entry: Entry | None, text: str, flags: int) -> None:
        self.inode, self.entry, self.name = inode, entry, text
        self.flags = flags & ~(os.O_CREAT | os.O_EXCL | os.O_TRUNC | os.O_NOCTTY)
        self.offset = 0
        self._epoch = inode.disk.epoch

    def __repr__(self) -> str:
        return f"<open {self.kind} {self.name} at {self.offset}>"

    def _count(self) -> None:
        self.inode.opens += 1
        tell_entry(self.entry, self.inode, "open")

    @property
    def disk(self) -> Disk:
        return self.inode.disk

    def alive(self) -> None:
        """Refuse whoever comes after a power cut; it can only be code that should not run any more."""
        if self._epoch != self.inode.disk.epoch:
            raise failure(EIO)

    def stat(self) -> os.stat_result:
        self.alive()
        self.disk.ask("stat", self.name)
        return self.inode.status()

    def sync(self, *, data_only: bool = False) -> None:
        self.alive()
        verdict = self.disk.ask("fsync", self.name)
        if verdict.errno:
            self.disk.sync_failed(self.inode)
            raise failure(verdict.errno)
        if not verdict.lost:
            self.disk.sync(self.inode)
        self.disk.emit("fs.fsync", path=printable(self.name), bytes=self.inode.size)

    def chmod(self, mode: int) -> None:
        self.alive()
        self.disk.ask("chmod", self.name)
        attributes.chmod(self.inode, mode, self.entry, self.name)

    def chown(self, uid: int, gid: int) -> None:
        self.alive()
        self.disk.ask("chmod", self.name)
        attributes.chown(self.inode, uid, gid, self.entry, self.name)

    def utime(self, times_ns: tuple[int, int] | None) -> None:
        self.alive()
        self.disk.ask("utime", self.name)
        attributes.utime(self.inode, times_ns, self.entry, self.name)

    def locks(self, *, make: bool) -> FileLocks | None:
        if make and self.inode.locks is None:
            self.inode.locks = FileLocks()
        return self.inode.locks

    def close(self) -> None:
        if self._epoch != self.inode.disk.epoch:
            return
        writes = self.flags & os.O_ACCMODE != os.O_RDONLY
        tell_entry(self.entry, self.inode, "close_write" if writes else "close_nowrite")
        self.disk.emit("fs.close", path=printable(self.name))
        if self.inode.locks is not None:
            self.inode.locks.unlock(self)
        self.inode.opens -= 1
        self.disk.release(self.inode)


class OpenFile(_Open):
    """An open regular file."""

    kind = "file"
    inode: File

    def __init__(self, inode: File, entry: Entry, text: str, flags: int) -> None:
        super().__init__(inode, entry, text, flags)
        self._count()
        self._reads = flags & os.O_ACCMODE in {os.O_RDONLY, os.O_RDWR} and not flags & os.O_PATH
        self._writes = flags & os.O_ACCMODE in {os.O_WRONLY, os.O_RDWR} and not flags & os.O_PATH

    def read(self, size: int) -> bytes:
        data = self.pread(size, self.offset)
        self.offset += len(data)
        return data

    def pread(self, size: int, offset: int) -> bytes:
        self.alive()
        if offset < 0 or size < 0:
            raise failure(EINVAL)
        if not self._reads:
            raise failure(EBADF)
        verdict = self.disk.ask("read", self.name, size)
        if verdict.errno:
            raise failure(verdict.errno)
        data = contents.read(self.inode, offset, verdict.bound(size), self.entry)
        told = {"path": printable(self.name), "offset": offset, "bytes": len(data)}
        self.disk.emit("fs.read", **told)
        return data

    def write(self, data: Any) -> int:
        count = self.pwrite(data, self.inode.size if self.flags & os.O_APPEND else self.offset)
        # Other descriptors may have appended while this write waited, so the end is looked up again.
        self.offset = self.inode.size if self.flags & os.O_APPEND else self.offset + count
        return count

    def pwrite(self, data: Any, offset: int) -> int:
        """Write at an offset; on Linux a descriptor that appends does so here as well."""
        self.alive()
        if offset < 0:
            raise failure(EINVAL)
        if not self._writes:
            raise failure(EBADF)
        data = data if type(data) is bytes else bytes(data)
        verdict = self.disk.ask("write", self.name, len(data))
        if not data:
            return 0
        if self.flags & os.O_APPEND:
            offset = self.inode.size
        wanted = data if verdict.bytes_max is None else data[: verdict.bytes_max]
        if verdict.lost:
            count = len(wanted)
        else:
            count = contents.write(self.inode, offset, wanted, self.entry) if wanted else 0
        told = {"path": printable(self.name), "offset": offset, "bytes": count}
        self.disk.emit("fs.write", **told, checksum=checksum(wanted[:count] if count < len(wanted) else wanted))
        if verdict.errno:
            raise failure(verdict.errno)
        return count

    def write_pattern(self, length: int, pattern: Pattern, *, origin: int = 0) -> int:
        """Write content that is never made: for programs of the simulator that produce terabytes."""
        self.alive()
        if not self._writes:
            raise failure(EBADF)
        verdict = self.disk.ask("write", self.name, length)
        offset = self.inode.size if self.flags & os.O_APPEND else self.offset
        count = contents.write_pattern(self.inode, offset, verdict.bound(length), pattern, self.entry, origin=origin)
        self.offset = offset + count
        told = {"path": printable(self.name), "offset": offset, "bytes": count}
        self.disk.emit("fs.write", **told, checksum=checksum(f"{pattern!r} {origin}".encode()))
        if verdict.errno:
            raise failure(verdict.errno)
        return count

    copies = True

    def copy_to(self, target: "OpenFile", length: int, at: int | None, to: int | None) -> int:
        """Copy between files without reading; offsets that are None are the files' own, which then move."""
        self.alive()
        if not self._reads or not target._writes or target.flags & os.O_APPEND:
            raise failure(EBADF)
        low = self.offset if at is None else at
        high = target.offset if to is None else to
        length = min(length, max(self.inode.size - low, 0))
        self.disk.ask("read", self.name, length)
        verdict = target.disk.ask("write", target.name, length)
        if verdict.errno and verdict.bytes_max is None:
            raise failure(verdict.errno)
        length = verdict.bound(length)
        if length:
            length = contents.copy(self.inode, low, target.inode, high, length, target.entry)
            told = {"path": printable(target.name), "offset": high, "bytes": length}
            target.disk.emit("fs.write", **told, checksum=checksum(_identity(self.inode, low, length)))
        self.offset += length if at is None else 0
        target.offset += length if to is None else 0
        return length

    def seek(self, offset: int, whence: int) -> int:
        self.alive()
        size, block = self.inode.size, self.disk.settings.block_bytes
        if whence == os.SEEK_CUR:
            offset += self.offset
        elif whence == os.SEEK_END:
            offset += size
        elif whence in {os.SEEK_DATA, os.SEEK_HOLE}:
            if not 0 <= offset < size:
                raise failure(ENXIO)
            content = self.inode.content
            found = content.next_data(offset, block) if whence == os.SEEK_DATA else content.next_hole(offset, block)
            if found is None:
                raise failure(ENXIO)
            offset = found
        elif whence != os.SEEK_SET:
            raise failure(EINVAL)
        if offset < 0:
            raise failure(EINVAL)
        if offset > _OFFSET_MAX:
            raise failure(EOVERFLOW)
        if offset > self.disk.settings.file_bytes_max:
            raise failure(EINVAL)
        self.offset = offset
        return offset

    def truncate(self, size: int) -> None:
        self.alive()
        if size < 0 or not self._writes:
            raise failure(EINVAL)
        verdict = self.disk.ask("truncate", self.name, size)
        if not verdict.lost:
            contents.truncate(self.inode, size, self.entry)
        self.disk.emit("fs.truncate", path=printable(self.name), size=size)

    def allocate(self, offset: int, length: int) -> None:
        self.alive()
        if offset < 0 or length <= 0:
            raise failure(EINVAL)
        if not self._writes:
            raise failure(EBADF)
        if offset + length > self.disk.settings.file_bytes_max:
            raise failure(EFBIG)
        self.disk.ask("allocate", self.name, length)
        contents.reserve(self.inode, offset, length, self.entry)


class OpenDirectory(_Open):
    """An open folder: listed, synced, and a place from which relative paths begin."""

    kind = "folder"
    inode: Directory

    def __init__(self, inode: Directory, text: str, flags: int, *, counted: bool = True) -> None:
        super().__init__(inode, inode.entry, text, flags)
        if counted:
            self._count()
        self._above = text.removesuffix(inode.path()) if inode.entry is not None else text

    @property
    def text(self) -> str:
        """Its path now, renamed or not."""
        return self._above + self.inode.path() if self.inode.entry is not None else self._above

    def where(self) -> str:
        self.alive()
        if self.inode.nlink == 0:
            raise failure(ENOENT)
        return self.text

    def read(self, size: int) -> bytes:
        raise failure(EISDIR)

    def pread(self, size: int, offset: int) -> bytes:
        raise failure(EISDIR if offset >= 0 else EINVAL)

    def pwrite(self, data: Any, offset: int) -> int:
        raise failure(EBADF if offset >= 0 else EINVAL)

    def allocate(self, offset: int, length: int) -> None:
        raise failure(EBADF if offset >= 0 and length > 0 else EINVAL)

    def seek(self, offset: int, whence: int) -> int:
        """Positions in a folder mean nothing; only going back to the start does."""
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self.offset, os.SEEK_END: _OFFSET_MAX}
        if whence not in starts or not 0 <= starts[whence] + offset <= _OFFSET_MAX:
            raise failure(EINVAL)
        self.offset = starts[whence] + offset
        return self.offset

    def listing(self) -> list[Listed]:
        self.alive()
        self.disk.ask("list", self.name)
        return listed(self.inode)


def listed(directory: Directory) -> list[Listed]:
    """The names in a folder and what they are, in the order of its disk."""
    directory.disk.read_by_someone(directory)
    for _ in range(2):  # The names are asked for twice: the second answer, that there are no more, ends the listing.
        tell_entry(directory.entry, directory, "access")
    return [Listed(entry.name, entry.inode.number, entry.inode.meta.mode) for entry in directory.listing()]


def _identity(file: File, low: int, length: int) -> bytes:
    """What stands for copied bytes in a checksum: the bytes where they are stored, the name of a pattern where not."""
    parts: list[bytes] = []
    for start, end, source, origin in file.content.slice(low, low + length, 0):
        if isinstance(source, bytes | bytearray):
            parts.append(memoryview(source)[origin : origin + end - start].tobytes())
        else:
            parts.append(f"{source!r} {origin}".encode())
        parts.append(f" {start} {end} ".encode())
    return b"".join(parts)
