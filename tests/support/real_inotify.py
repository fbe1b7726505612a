"""The machine's own inotify, by ctypes, with the interface of the simulated one."""

import ctypes
import os
import struct
from collections.abc import Iterable

from simulator.world.disk.notify import Notice

_BITS = {
    "access": 0x1, "modify": 0x2, "attrib": 0x4, "close_write": 0x8, "close_nowrite": 0x10, "open": 0x20,
    "moved_from": 0x40, "moved_to": 0x80, "create": 0x100, "delete": 0x200, "delete_self": 0x400, "move_self": 0x800,
    "overflow": 0x4000, "ignored": 0x8000,
}  # fmt: skip
_KINDS = {bit: kind for kind, bit in _BITS.items()}
_IS_DIRECTORY = 0x4000_0000
_libc = ctypes.CDLL(None, use_errno=True)


class RealInotify:
    """One inotify instance of the kernel."""

    def __init__(self) -> None:
        self._fd: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._fd >= 0

    def add(self, path: str, mask: Iterable[str]) -> int:
        bits = sum(_BITS[kind] for kind in set(mask))
        wd: int = _libc.inotify_add_watch(self._fd, os.fsencode(path), bits)
        if wd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return wd

    def read(self) -> list[Notice]:
        found: list[Notice] = []
        while True:
            try:
                data = os.read(self._fd, 1 << 20)
            except BlockingIOError:
                return found
            while data:
                wd, mask, cookie, length = struct.unpack_from("iIII", data)
                name = os.fsdecode(data[16 : 16 + length].rstrip(b"\0"))
                found.append(Notice(wd, _KINDS[mask & 0xFFFF], name, cookie, bool(mask & _IS_DIRECTORY)))
                data = data[16 + length :]

    def close(self) -> None:
        os.close(self._fd)


def numbered(notices: list[Notice]) -> list[Notice]:
    """Notices whose cookies are numbers in order of appearance."""
    cookies: dict[int, int] = {0: 0}
    return [notice._replace(cookie=cookies.setdefault(notice.cookie, len(cookies))) for notice in notices]
