"""The stream transport of the simulated loop: asyncio's contract, straight on the ends of simulated connections.

It behaves as asyncio's own socket transport does over a non-blocking socket, method by method, without the socket: a
write goes to the connection at once and by reference, and what arrives is handed to the protocol in one turn of the
loop, from one entry of its queue.
"""

import sys
import warnings
from asyncio import constants, futures, protocols, sslproto, transports, trsock
from asyncio.log import logger
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import Any, Final

from simulator.kernel.entry import Handle
from simulator.kernel.ports import StreamEnd

READ_BYTES_MAX: Final = 256 * 1024  # What asyncio reads at once.
_WRITES_LISTS: Final = sys.version_info >= (3, 12)  # Older ones join them first.
_SERVER_KNOWS_ITS_OWN: Final = sys.version_info >= (3, 13)
_LATE_WRITES_LOGGED_AFTER: Final = constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES


_FlowControl: Any = transports._FlowControlMixin


class SimTransport(_FlowControl, transports.Transport):  # type: ignore[misc]
    """A connection, as a protocol sees it."""

    max_size = READ_BYTES_MAX
    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.TRY_NATIVE
    _sock: Any = None  # For `__del__`, should `__init__` fail.
    _loop: Any

    def __init__(
        self, loop: Any, sock: Any, protocol: Any, waiter: Any = None, extra: Any = None, server: Any = None
    ) -> None:
        _FlowControl.__init__(self, extra, loop)
        stream: StreamEnd = sock.file.connected()
        extra = self._extra
        extra["socket"] = trsock.TransportSocket(sock)
        extra["sockname"] = stream.local
        if "peername" not in extra:
            extra["peername"] = stream.remote
        self._serial = loop.next_transport()
        self._stream, self._sock, self._sock_fd = stream, sock, sock.fileno()
        self._send = stream.send
        self._buffer: deque[bytes | memoryview] = deque()
        self._buffer_bytes = 0
        self._eof = False
        self._conn_lost = 0  # Counted up when the loss is certain, and for each write after it.
        self._closing = False
        self._paused = False
        self._reading = False  # Whether arrivals go to the protocol: after connection_made, unless paused or closing.
        self._writing = False  # Whether `_write_ready` is queued.
        self._empty_waiter: Any = None
        self._server = server
        self._ready = loop._ready
        context = copy_context()
        self._context = context
        self._read_handle = Handle(self._read_ready, (), context, loop, None)
        self._write_handle = Handle(self._write_ready, (), context, loop, None)
        self._protocol_connected = False
        self.set_protocol(protocol)
        if server is not None:
            server._attach(self) if _SERVER_KNOWS_ITS_OWN else server._attach()
        loop._transports[self._sock_fd] = self
        stream.attach(self._wake, self._on_writable, self._wake_at)
        loop.call_soon(self._protocol.connection_made, self)
        loop.call_soon(self._start_reading)
        if waiter is not None:
            loop.call_soon(futures._set_result_unless_cancelled, waiter, None)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        # By number, not by address: programs and asyncio keep transports in sets, whose order is seen.
        return int(self._serial)

    def __repr__(self) -> str:
        state = "closed" if self._sock is None else "closing" if self._closing else ""
        told = [type(self).__name__, *([state] if state else []), f"fd={self._sock_fd}"]
        if self._loop is not None and not self._loop.is_closed():
            told.append(f"read={'polling' if self._reading else 'idle'}")
            writing = "polling" if self._buffer else "idle"
            told.append(f"write=<{writing}, bufsize={self._buffer_bytes}>")
        return f"<{' '.join(told)}>"

    # --- what the connection calls --------------------------------------------------------------------

    def _wake(self) -> None:
        """Something may be read: look in the loop's next turn."""
        loop, handle = self._loop, self._read_handle
        if loop is not None:
            handle.cause = loop.engine.cause
            self._ready.append(handle)
            if loop.idle:
                loop._wake()

    def _wake_at(self, when_ns: int) -> None:
        """Something will have arrived at a virtual time: one entry of the heap, straight to the loop's queue."""
        loop = self._loop
        if loop is not None:
            loop._timer(when_ns, self._read_ready, (), self._context)

    def _on_writable(self) -> None:
        """There is room again, or an error to tell."""
        if self._buffer and not self._writing and self._loop is not None:
            self._writing = True
            self._write_handle.cause = self._loop.engine.cause
            self._loop.enqueue(self._write_handle)

    # --- reading --------------------------------------------------------------------------------------

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol
        self._protocol_connected = True
        self._received = None if isinstance(protocol, protocols.BufferedProtocol) else protocol.data_received
        if isinstance(protocol, sslproto.SSLProtocol):
            self._stream.encrypt()

    def get_protocol(self) -> Any:
        return self._protocol

    def _start_reading(self) -> None:
        self._reading = not self._closing and not self._paused
        self._look_again()

    def _look_again(self) -> None:
        """After the protocol has had its bytes: there may be more, and more is for the next turn."""
        stream = self._stream
        if self._reading and stream.idle and stream.readable():
            stream.notify()

    def _read_ready(self) -> None:
        stream = self._stream
        stream.idle = True
        if not self._reading:
            stream.readable()  # What has arrived lands, and waits.
            return
        received = self._received
        if received is None:
            self._read_into_buffer(stream)
            return
        try:
            data = stream.take(READ_BYTES_MAX)
        except OSError as error:
            self._fatal_error(error, "Fatal read error on socket transport")
            return
        if data:
            try:
                received(data)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self._fatal_error(error, "Fatal error: protocol.data_received() call failed.")
                return
            if stream.inbox or stream.ended:
                self._look_again()
        elif data is not None:
            self._read_eof()

    def _read_into_buffer(self, stream: StreamEnd) -> None:
        """The same for a `BufferedProtocol`, which says where the bytes shall go."""
        if not stream.readable():
            return
        try:
            buffer = self._protocol.get_buffer(-1)
            if not len(buffer):
                raise RuntimeError("get_buffer() returned an empty buffer")
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.get_buffer() call failed.")
            return
        try:
            data = stream.take(len(buffer))
        except OSError as error:
            self._fatal_error(error, "Fatal read error on socket transport")
            return
        if not data:
            if data is not None:
                self._read_eof()
            return
        buffer[: len(data)] = data
        try:
            self._protocol.buffer_updated(len(data))
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.buffer_updated() call failed.")
            return
        self._look_again()

    def _read_eof(self) -> None:
        self._reading = False
        if self._loop.get_debug():
            logger.debug("%r received EOF", self)
        try:
            keep_open = self._protocol.eof_received()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.eof_received() call failed.")
            return
        if not keep_open:
            self.close()

    def is_reading(self) -> bool:
        return not self._closing and not self._paused

    def pause_reading(self) -> None:
        if self._closing or self._paused:
            return
        self._paused, self._reading = True, False
        if self._loop.get_debug():
            logger.debug("%r pauses reading", self)

    def resume_reading(self) -> None:
        if self._closing or not self._paused:
            return
        self._paused, self._reading = False, True
        self._look_again()
        if self._loop.get_debug():
            logger.debug("%r resumes reading", self)

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

    # --- sendfile -------------------------------------------------------------------------------------

    async def _make_empty_waiter(self) -> None:
        """Wait until all is written, then let the loop have the socket, as for `sock_sendall`."""
        if self._empty_waiter is not None:
            raise RuntimeError("Empty waiter is already set")
        self._empty_waiter = self._loop.create_future()
        if not self._buffer:
            self._empty_waiter.set_result(None)
        await self._empty_waiter
        self._sock.file.own()

    def _reset_empty_waiter(self) -> None:
        """Take the connection back, unless it was lost meanwhile."""
        self._empty_waiter = None
        if self._sock is not None:
            self._stream.attach(self._wake, self._on_writable, self._wake_at)

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
                server._detach(self) if _SERVER_KNOWS_ITS_OWN else server._detach()
        if self._empty_waiter is not None and not self._empty_waiter.done():
            self._empty_waiter.set_exception(ConnectionError("Connection is closed by peer"))

    def __del__(self, _warn: Callable[..., None] = warnings.warn) -> None:
        sock = self._sock
        if sock is not None and not self._loop.process.gone:
            _warn(f"unclosed transport {self!r}", ResourceWarning, source=self)
            sock.close()
            if _SERVER_KNOWS_ITS_OWN and self._server is not None:
                self._server._detach(self)


def _frozen(data: bytes | bytearray | memoryview) -> bytes:
    """Bytes that nobody can change while they travel; what cannot change is not copied."""
    if type(data) is bytes:
        return data
    if type(data) is memoryview and type(data.obj) is bytes and data.nbytes == len(data.obj) and data.contiguous:
        return data.obj
    return bytes(data)
