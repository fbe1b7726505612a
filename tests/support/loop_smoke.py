"""One use of every method of the event loop, each a small program that returns True when the method did its work."""

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import trustme

Use = Callable[[asyncio.AbstractEventLoop], Awaitable[object]]
USES: dict[str, Use] = {}
_AUTHORITY = trustme.CA()
_OURS, _TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
_AUTHORITY.issue_cert("localhost").configure_cert(_OURS)
_AUTHORITY.configure_trust(_TRUSTING)


def use(*names: str) -> Callable[[Use], Use]:
    """Say of a program which methods it uses."""

    def register(function: Use) -> Use:
        USES.update(dict.fromkeys(names, function))
        return function

    return register


class Collect(asyncio.Protocol):
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.data = b""
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(self.data)


class Echo(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data.upper())
        self.transport.close()


def pair() -> tuple[socket.socket, socket.socket]:
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
    return ends


def close_all(*things: Any) -> bool:
    for thing in things:
        thing.close()
    return True


# --- running and scheduling -----------------------------------------------------------------------------


@use("run_forever", "run_until_complete", "stop", "is_running", "is_closed", "close")
async def own_loop(loop: asyncio.AbstractEventLoop) -> object:
    def in_a_thread() -> bool:
        own = asyncio.new_event_loop()
        own.call_later(3, own.stop)
        own.run_forever()
        done = own.run_until_complete(asyncio.sleep(1, "done")) == "done" and own.time() >= 4
        idle = not own.is_running()
        own.close()
        return done and idle and own.is_closed()

    return loop.is_running() and not loop.is_closed() and await asyncio.to_thread(in_a_thread)


@use("call_soon", "call_soon_threadsafe", "call_later", "call_at", "time", "_timer_handle_cancelled")
async def callbacks(loop: asyncio.AbstractEventLoop) -> object:
    seen: list[str] = []
    began = loop.time()
    loop.call_at(began + 2, seen.append, "at")
    loop.call_later(1, seen.append, "later")
    loop.call_later(1, seen.append, "never").cancel()
    loop.call_soon(seen.append, "soon")
    await asyncio.to_thread(loop.call_soon_threadsafe, seen.append, "thread")
    await asyncio.sleep(3)
    return seen == ["soon", "thread", "later", "at"] and round(loop.time() - began, 2) == 3


@use("create_future", "create_task", "set_task_factory", "get_task_factory")
async def tasks(loop: asyncio.AbstractEventLoop) -> object:
    future = loop.create_future()
    loop.call_soon(future.set_result, 1)
    made: list[object] = []

    def factory(on: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
        made.append(coro)
        return asyncio.Task(coro, loop=on, **options)

    loop.set_task_factory(factory)
    task = loop.create_task(asyncio.sleep(1, 2), name="named")
    found = loop.get_task_factory() is factory
    loop.set_task_factory(None)
    return found and len(made) == 1 and task.get_name() == "named" and await future + await task == 3


@use("shutdown_asyncgens")
async def generators(loop: asyncio.AbstractEventLoop) -> object:
    ended: list[int] = []

    async def count() -> Any:
        try:
            yield 1
            yield 2
        finally:
            ended.append(1)

    generator = count()
    await anext(generator)
    await loop.shutdown_asyncgens()
    return ended == [1]


@use("run_in_executor", "set_default_executor", "shutdown_default_executor")
async def executors(loop: asyncio.AbstractEventLoop) -> object:
    loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix="mine"))
    found = await loop.run_in_executor(None, lambda: sum(range(5)))
    await loop.shutdown_default_executor()
    return found == 10


@use("set_exception_handler", "get_exception_handler", "default_exception_handler", "call_exception_handler")
async def errors(loop: asyncio.AbstractEventLoop) -> object:
    told: list[str] = []

    def handler(on: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        told.append(context["message"])
        on.default_exception_handler(context)

    loop.set_exception_handler(handler)
    found = loop.get_exception_handler() is handler
    loop.call_exception_handler({"message": "by hand"})
    loop.set_exception_handler(None)
    return found and told == ["by hand"]


@use("get_debug", "set_debug")
async def debugging(loop: asyncio.AbstractEventLoop) -> object:
    loop.set_debug(True)
    found = loop.get_debug()
    loop.set_debug(False)
    return found and not loop.get_debug()


# --- the network ------------------------------------------------------------------------------------------


@use("getaddrinfo", "getnameinfo")
async def names(loop: asyncio.AbstractEventLoop) -> object:
    found = await loop.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
    name, service = await loop.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICSERV)
    return ("127.0.0.1", 80) in [info[4] for info in found] and (name, service) == ("localhost", "80")


@use("create_connection", "create_server")
async def connections(loop: asyncio.AbstractEventLoop) -> object:
    server = await loop.create_server(Echo, "127.0.0.1", 0)
    async with server:
        transport, protocol = await loop.create_connection(Collect, *server.sockets[0].getsockname())
        transport.write(b"hello")
        return await protocol.lost == b"HELLO"


@use("create_unix_connection", "create_unix_server")
async def unix(loop: asyncio.AbstractEventLoop) -> object:
    server = await loop.create_unix_server(Echo, "/tmp/smoke.sock")
    async with server:
        transport, protocol = await loop.create_unix_connection(Collect, "/tmp/smoke.sock")
        transport.write(b"hello")
        return await protocol.lost == b"HELLO"


@use("connect_accepted_socket")
async def accepted(loop: asyncio.AbstractEventLoop) -> object:
    one, other = pair()
    await loop.connect_accepted_socket(Echo, one)
    await loop.sock_sendall(other, b"hello")
    return await loop.sock_recv(other, 100) == b"HELLO" and close_all(other)


@use("start_tls")
async def encrypted(loop: asyncio.AbstractEventLoop) -> object:
    server = await loop.create_server(Echo, "127.0.0.1", 0, ssl=_OURS)
    async with server:
        transport, protocol = await loop.create_connection(Collect, *server.sockets[0].getsockname())
        tls = await loop.start_tls(transport, protocol, _TRUSTING, server_hostname="localhost")
        assert tls is not None
        tls.write(b"hello")
        return await protocol.lost == b"HELLO"


@use("sendfile", "sock_sendfile")
async def files(loop: asyncio.AbstractEventLoop) -> object:
    with open("/data/file", "wb") as out:
        out.write(b"content")
    one, other = pair()
    transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, one)
    third, fourth = pair()
    with open("/data/file", "rb") as file:
        sent = await loop.sendfile(transport, file) + await loop.sock_sendfile(third, file, 3)
    got = await loop.sock_recv(other, 100) + await loop.sock_recv(fourth, 100)
    transport.close()
    return sent == 11 and got == b"contenttent" and close_all(other, third, fourth)


@use("create_datagram_endpoint", "sock_sendto", "sock_recvfrom", "sock_recvfrom_into")
async def datagrams(loop: asyncio.AbstractEventLoop) -> object:
    class Upper(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.transport.sendto(data.upper(), addr)

    transport, _ = await loop.create_datagram_endpoint(Upper, local_addr=("127.0.0.1", 0))
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.setblocking(False)
    where = transport.get_extra_info("sockname")
    await loop.sock_sendto(sock, b"one", where)
    first, sender = await loop.sock_recvfrom(sock, 100)
    await loop.sock_sendto(sock, b"two", where)
    buffer = bytearray(10)
    size, _ = await loop.sock_recvfrom_into(sock, buffer)
    return (first, sender, bytes(buffer[:size])) == (b"ONE", where, b"TWO") and close_all(transport, sock)


@use("sock_recv", "sock_recv_into", "sock_sendall", "sock_connect", "sock_accept")
async def sockets(loop: asyncio.AbstractEventLoop) -> object:
    listening, client = socket.create_server(("127.0.0.1", 0)), socket.socket()
    listening.setblocking(False)
    client.setblocking(False)
    (server, _), _ = await asyncio.gather(
        loop.sock_accept(listening), loop.sock_connect(client, listening.getsockname())
    )
    await loop.sock_sendall(client, b"hello")
    buffer = bytearray(2)
    size = await loop.sock_recv_into(server, buffer)
    return (size, bytes(buffer), await loop.sock_recv(server, 9)) == (2, b"he", b"llo") and close_all(
        listening, client, server
    )


@use("add_reader", "remove_reader", "add_writer", "remove_writer")
async def readers(loop: asyncio.AbstractEventLoop) -> object:
    one, other = pair()
    seen: list[object] = []

    def read() -> None:
        seen.append(one.recv(10))
        seen.append(loop.remove_reader(one))

    def write() -> None:
        seen.append(other.send(b"x"))
        seen.append(loop.remove_writer(other))

    loop.add_reader(one, read)
    loop.add_writer(other, write)
    await asyncio.sleep(1)
    return seen == [1, True, b"x", True] and not loop.remove_reader(one) and close_all(one, other)


# --- the operating system -----------------------------------------------------------------------------------


@use("connect_read_pipe", "connect_write_pipe")
async def pipes(loop: asyncio.AbstractEventLoop) -> object:
    read, write = os.pipe()
    _, protocol = await loop.connect_read_pipe(Collect, os.fdopen(read, "rb", 0))
    transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(write, "wb", 0))
    transport.write(b"through")
    transport.close()
    return await protocol.lost == b"through"


@use("subprocess_exec", "subprocess_shell")
async def programs(loop: asyncio.AbstractEventLoop) -> object:
    class Gather(asyncio.SubprocessProtocol):
        def __init__(self) -> None:
            self.out, self.over = b"", loop.create_future()

        def pipe_data_received(self, fd: int, data: bytes) -> None:
            self.out += data

        def process_exited(self) -> None:
            self.over.set_result(None)

    found = []
    for start in (loop.subprocess_exec(Gather, "echo", "exec"), loop.subprocess_shell(Gather, "echo shell")):
        transport, protocol = await start
        await protocol.over
        found.append((protocol.out, transport.get_returncode()))
        transport.close()
    return found == [(b"exec\n", 0), (b"-c echo shell\n", 0)]


@use("add_signal_handler", "remove_signal_handler")
async def signals(loop: asyncio.AbstractEventLoop) -> object:
    got = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, got.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await got.wait()
    return loop.remove_signal_handler(signal.SIGUSR1) and not loop.remove_signal_handler(signal.SIGUSR1)
