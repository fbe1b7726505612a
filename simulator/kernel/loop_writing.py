"""The half of a stream transport that writes, and that ends it: asyncio's contract, method by method.

A write goes to the connection at once and by reference; what the connection does not take waits in a buffer, and a
transport that closes is over only when its buffer is empty.
"""

import sys
import warnings
from asyncio import constants, transports
from asyncio.log import logger
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import Any, Final

from simulator.kernel.entry import Handle
from simulator.kernel.ports import StreamEnd

_WRITES_LISTS: Final = sys.version_info >= (3, 12)  # Older ones join them first.
SERVER_KNOWS_ITS_OWN: Final = sys.version_info >= (3, 13)
_LATE_WRITES_LOGGED_AFTER: Final = constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES


_FlowControl: Any = transports._FlowControlMixin


class WritingTransport(_FlowControl, transports.Transport):  # type: ignore[misc]
    """A connection, as far as a protocol writes to it and lets go of it."""

    _sock: Any = None  # For `__del__`, should `__init__` fail.
    _loop: Any
    _protocol: Any
    _protocol_connected: bool
    _received: Any

    def __init__(self, loop: Any, sock: Any, extra: Any, server: Any) -> None:
        _FlowControl.__init__(self, extra, loop)
        stream: StreamEnd = sock.file.connected()
        self._stream, self._sock, self._sock_fd = stream, sock, sock.fileno()
        self._send = stream.send
        self._buffer: deque[bytes | memoryview] = deque()
        self._buffer_bytes = 0
        self._eof = False
        self._conn_lost = 0  # Counted up when the loss is certain, and for each write after it.
        self._closing = False
        self._reading = False  # Whether arrivals go to the protocol: after connection_made, unless paused or closing.
        self._writing = False  # Whether `_write_ready` is queued.
        self._empty_waiter: Any = None
        self._server = server
        self._context = copy_context()
        self._write_handle = Handle(self._write_ready, (), self._context, loop, None)

    # --- writing --------------------------------------------------------------------------------------

    def write(self, data: Any) -> None:
        if type(data) is not bytes:
            if not isinstance(data, (bytes, bytearray, memoryview)):
                raise TypeError(f"data argument must be a bytes-like object, not {type(data).__name__!r}")
            data = _frozen(data)
        if self._eof:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._empty_waiter is not None:
            raise RuntimeError("unable to write; sendfile is in progress")
        if not data:
            return
        if self._conn_lost:
            self._late_write()
            return
        if not self._buffer:
            try:
                sent = self._send(data)
            except OSError as error:
                self._fatal_error(error, "Fatal write error on socket transport")
                return
            if sent == len(data):
                return
            data = memoryview(data)[sent:]
        self._buffer.append(data)
        self._buffer_bytes += len(data)
        self._maybe_pause_protocol()

    def _late_write(self) -> None:
        if self._conn_lost >= _LATE_WRITES_LOGGED_AFTER:
            logger.warning("socket.send() raised exception.")
        self._conn_lost += 1

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        if not _WRITES_LISTS:
            self.write(b"".join(list_of_data))
            return
        if self._eof:
            raise RuntimeError("Cannot call writelines() after write_eof()")
        if self._empty_waiter is not None:
            raise RuntimeError("unable to writelines; sendfile is in progress")
        if not list_of_data:
            return
        parts = [_frozen(part) for part in list_of_data]
        if self._conn_lost:
            self._late_write()
            return
        self._buffer.extend(part for part in parts if part)
        self._buffer_bytes += sum(map(len, parts))
        self._write_out()
        if self._buffer:
            self._maybe_pause_protocol()

    def _on_writable(self) -> None:
        """There is room again, or an error to tell."""
        if self._buffer and not self._writing and self._loop is not None:
            self._writing = True
            self._write_handle.cause = self._loop.engine.cause
            self._loop.enqueue(self._write_handle)

    def _write_ready(self) -> None:
        self._writing = False
        if self._buffer and not self._conn_lost:
            self._write_out()

    def _write_out(self) -> None:
        """Hand to the connection what it takes of the buffer."""
        buffer, stream = self._buffer, self._stream
        try:
            self._drain(buffer, stream)
        except OSError as error:
            buffer.clear()
            self._buffer_bytes = 0
            self._fatal_error(error, "Fatal write error on socket transport")
            if self._empty_waiter is not None:
                self._empty_waiter.set_exception(error)
            return
        self._maybe_resume_protocol()  # It may write more.
        if not buffer:
            if self._empty_waiter is not None:
                self._empty_waiter.set_result(None)
            if self._closing:
                self._call_connection_lost(None)
            elif self._eof:
                stream.shut_write()

    def _drain(self, buffer: deque[bytes | memoryview], stream: StreamEnd) -> None:
        while buffer:
            part = buffer[0]
            room = stream.room()
            if type(part) is not bytes:
                piece = bytes(part[: max(room, 1)])  # One byte asks for what is wrong, or to be told of room.
            else:
                piece = part
            sent = self._send(piece)
            self._buffer_bytes -= sent
            if sent == len(part):
                buffer.popleft()
            elif sent:
                buffer[0] = memoryview(part)[sent:]
            if sent < len(piece) or not sent:
                return

    def get_write_buffer_size(self) -> int:
        return self._buffer_bytes

    def write_eof(self) -> None:
        if self._closing or self._eof:
            return
        self._eof = True
        if not self._buffer:
            self._stream.shut_write()

    def can_write_eof(self) -> bool:
        return True

    # --- the end --------------------------------------------------------------------------------------

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if self._closing:
            return
        self._closing, self._reading = True, False
        if not self._buffer:
            self._conn_lost += 1
            self._loop.call_soon(self._call_connection_lost, None)

    def abort(self) -> None:
        self._force_close(None)

    def _fatal_error(self, error: BaseException, message: str = "Fatal error on transport") -> None:
        if isinstance(error, OSError):
            if self._loop.get_debug():
                logger.debug("%r: %s", self, message, exc_info=True)
        else:
            self._loop.call_exception_handler(
                {"message": message, "exception": error, "transport": self, "protocol": self._protocol}
            )
        self._force_close(error)

    def _force_close(self, error: BaseException | None) -> None:
        if self._conn_lost:
            return
        self._buffer.clear()
        self._buffer_bytes = 0
        self._closing, self._reading = True, False
        self._conn_lost += 1
        self._loop.call_soon(self._call_connection_lost, error)

    def _call_connection_lost(self, error: BaseException | None) -> None:
        try:
            if self._protocol_connected:
                self._protocol.connection_lost(error)
        finally:
            self._sock.close()
            self._sock = self._protocol = self._received = self._loop = None
            server, self._server = self._server, None
            if server is not None:
                server._detach(self) if SERVER_KNOWS_ITS_OWN else server._detach()
        if self._empty_waiter is not None and not self._empty_waiter.done():
            self._empty_waiter.set_exception(ConnectionError("Connection is closed by peer"))

    def __del__(self, _warn: Callable[..., None] = warnings.warn) -> None:
        sock = self._sock
        if sock is not None and not self._loop.process.gone:
            _warn(f"unclosed transport {self!r}", ResourceWarning, source=self)
            sock.close()
            if SERVER_KNOWS_ITS_OWN and self._server is not None:
                self._server._detach(self)


def _frozen(data: bytes | bytearray | memoryview) -> bytes:
    """Bytes that nobody can change while they travel; what cannot change is not copied."""
    if type(data) is bytes:
        return data
    if type(data) is memoryview and type(data.obj) is bytes and data.nbytes == len(data.obj) and data.contiguous:
        return data.obj
    return bytes(data)
