"""Sockets by their descriptors: how one is made, found and doubled, and the functions of `_socket` that do so."""

import _socket
import socket
from errno import EAFNOSUPPORT, EPERM, EPROTONOSUPPORT, ESOCKTNOSUPPORT
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.interpose import redirect
from simulator.kernel.process import Process
from simulator.kernel.socket_file import SocketFile, oserror
from simulator.kernel.state import running_thread

TYPE_FLAGS: Final = int(getattr(socket, "SOCK_NONBLOCK", 0)) | int(getattr(socket, "SOCK_CLOEXEC", 0))
_FAMILIES: Final = {socket.AF_INET, socket.AF_INET6, socket.AF_UNIX}


def next_number(process: Process) -> int:
    """The number in `socket:[n]`: serial, where Linux has inodes."""
    process.shelf["sockets_made"] = number = process.shelf.get("sockets_made", 0) + 1
    return int(number)


def new_file(process: Process, family: int, type_: int, proto: int) -> SocketFile:
    """A socket that is not anything yet; refuses what is not simulated, as a machine without it would."""
    if family not in _FAMILIES:
        raise oserror(EAFNOSUPPORT)
    if type_ == socket.SOCK_RAW:
        raise oserror(EPERM)  # As for any program that is not root.
    if type_ not in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        raise oserror(ESOCKTNOSUPPORT)
    if family == socket.AF_UNIX and type_ != socket.SOCK_STREAM:
        raise Unsupported("socket.AF_UNIX with SOCK_DGRAM", "only stream sockets have paths")
    expected = socket.IPPROTO_TCP if type_ == socket.SOCK_STREAM else socket.IPPROTO_UDP
    if proto not in (0, expected):
        raise oserror(EPROTONOSUPPORT)
    return SocketFile(process.host.network, family, type_, proto, number=next_number(process))


def file_of(process: Process, number: int) -> SocketFile:
    """The socket behind a descriptor."""
    found = process.fds[int(number)]
    if not isinstance(found, SocketFile):
        raise OSError(88, "Socket operation on non-socket")
    return found


def _socketpair(family: int = socket.AF_UNIX, type: int = socket.SOCK_STREAM, proto: int = 0) -> Any:  # noqa: A002
    """`_socket.socketpair`: two connected sockets."""
    process = running_thread().process
    files = [new_file(process, int(family), int(type) & ~TYPE_FLAGS, proto) for _ in range(2)]
    for file, stream in zip(files, process.host.network.pair(), strict=True):
        file.adopt(stream)
    return tuple(socket.socket(int(family), int(type), proto, process.fds.add(file)) for file in files)


def _dup(number: int) -> int:
    process = running_thread().process
    return process.fds.add(process.fds[int(number)])


def _close(number: int) -> None:
    running_thread().process.fds.close(int(number))


def _set_default_timeout(value: float | None) -> None:
    if value is not None and not float(value) >= 0:
        raise ValueError("Timeout value out of range")
    running_thread().process.shelf["socket_timeout_s"] = None if value is None else float(value)


def _get_default_timeout() -> float | None:
    timeout: float | None = running_thread().process.shelf.get("socket_timeout_s")
    return timeout


def install() -> None:
    """Put every door of `_socket` in its place."""
    for name, simulated in (
        ("socketpair", _socketpair),
        ("dup", _dup),
        ("close", _close),
        ("setdefaulttimeout", _set_default_timeout),
        ("getdefaulttimeout", _get_default_timeout),
    ):
        redirect.inside(getattr(_socket, name), simulated)
