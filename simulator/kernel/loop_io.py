"""Connections, sockets and readers of the simulated loop.

What asyncio's selector loop does in terms of sockets (servers, `sock_*`, TLS, datagrams) is asyncio's own code, running
over simulated sockets; this module gives it simulated descriptors to wait on and a transport of our own.
"""

import asyncio
import os
from asyncio import constants, exceptions, selector_events, sslproto, unix_events
from typing import Any
from weakref import WeakValueDictionary
from zlib import crc32

from simulator.errors import Unsupported
from simulator.kernel.loop_ready import LoopReady, Selected
from simulator.kernel.loop_transport import SimTransport

_Stock: Any = selector_events.BaseSelectorEventLoop
_SSLProtocol: Any = sslproto.SSLProtocol
_Unix: Any = unix_events._UnixSelectorEventLoop


class AddressInfo(tuple[Any, ...]):
    """An answer of getaddrinfo whose place in a set is the same in every run."""

    __slots__ = ()

    def __hash__(self) -> int:
        return crc32(repr(tuple(self)).encode())


class LoopIO(LoopReady, _Stock):  # type: ignore[misc]
    """The part of the loop that talks to the network."""

    def __init__(self) -> None:
        # Not the selector loop's own: it opens a selector and a pair of real sockets.
        asyncio.BaseEventLoop.__init__(self)
        self._watches = {}
        self._transports: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._selector: Any = Selected()
        self._unix_server_sockets: dict[Any, int] = {}
        self._transports_made = 0

    def close(self) -> None:
        asyncio.BaseEventLoop.close(self)
        self._selector = None

    def close_io(self) -> None:
        """Drop what the loop still listens to."""
        for watch in self._watches.values():
            watch.drop()
        self._watches.clear()
        self._transports.clear()

    # --- transports ---------------------------------------------------------------------------------

    def next_transport(self) -> int:
        """A number for a new transport."""
        self._transports_made += 1
        return self._transports_made

    def _make_socket_transport(
        self, sock: Any, protocol: Any, waiter: Any = None, *, extra: Any = None, server: Any = None
    ) -> Any:
        _check_simulated(sock)
        self._ensure_fd_no_transport(sock)
        return SimTransport(self, sock, protocol, waiter, extra, server)

    def _make_ssl_transport(
        self,
        rawsock: Any,
        protocol: Any,
        sslcontext: Any,
        waiter: Any = None,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
        extra: Any = None,
        server: Any = None,
        ssl_handshake_timeout: float | None = constants.SSL_HANDSHAKE_TIMEOUT,
        ssl_shutdown_timeout: float | None = constants.SSL_SHUTDOWN_TIMEOUT,
        **options: Any,
    ) -> Any:
        _check_simulated(rawsock)
        self._ensure_fd_no_transport(rawsock)
        tls: Any = _SSLProtocol(
            self, protocol, sslcontext, waiter, server_side, server_hostname,
            ssl_handshake_timeout=ssl_handshake_timeout, ssl_shutdown_timeout=ssl_shutdown_timeout, **options,
        )  # fmt: skip
        SimTransport(self, rawsock, tls, extra=extra, server=server)
        return tls._app_transport

    # --- what a set would put into another order in another run ---------------------------------------

    async def _create_server_getaddrinfo(self, host: Any, port: Any, family: int, flags: int) -> list[Any]:
        infos = await super()._create_server_getaddrinfo(host, port, family, flags)
        return [AddressInfo(info) for info in infos]

    # --- unix sockets ---------------------------------------------------------------------------------

    create_unix_connection = _Unix.create_unix_connection
    create_unix_server = _Unix.create_unix_server

    # --- sending files ----------------------------------------------------------------------------------

    async def _sock_sendfile_native(self, sock: Any, file: Any, offset: int, count: int | None) -> Any:
        _check_regular(file)
        return await self._sock_sendfile_fallback(sock, file, offset, count)

    async def _sendfile_native(self, transp: Any, file: Any, offset: int, count: int | None) -> Any:
        _check_regular(file)
        return await _Stock._sendfile_native(self, transp, file, offset, count)


def _check_regular(file: Any) -> None:
    """What `os.sendfile` can be used for on a machine: here, as there, all else is read and written."""
    try:
        os.fstat(file.fileno())
    except (AttributeError, OSError) as error:
        raise exceptions.SendfileNotAvailableError("not a regular file") from error


def _check_simulated(sock: Any) -> None:
    if not hasattr(sock, "file"):
        raise Unsupported("a socket of the machine", f"{sock!r} was made outside the simulation")
