"""The stream transport of the simulated loop: asyncio's contract, straight on the ends of simulated connections.

It behaves as asyncio's own socket transport does over a non-blocking socket, method by method, without the socket: a
write goes to the connection at once and by reference, and what arrives is handed to the protocol in one turn of the
loop, from one entry of its queue. Writing and closing are in `loop_writing`.
"""

from asyncio import constants, futures, protocols, sslproto, trsock
from asyncio.log import logger
from typing import Any, Final

from simulator.kernel.entry import Handle
from simulator.kernel.loop_writing import SERVER_KNOWS_ITS_OWN, WritingTransport
from simulator.kernel.ports import StreamEnd

READ_BYTES_MAX: Final = 256 * 1024  # What asyncio reads at once.


class SimTransport(WritingTransport):
    """A connection, as a protocol sees it."""

    max_size = READ_BYTES_MAX
    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.TRY_NATIVE

    def __init__(
        self, loop: Any, sock: Any, protocol: Any, waiter: Any = None, extra: Any = None, server: Any = None
    ) -> None:
        WritingTransport.__init__(self, loop, sock, extra, server)
        stream, extra = self._stream, self._extra
        extra["socket"] = trsock.TransportSocket(sock)
        extra["sockname"] = stream.local
        if "peername" not in extra:
            extra["peername"] = stream.remote
        self._serial = loop.next_transport()
        self._paused = False
        self._ready = loop._ready
        self._read_handle = Handle(self._read_ready, (), self._context, loop, None)
        self._protocol_connected = False
        self.set_protocol(protocol)
        if server is not None:
            server._attach(self) if SERVER_KNOWS_ITS_OWN else server._attach()
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
