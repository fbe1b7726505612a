"""TLS on plain sockets: `ssl.SSLContext.wrap_socket` over simulated ones.

Python's `SSLSocket` runs as it is. Below it stands an object of OpenSSL's that reads a descriptor of the machine; here
it is one between two memory buffers, and `TlsEnd` carries what is in them to the socket and back. So threads may
speak TLS as asyncio does. What is encrypted differs in every run, hence only its size is recorded.
"""

import socket
import ssl
from collections.abc import Callable
from typing import Any, Final
from weakref import ref

from simulator.kernel.interpose.sockets import SimSocket
from simulator.kernel.state import here
from simulator.kernel.threads import WaitQueue

_READ_BYTES: Final = 64 * 1024
_RECORD_BYTES_MAX: Final = 1024
"""Room that is left for headers and checksums when a socket that must not wait takes plain text."""


class TlsEnd:
    """What an `SSLSocket` has for OpenSSL's connection object: the same methods, waiting in virtual time."""

    def __init__(
        self, context: Any, sock: Any, server_side: bool, server_hostname: str | None, owner: Any, session: Any
    ) -> None:
        self._sock = ref(sock)
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._unsent = b""
        self._sending, self._sent = False, WaitQueue()
        self._tls = context._wrap_bio(
            self._arrived, self._leaving, server_side, server_hostname, owner=owner, session=session
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tls, name)  # version, cipher, getpeercert, selected_alpn_protocol, pending ...

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("context", "session", "owner"):
            setattr(self._tls, name, value)
        else:
            super().__setattr__(name, value)

    # --- what OpenSSL does --------------------------------------------------------------------------------

    def do_handshake(self) -> None:
        self._socket().file.connected().encrypt()  # It may be wrapped before it is connected.
        self._run(self._tls.do_handshake, "handshake")

    def read(self, size: int = 1024, buffer: Any = None) -> Any:
        if buffer is None:
            return self._run(lambda: self._tls.read(size), "read")
        return self._run(lambda: self._tls.read(size, buffer), "read")

    def write(self, data: Any) -> int:
        sock = self._socket()
        if sock.gettimeout() == 0:
            self._flush("write")
            room = sock.file.connected().room() - _RECORD_BYTES_MAX
            if room <= 0:
                sock.file.await_writable()
                raise ssl.SSLWantWriteError(ssl.SSL_ERROR_WANT_WRITE, "The operation did not complete (write)")
            data = memoryview(data).cast("B")[:room]
        return int(self._run(lambda: self._tls.write(data), "write"))

    def shutdown(self) -> Any:
        self._run(self._tls.shutdown, "shutdown")
        return self._socket()

    # --- carrying -----------------------------------------------------------------------------------------

    def _run(self, act: Callable[[], Any], name: str) -> Any:
        """Let OpenSSL act until it needs no more bytes from the other side."""
        while True:
            try:
                found = act()
            except ssl.SSLWantReadError:
                self._flush(name)
                self._feed(name)
            except ssl.SSLError:
                self._flush_last(name)
                raise
            else:
                self._flush(name)
                return found

    def _socket(self) -> Any:
        sock = self._sock()
        if sock is None:
            raise ssl.SSLError("Underlying socket connection gone")
        return sock

    def _feed(self, name: str) -> None:
        """Take what has arrived, waiting for it as long as the socket may."""
        try:
            data = SimSocket.recv(self._socket(), _READ_BYTES)
        except BlockingIOError:
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "The operation did not complete (read)") from None
        except TimeoutError:
            raise TimeoutError(f"The {name} operation timed out") from None
        if data:
            self._arrived.write(data)
        elif not self._arrived.eof:
            self._arrived.write_eof()
        else:
            raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred in violation of protocol")

    def _flush(self, name: str) -> None:
        """Send what OpenSSL has written."""
        self._unsent += self._leaving.read()
        # One thread may read while another writes; bytes leave in order, and who reads does not wait for that.
        while self._sending:
            if name != "write":
                return
            self._sent.wait("another thread sends")
        self._sending = True
        try:
            while self._unsent:
                self._unsent = self._unsent[self._send(name) :]
        finally:
            self._sending = False
            self._sent.wake_all()

    def _send(self, name: str) -> int:
        try:
            return SimSocket.send(self._socket(), self._unsent)
        except BlockingIOError:
            raise ssl.SSLWantWriteError(ssl.SSL_ERROR_WANT_WRITE, "The operation did not complete (write)") from None
        except TimeoutError:
            raise TimeoutError(f"The {name} operation timed out") from None

    def _flush_last(self, name: str) -> None:
        """Send the alert that goes with an error, if the other side still hears it."""
        try:
            self._flush(name)
        except OSError:
            return


def install() -> None:
    """Put a `TlsEnd` below every `SSLSocket` that is made inside a simulation."""
    real = ssl.SSLContext._wrap_socket  # type: ignore[attr-defined]

    def wrap(
        self: ssl.SSLContext,
        sock: socket.socket,
        server_side: bool,
        server_hostname: str | None = None,
        *,
        owner: Any = None,
        session: Any = None,
    ) -> Any:
        if here.process is None:
            return real(self, sock, server_side, server_hostname, owner=owner, session=session)
        return TlsEnd(self, sock, server_side, server_hostname, owner, session)

    ssl.SSLContext._wrap_socket = wrap  # type: ignore[attr-defined]
