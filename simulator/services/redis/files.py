"""Files: writing whole files so that a crash leaves the old or the new one, and reading append-only files."""

import contextlib
import os
from typing import Final

from simulator.services.redis.protocol import Broken, Parser

READ_BYTES: Final = 1 << 20


def replace(path: str, data: bytes) -> None:
    """Write a file beside, sync it, and move it into place."""
    beside = f"{path}.tmp"
    with open(beside, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    sync_folder(os.path.dirname(path) or ".")


def sync_folder(path: str) -> None:
    """Have names in a folder survive a power cut."""
    number = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(number)
    finally:
        os.close(number)


def read(path: str) -> bytes | None:
    """Return a file's content, or None when there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


class Manifest:
    """Which files make up an append-only file (Redis 7): one base, and what was appended since."""

    def __init__(self, folder: str, name: str) -> None:
        self.folder, self.name = folder, name
        self.base: tuple[str, int] | None = None
        self.parts: list[tuple[str, int]] = []

    @property
    def path(self) -> str:
        return os.path.join(self.folder, f"{self.name}.manifest")

    def read(self) -> bool:
        """Read the manifest; whether there is one."""
        data = read(self.path)
        if data is None:
            return False
        for line in data.decode().splitlines():
            words = line.split()
            if len(words) < 6 or words[0] != "file":
                continue
            entry = (words[1], int(words[3]))
            if words[5] == "b":
                self.base = entry
            elif words[5] == "i":
                self.parts.append(entry)
        return True

    def write(self) -> None:
        lines = []
        if self.base is not None:
            lines.append(f"file {self.base[0]} seq {self.base[1]} type b")
        lines += [f"file {name} seq {number} type i" for name, number in self.parts]
        replace(self.path, ("\n".join(lines) + "\n").encode())

    def next_number(self) -> int:
        numbers = [number for _, number in (*self.parts, *([self.base] if self.base else []))]
        return max(numbers, default=0) + 1


class Tail(Exception):
    """An append-only file is cut short, or is no such file; `good_bytes` of it can be used."""

    def __init__(self, text: str, good_bytes: int, *, cut: bool) -> None:
        super().__init__(text)
        self.good_bytes, self.cut = good_bytes, cut


def commands(data: bytes, at: int = 0) -> list[list[bytes]]:
    """Return the commands of an append-only file; raises `Tail` with what is good of it as `args[1]`."""
    parser, found, good = Parser(buffer_max=1 << 62), list[list[bytes]](), at
    queue: list[list[bytes]] | None = None
    parser.feed(data[at:])
    while True:
        if not parser._missing and parser._at < len(parser._buffer) and parser._buffer[parser._at] == 35:  # a timestamp
            end = parser._buffer.find(b"\n", parser._at)
            parser._at = end + 1 if end >= 0 else len(parser._buffer)
            continue
        try:
            argv = parser.next()
        except Broken as broken:
            raise _with(Tail(str(broken), good, cut=False), found) from None
        if argv is None:
            break
        word = argv[0].upper()
        if word == b"MULTI":
            queue = []
        elif word == b"EXEC" and queue is not None:
            found += queue
            queue, good = None, len(data) - parser.pending
        elif queue is not None:
            queue.append(argv)
        else:
            found.append(argv)
            good = len(data) - parser.pending
    if parser.pending or queue is not None:
        raise _with(Tail("Unexpected end of file", good, cut=True), found)
    return found


def _with(tail: Tail, found: list[list[bytes]]) -> Tail:
    tail.args = (tail.args[0], found)
    return tail
