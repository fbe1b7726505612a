"""Connections, sockets and readers of the simulated loop.

What asyncio's selector loop does in terms of sockets (servers, `sock_*`, TLS, datagrams) is asyncio's own code, running
over simulated sockets; this module gives it simulated descriptors to wait on and a transport of our own.
"""

import asyncio
import os
import socket
from asyncio import base_events, constants, exceptions, selector_events, sslproto, unix_events
from typing import Any, Final
from weakref import WeakValueDictionary
from zlib import crc32

from simulator.errors import Unsupported
from simulator.kernel import lookup
from simulator.kernel.loop_ready import LoopReady, Selected
from simulator.kernel.loop_transport import SimTransport

_Stock: Any = selector_events.BaseSelectorEventLoop
_SSLProtocol: Any = sslproto.SSLProtocol
_Unix: Any = unix_events._UnixSelectorEventLoop
_asked_by_asyncio: Any = base_events  # Its `socket` is what programs put theirs in the place of, if anything.
_getaddrinfo: Final = socket.getaddrinfo
_families: Final[Any] = socket.AddressFamily._value2member_map_  # To ask the class takes six times as long.
_kinds: Final[Any] = socket.SocketKind._value2member_map_
_LOOKUPS_MAX: Final = 4  # At once without a thread: fewer than the threads of a default executor on any machine.
_LOOKUP_SOON_NS: Final = 20_000_000  # A slower one keeps a thread waiting, and may hold up the loop's end.


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
        self._lookups = 0

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

    # asyncio takes for granted that these two are called before whoever waited for the socket goes on. In another order
    # than its own a transport may have the descriptor by then, and asyncio's versions refuse to let go of the watch.

    def _sock_read_done(self, fd: int, fut: Any, handle: Any = None) -> None:
        if handle is None or not handle.cancelled():
            self._remove_reader(fd)

    def _sock_write_done(self, fd: int, fut: Any, handle: Any = None) -> None:
        if handle is None or not handle.cancelled():
            self._remove_writer(fd)

    # --- names ----------------------------------------------------------------------------------------

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 (Python's name)
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Asyncio has a thread ask; here the loop asks by itself where nobody can tell the difference."""
        if not self._asks_unseen():
            return await super().getaddrinfo(host, port, family=family, type=type, proto=proto, flags=flags)  # type: ignore[no-any-return]
        self._lookups += 1
        waited = False
        try:
            steps = lookup.infos(host, port, family, type, proto, flags)
            delay_ns = next(steps)
            if delay_ns > _LOOKUP_SOON_NS:
                return await self.run_in_executor(None, _finish, steps, delay_ns)  # type: ignore[no-any-return]
            while True:
                waited = True
                await asyncio.sleep(delay_ns / 1e9)
                delay_ns = next(steps)
        except StopIteration as over:
            if not waited:
                await asyncio.sleep(0)  # Not even what is known is answered in the same turn.
            return [_named(info) for info in over.value]
        finally:
            self._lookups -= 1

    def _asks_unseen(self) -> bool:
        """Whether a default executor would be made for a lookup, used for nothing else, and never be full."""
        return (
            self._default_executor is None
            and not self._executor_shutdown_called
            and not self._debug
            and self._lookups < _LOOKUPS_MAX
            and _asked_by_asyncio.socket.getaddrinfo is _getaddrinfo
            and getattr(self.run_in_executor, "__func__", None) is asyncio.BaseEventLoop.run_in_executor
        )

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


def _named(info: Any) -> Any:
    """An answer as `socket` gives it, its numbers with their names."""
    family, kind, *rest = info
    return (_families[family], _kinds[kind], *rest)


def _finish(steps: Any, delay_ns: int) -> list[Any]:
    """Sleep through the rest of a lookup in a thread."""
    return [_named(info) for info in lookup.slept_through(steps, delay_ns)]


def _check_regular(file: Any) -> None:
    """What `os.sendfile` can be used for on a machine: here, as there, all else is read and written."""
    try:
        os.fstat(file.fileno())
    except (AttributeError, OSError) as error:
        raise exceptions.SendfileNotAvailableError("not a regular file") from error


def _check_simulated(sock: Any) -> None:
    if not hasattr(sock, "file"):
        raise Unsupported("a socket of the machine", f"{sock!r} was made outside the simulation")
