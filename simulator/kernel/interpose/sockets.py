"""Sockets: `socket.socket` of a simulated process is a file of its descriptor table, and nothing real.

Programs see the class they know: `socket.socket(...)` makes a `SimSocket`, which is one, without a descriptor of the
machine. A socket with a time-out parks its thread in virtual time; one without may raise `BlockingIOError`.

What lies below Python's class (`_socket`) is redirected in place: see `socket_numbers`. Names are in `names`.
"""

import _socket
import os
import socket
import warnings
from collections.abc import Callable, Iterable
from errno import EAGAIN, EBADF
from typing import Any, Final, TypeVar

from simulator.errors import Unsupported
from simulator.kernel.interpose.names import resolved
from simulator.kernel.interpose.socket_numbers import TYPE_FLAGS, file_of, new_file, next_number
from simulator.kernel.socket_file import Address, SocketFile, oserror
from simulator.kernel.state import here, running_engine, running_thread
from simulator.kernel.threads import WaitQueue

_NS: Final = 1_000_000_000
T = TypeVar("T")


class SimSocket(socket.socket):
    """A socket of a simulated process."""

    _number = -1  # The descriptor, in the process's own numbers.
    _closed: bool
    _io_refs: int

    def __init__(
        self,
        family: int = -1,
        type: int = -1,  # noqa: A002 (Python's name)
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        self._process = process = running_thread().process
        self._io_refs, self._closed = 0, False
        self._timeout_s: float | None = process.shelf.get("socket_timeout_s")
        if fileno is None:
            kind = socket.SOCK_STREAM if type == -1 else int(type)
            file = new_file(process, socket.AF_INET if family == -1 else int(family), kind & ~TYPE_FLAGS, max(proto, 0))
            if kind & int(getattr(socket, "SOCK_NONBLOCK", 0)):
                self._timeout_s = 0.0
            self._number = process.fds.add(file)
        else:
            file = file_of(process, fileno)
            self._number = int(fileno)
        self._file = file
        file.nonblocking = self._timeout_s is not None

    def __del__(self, _warn: Callable[..., None] = warnings.warn) -> None:
        process = getattr(self, "_process", None)
        if process is None or process.gone or self._number < 0:
            return
        _warn(f"unclosed {self!r}", ResourceWarning, source=self)
        self._release()

    # --- what it is ---------------------------------------------------------------------------------

    @property
    def family(self) -> int:  # type: ignore[override]
        return _named(socket.AddressFamily, self._file.family)

    @property
    def type(self) -> int:  # type: ignore[override]
        return _named(socket.SocketKind, self._file.type)

    @property
    def proto(self) -> int:
        return self._file.proto

    @property
    def timeout(self) -> float | None:
        return self._timeout_s

    @property
    def file(self) -> SocketFile:
        """What the descriptor stands for."""
        return self._file

    def fileno(self) -> int:
        return self._number

    def _open(self) -> SocketFile:
        if self._number < 0 or self._process.gone:
            raise oserror(EBADF)
        return self._file

    def getsockname(self) -> Address:
        return self._open().local()

    def getpeername(self) -> Address:
        return self._open().remote()

    def get_inheritable(self) -> bool:
        return self._process.fds.inheritable(self._number)

    def set_inheritable(self, inheritable: bool) -> None:
        self._process.fds.set_inheritable(self._number, bool(inheritable))

    # --- time-outs ----------------------------------------------------------------------------------

    def gettimeout(self) -> float | None:
        return self._timeout_s

    def settimeout(self, value: float | None, /) -> None:
        if value is not None and not float(value) >= 0:
            raise ValueError("Timeout value out of range")
        self._timeout_s = None if value is None else float(value)
        self._file.nonblocking = self._timeout_s is not None

    def setblocking(self, flag: bool, /) -> None:
        self.settimeout(None if flag else 0.0)

    def getblocking(self) -> bool:
        return self._timeout_s != 0

    def _until(self, attempt: Callable[[], T | None], queue: WaitQueue | None, why: str) -> T:
        """Try until there is an answer, for as long as the socket's time-out allows."""
        found = attempt()
        if found is not None:
            return found
        if self._timeout_s == 0:
            raise BlockingIOError(EAGAIN, os.strerror(EAGAIN))
        engine = running_engine()
        until_ns = None if self._timeout_s is None else engine.now_ns + round(self._timeout_s * _NS)
        assert queue is not None
        while found is None:
            rest_ns = None if until_ns is None else until_ns - engine.now_ns
            if rest_ns is not None and rest_ns <= 0:
                raise TimeoutError("timed out")
            queue.wait(f"{why} {self._file.name}", rest_ns)
            if self._number < 0:
                raise oserror(EBADF)
            found = attempt()
        return found

    # --- connections --------------------------------------------------------------------------------

    def bind(self, address: Address, /) -> None:
        self._open().bind(resolved(self._file.family, address, "bind", passive=True))

    def listen(self, backlog: int = 128, /) -> None:
        self._open().listen(int(backlog))

    def _accept(self) -> tuple[int, Address]:
        file, process = self._open(), self._process
        made = self._until(lambda: file.accept(number=next_number(process)), file.readers, "accept on")
        assert made.stream is not None
        return process.fds.add(made), made.stream.remote

    def connect(self, address: Address, /) -> None:
        file = self._open()
        address = resolved(file.family, address, "connect")
        try:
            file.connect(address)
        except BlockingIOError:
            if self._timeout_s == 0:
                raise
            self._until(lambda: None if file.connecting else True, file.writers, "connect")
            error = file.take_error()
            if error:
                raise oserror(error) from None

    def connect_ex(self, address: Address, /) -> int:
        try:
            self.connect(address)
        except TimeoutError as error:
            return error.errno or EAGAIN
        except socket.gaierror:
            raise
        except OSError as error:
            return error.errno or 0
        return 0

    def shutdown(self, how: int, /) -> None:
        self._open().shutdown(int(how))

    # --- bytes --------------------------------------------------------------------------------------

    def send(self, data: Any, flags: int = 0, /) -> int:
        file, whole = self._open(), _bytes(data)
        if not whole:
            return file.send(whole)

        def attempt() -> int | None:
            taken = file.send(whole)
            if not taken:
                file.await_writable()
            return taken or None

        return self._until(attempt, file.writers, "send to") if not flags & socket.MSG_DONTWAIT else _now(attempt)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        rest = memoryview(_bytes(data))
        while rest:
            rest = rest[self.send(rest, flags) :]

    def sendto(self, data: Any, *rest: Any) -> int:
        """`sendto(data[, flags], address)`."""
        address = rest[-1]
        file = self._open()
        if file.streaming:
            return self.send(data)
        return file.send_to(_bytes(data), resolved(file.family, address, "sendto"))

    def sendmsg(
        self, buffers: Iterable[Any], ancdata: Iterable[Any] = (), flags: int = 0, address: Address = None, /
    ) -> int:
        if list(ancdata):
            raise Unsupported("socket.sendmsg with ancillary data", "descriptors cannot travel between processes")
        data = b"".join(map(_bytes, buffers))
        return self.send(data, flags) if address is None else self.sendto(data, flags, address)

    def _receive(self, size: int, flags: int) -> tuple[bytes, Address]:
        file = self._open()
        if size < 0:
            raise ValueError("negative buffersize in recv")
        peek = bool(flags & socket.MSG_PEEK)

        def attempt() -> tuple[bytes, Address] | None:
            return file.receive(size, peek=peek)

        if flags & socket.MSG_DONTWAIT:
            return _now(attempt)
        data, sender = self._until(attempt, file.readers, "receive from")
        if flags & socket.MSG_WAITALL and file.streaming and not peek:
            while data and len(data) < size:
                more, _ = self._receive(size - len(data), flags & ~socket.MSG_WAITALL)
                if not more:
                    break
                data += more
        return data, sender

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        return self._receive(size, flags)[0]

    def recvfrom(self, size: int, flags: int = 0, /) -> tuple[bytes, Address]:
        return self._receive(size, flags)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        return self.recvfrom_into(buffer, nbytes, flags)[0]

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Address]:
        view = memoryview(buffer).cast("B")
        data, sender = self._receive(nbytes or len(view), flags)
        view[: len(data)] = data
        return len(data), sender

    def recvmsg(self, size: int, ancbufsize: int = 0, flags: int = 0, /) -> tuple[bytes, list[Any], int, Address]:
        data, sender = self._receive(size, flags)
        return data, [], 0, sender

    def recvmsg_into(
        self, buffers: Iterable[Any], ancbufsize: int = 0, flags: int = 0, /
    ) -> tuple[int, list[Any], int, Address]:
        views = [memoryview(buffer).cast("B") for buffer in buffers]
        data, sender = self._receive(sum(map(len, views)), flags)
        rest = data
        for view in views:
            view[: len(rest)] = rest[: len(view)]
            rest = rest[len(view) :]
        return len(data), [], 0, sender

    def _sendfile_use_sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        raise socket._GiveupOnSendfile("a simulated socket reads the file and sends it")  # type: ignore[attr-defined]

    # --- options and ends ---------------------------------------------------------------------------

    def getsockopt(self, level: int, optname: int, buflen: int = 0, /) -> Any:
        file = self._open()
        if (level, optname) == (socket.SOL_SOCKET, socket.SO_ERROR):
            return file.take_error()
        if (level, optname) == (socket.SOL_SOCKET, getattr(socket, "SO_ACCEPTCONN", -1)):
            return int(file.listener is not None)
        return file.options.get(level, optname, buflen)

    def setsockopt(self, level: int, optname: int, value: Any, optlen: int | None = None, /) -> None:
        self._open().options.set(level, optname, value, optlen)

    def _real_close(self, *_: Any) -> None:
        self._release()

    def _release(self) -> None:
        number, self._number = self._number, -1
        if number >= 0 and not self._process.gone and self._process.fds.get(number) is self._file:
            self._process.fds.close(number)

    def detach(self) -> int:
        number, self._number, self._closed = self._number, -1, True
        return number


# Programs print sockets and their classes; what they see is the class that they know.
SimSocket.__module__, SimSocket.__name__, SimSocket.__qualname__ = "socket", "socket", "socket"


def _now(attempt: Callable[[], T | None]) -> T:
    found = attempt()
    if found is None:
        raise BlockingIOError(EAGAIN, os.strerror(EAGAIN))
    return found


def _bytes(data: Any) -> bytes:
    """The bytes of a buffer; what is immutable is not copied."""
    if type(data) is bytes:
        return data
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    return bytes(memoryview(data).cast("B"))


def _named(kind: Any, value: int) -> int:
    named: int = kind._value2member_map_.get(value, value)
    return named


# --- installation -----------------------------------------------------------------------------------------

_mixed: dict[type, type] = {}


def _new_socket(cls: type[socket.socket], *args: Any, **kwargs: Any) -> Any:
    """What `socket.socket.__new__` does: a `SimSocket` inside a simulation, and of a subclass one that is both."""
    if here.process is None or issubclass(cls, SimSocket):
        return _socket.socket.__new__(cls)
    if cls is socket.socket:
        return _socket.socket.__new__(SimSocket)
    both = _mixed.get(cls)
    if both is None:
        both = _mixed[cls] = type(cls.__name__, (cls, SimSocket), {"__module__": cls.__module__})
    return _socket.socket.__new__(both)


def install() -> None:
    """Let `socket.socket(...)` make simulated ones inside a simulation."""
    socket.socket.__new__ = _new_socket  # type: ignore[method-assign,assignment]
