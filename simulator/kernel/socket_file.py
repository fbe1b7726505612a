"""Socket files: what a socket's descriptor stands for, without blocking and without Python's socket object.

One file becomes what it is by what is done to it:

    new -> bound -> listening
    new (or bound) -> connecting -> connected         new (or bound, connected): datagrams

Every method answers at once; `None` or 0 means "would block". Who may wait does so on `readers` and `writers`.
"""

import os
import socket
import stat
from errno import (
    EADDRINUSE,
    EAFNOSUPPORT,
    EAGAIN,
    EALREADY,
    EBADF,
    EDESTADDRREQ,
    EINPROGRESS,
    EINVAL,
    EISCONN,
    ENOTCONN,
    EOPNOTSUPP,
    EPIPE,
)
from typing import Any, Final

from simulator.kernel.descriptors import Description, status
from simulator.kernel.ports import DatagramEnd, DialEnd, ListenerEnd, Network, StreamEnd
from simulator.kernel.socket_options import SocketOptions
from simulator.kernel.threads import WaitQueue

READ_BYTES_MAX: Final = 1 << 30
_SOCKETS_DEVICE: Final = 8  # Linux has a file system for sockets, of this number on most machines.
Address = Any  # As Python's socket module has it: a tuple by family, or a path.


def oserror(errno: int) -> OSError:
    return OSError(errno, os.strerror(errno))


class SocketFile(Description):
    """A socket of one process or several."""

    kind = "socket"
    flags = os.O_RDWR

    def __init__(self, network: Network, family: int, type_: int, proto: int, *, number: int) -> None:
        self.network, self.family, self.type, self.proto = network, family, type_, proto
        self.name = f"socket:[{number}]"
        self.number = number
        self.options = SocketOptions(family, type_, proto)
        self.readers, self.writers = WaitQueue(), WaitQueue()
        self.stream: StreamEnd | None = None
        self.listener: ListenerEnd | None = None
        self.datagrams: DatagramEnd | None = None
        self.path: str | None = None  # Of a bound unix socket.
        self.binding: Any = None
        self.closed = False
        self._dial: DialEnd | None = None
        self._error = 0
        self._remote: Address = None

    # --- addresses ----------------------------------------------------------------------------------

    @property
    def v6(self) -> bool:
        return self.family == socket.AF_INET6

    @property
    def streaming(self) -> bool:
        return self.type == socket.SOCK_STREAM

    def bind(self, address: Address) -> None:
        """Take a name; a path for unix sockets, else an address and a port."""
        if self.binding is not None or self.path is not None:
            raise oserror(EINVAL)
        if self.family == socket.AF_UNIX:
            if self.network.bind_unix(address):
                self.path = address
                return
            raise oserror(EADDRINUSE)
        options = self.options
        self.binding = self.network.bind(
            "tcp" if self.streaming else "udp", address[0], address[1], reuse_address=options.on("SO_REUSEADDR"),
            reuse_port=options.on("SO_REUSEPORT"), v6_only=options.on("IPV6_V6ONLY"),
        )  # fmt: skip
        if not self.streaming:
            self._receive()

    def _receive(self) -> DatagramEnd:
        if self.datagrams is None:
            if self.binding is None:
                self.binding = self.network.bind(
                    "udp", "::" if self.v6 else "0.0.0.0", 0, reuse_address=False, reuse_port=False, v6_only=True
                )
            self.datagrams = self.network.datagram(self.binding)
            self.datagrams.attach(self._woken)
        return self.datagrams

    def local(self) -> Address:
        """What getsockname returns."""
        if self.stream is not None:
            return self.stream.local
        if self._dial is not None:
            return self._dial.local
        if self.datagrams is not None:
            return self.datagrams.local
        if self.family == socket.AF_UNIX:
            return self.path or ""
        ip, port = ("::" if self.v6 else "0.0.0.0", 0) if self.binding is None else (self.binding.ip, self.binding.port)
        return (ip, port, 0, 0) if self.v6 else (ip, port)

    def remote(self) -> Address:
        """What getpeername returns."""
        if self.stream is not None and not self.stream.hung_up():
            return self.stream.remote
        if self.datagrams is not None and self.datagrams.remote is not None:
            return self.datagrams.remote
        raise oserror(ENOTCONN)

    # --- servers ------------------------------------------------------------------------------------

    def listen(self, backlog: int) -> None:
        """Take connections."""
        if not self.streaming:
            raise oserror(EOPNOTSUPP)
        if self.stream is not None or self._dial is not None:
            raise oserror(EINVAL)
        if self.listener is not None:
            self.listener.resize(backlog)
            return
        if self.family == socket.AF_UNIX:
            if self.path is None:
                raise oserror(EINVAL)
            self.listener = self.network.listen_unix(self.path, backlog)
        else:
            if self.binding is None:
                self.bind(("::" if self.v6 else "0.0.0.0", 0))
            self.listener = self.network.listen(self.binding, backlog, v6=self.v6)
        self.listener.attach(self._woken)

    def accept(self, *, number: int) -> "SocketFile | None":
        """The file of the next connection."""
        if self.listener is None:
            raise oserror(EINVAL)
        stream = self.listener.accept()
        if stream is None:
            return None
        made = SocketFile(self.network, self.family, self.type, self.proto, number=number)
        made.options.inherit(self.options)
        made.adopt(stream)
        return made

    def adopt(self, stream: StreamEnd) -> None:
        """Become one end of a connection."""
        self.stream = stream
        self.own()

    def own(self) -> None:
        """Be told what happens to the connection: at first, and after a transport has let go."""
        if self.stream is not None:
            self.stream.attach(self._woken, self._wakes_writers)

    # --- clients ------------------------------------------------------------------------------------

    def connect(self, address: Address) -> None:
        """Begin to connect; EINPROGRESS until `writable`, or connected at once."""
        if not self.streaming:
            unspecified = address is None
            self._receive().connect(None if unspecified else address)
            return
        if self.listener is not None or (self.stream is not None and not self.stream.ended):
            raise oserror(EISCONN)
        if self._dial is not None:
            raise oserror(EALREADY)
        if self._error:
            raise oserror(self.take_error())
        if self.stream is not None:
            raise oserror(EISCONN)
        if self.family == socket.AF_UNIX:
            stream = self.network.dial_unix(address)
            if stream is None:
                raise oserror(EAGAIN)
            self.adopt(stream)
            return
        self._remote = address
        self._dial, self.binding = self.network.dial(self.binding, address, self._dialled, v6=self.v6)
        raise oserror(EINPROGRESS)

    def _dialled(self, outcome: StreamEnd | int) -> None:
        self._dial = None
        if isinstance(outcome, int):
            self._error = outcome
            self.network.free(self.binding)
            self.binding = None
        else:
            self.adopt(outcome)
        self._woken()
        self._wakes_writers()

    @property
    def connecting(self) -> bool:
        return self._dial is not None

    def take_error(self) -> int:
        """What SO_ERROR says, once."""
        if self.stream is not None:
            return self.stream.take_error()
        if self.datagrams is not None:
            return self.datagrams.take_error()
        error, self._error = self._error, 0
        return error

    # --- bytes --------------------------------------------------------------------------------------

    def connected(self) -> StreamEnd:
        """The connection, or ENOTCONN."""
        if self.stream is None:
            if self._error:
                raise oserror(self.take_error())
            raise oserror(ENOTCONN)
        return self.stream

    def send(self, data: bytes) -> int:
        """How many bytes were taken; 0: would block."""
        if not self.streaming:
            datagrams = self._receive()
            if datagrams.remote is None:
                raise oserror(EDESTADDRREQ)
            datagrams.send(data, datagrams.remote)
            return len(data)
        if self._dial is not None:
            return 0
        if self.stream is None and not self._error:
            raise oserror(EPIPE)  # Linux: a socket that was never connected cannot send, as one that was shut down.
        return self.connected().send(data)

    def send_to(self, data: bytes, address: Address) -> int:
        if self.streaming:
            self.connected()
            raise oserror(EISCONN)
        if self.family == socket.AF_UNIX:
            raise oserror(EAFNOSUPPORT)
        self._receive().send(data, address)
        return len(data)

    def receive(self, size: int, *, peek: bool = False) -> tuple[bytes, Address] | None:
        """Bytes and their sender; None: would block."""
        if not self.streaming:
            datagrams = self._receive()
            item = datagrams.peek() if peek else datagrams.take()
            return None if item is None else (item[0][:size], item[1])
        if self._dial is not None:
            return None
        stream = self.connected()
        if size <= 0:
            return b"", None
        stream.idle = True
        data = stream.peek(size) if peek else stream.take(size)
        return None if data is None else (data, None)

    def shutdown(self, how: int) -> None:
        """End one direction or both."""
        if self.listener is not None and how != socket.SHUT_WR:
            self._woken()
            return
        stream = self.connected()
        if stream.hung_up():
            raise oserror(ENOTCONN)
        if how in (socket.SHUT_WR, socket.SHUT_RDWR):
            stream.shut_write()
        if how in (socket.SHUT_RD, socket.SHUT_RDWR):
            stream.shut_read()

    # --- as a descriptor ------------------------------------------------------------------------------

    def read(self, size: int) -> bytes:
        """What os.read does: waits, or raises BlockingIOError."""
        assert self.readers is not None
        while (got := self.receive(size)) is None:
            if self.nonblocking:
                raise BlockingIOError(EAGAIN, os.strerror(EAGAIN))
            self.readers.wait(f"read {self.name}")
        return got[0]

    def write(self, data: Any) -> int:
        """What os.write does: takes everything before it returns, unless it may not wait."""
        assert self.writers is not None
        rest = bytes(data)
        sent = 0
        while rest:
            taken = self.send(rest)
            sent += taken
            rest = rest[taken:]
            if not taken:
                if self.nonblocking and sent:
                    break
                if self.nonblocking:
                    raise BlockingIOError(EAGAIN, os.strerror(EAGAIN))
                self.await_writable()
                self.writers.wait(f"write {self.name}")
        return sent

    def stat(self) -> os.stat_result:
        return status(stat.S_IFSOCK | 0o777, self.number, _SOCKETS_DEVICE)

    def readable(self) -> bool:
        if self.stream is not None:
            return self.stream.readable()
        if self.listener is not None:
            return self.listener.readable()
        if self.datagrams is not None:
            return self.datagrams.readable()
        # Linux: a socket that was never connected polls as hung up, unless it is a datagram socket or still trying.
        return self._dial is None and self.streaming

    def writable(self) -> bool:
        if self.stream is not None:
            if self.stream.writable():
                return True
            self.stream.await_writable()
            return False
        return self._dial is None and self.listener is None

    def hung_up(self) -> bool:
        if self.stream is not None:
            return self.stream.hung_up()
        return self.streaming and self._dial is None and self.listener is None

    def await_writable(self) -> None:
        """Ask to be woken when there is room."""
        if self.stream is not None:
            self.stream.await_writable()

    def _woken(self) -> None:
        if self.stream is not None:
            self.stream.idle = True
        assert self.readers is not None
        self.readers.wake_all()
        self.changed()

    def _wakes_writers(self) -> None:
        assert self.writers is not None
        self.writers.wake_all()
        self.changed()

    def close(self) -> None:
        """The last descriptor is gone."""
        if self.closed:
            return
        self.closed = True
        if self._dial is not None:
            self._dial.cancel()
        if self.listener is not None:
            self.listener.close()
        if self.stream is not None:
            self._close_stream(self.stream)
        elif self.datagrams is not None:
            self.datagrams.close()
        elif self.binding is not None:
            self.network.free(self.binding)
        if self.path is not None:
            self.network.free_unix(self.path, self.listener)
        self._woken()
        self._wakes_writers()

    def _close_stream(self, stream: StreamEnd) -> None:
        if self.binding is not None:
            binding, network = self.binding, self.network
            stream.on_gone = lambda: network.free(binding)
        stream.close(reset=self.options.lingers_for_nothing())


def bad_descriptor() -> OSError:
    return oserror(EBADF)
