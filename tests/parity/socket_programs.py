"""Programs over raw sockets, blocking and not, that say what they saw; see `stream_programs` for the rules."""

import asyncio
import errno
import io
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

Seen = list[Any]
MOMENT_S = 0.05


def attempt(act: Callable[[], Any]) -> Any:
    """What an act returns, or the type and errno of what it raises."""
    try:
        return act()
    except OSError as error:
        return [type(error).__name__, errno.errorcode.get(error.errno or 0, error.errno)]
    except (TypeError, ValueError, OverflowError) as error:
        return [type(error).__name__]


async def awaited(act: Any) -> Any:
    try:
        return await act
    except OSError as error:
        return [type(error).__name__, errno.errorcode.get(error.errno or 0, error.errno)]


def listening(backlog: int = 10) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(backlog)
    return sock


def connected() -> tuple[socket.socket, socket.socket]:
    server = listening()
    near = socket.create_connection(server.getsockname())
    far, _ = server.accept()
    server.close()
    return near, far


# --- blocking ---------------------------------------------------------------------------------------------


def talks() -> Seen:
    near, far = connected()
    with near, far:
        near.sendall(b"hello world")
        time.sleep(MOMENT_S)
        shown: Seen = [far.recv(5), far.recv(100, socket.MSG_PEEK), far.recv(100)]
        buffer = bytearray(4)
        far.sendall(b"abcdef")
        time.sleep(MOMENT_S)
        shown += [near.recv_into(buffer), bytes(buffer), near.recv_into(buffer, 1), bytes(buffer[:1]), near.recv(9)]
        near.sendmsg([b"one", b"two"])
        time.sleep(MOMENT_S)
        shown += [far.recvmsg(100)[:3], near.getpeername() == far.getsockname(), near.fileno() > 0]
        near.shutdown(socket.SHUT_WR)
        shown += [far.recv(10), far.recv(10), attempt(lambda: near.send(b"x"))]
        far.sendall(b"still")
        shown.append(near.recv(10))
    return [*shown, near.fileno(), attempt(lambda: near.recv(1)), repr(near)[:30].split(" fd")[0]]


def times_out() -> Seen:
    near, far = connected()
    with near, far:
        near.settimeout(0.1)
        shown = [near.gettimeout(), attempt(lambda: near.recv(1)), near.getblocking()]
        near.setblocking(False)
        shown += [near.gettimeout(), attempt(lambda: near.recv(1)), near.getblocking()]
        shown += [attempt(lambda: near.settimeout(-1)), attempt(lambda: near.recv(-1))]
        shown += [attempt(lambda: near.recv(1, socket.MSG_DONTWAIT))]
    return shown


def ends() -> Seen:
    near, far = connected()
    far.sendall(b"unread")
    time.sleep(MOMENT_S)
    near.close()
    time.sleep(MOMENT_S)
    shown = [attempt(lambda: far.recv(1)), attempt(lambda: far.recv(1)), attempt(lambda: far.send(b"x"))]
    far.close()
    near, far = connected()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    near.close()
    time.sleep(MOMENT_S)
    shown += [attempt(lambda: far.send(b"x")), attempt(lambda: far.send(b"x")), attempt(lambda: far.recv(1))]
    far.close()
    near, far = connected()
    near.close()
    time.sleep(MOMENT_S)
    shown += [far.recv(1), attempt(lambda: far.send(b"one"))]
    time.sleep(MOMENT_S)
    shown += [attempt(lambda: far.send(b"two")), attempt(lambda: far.recv(1))]
    far.close()
    return shown


def misuse() -> Seen:
    text: Any = "text"
    with socket.socket() as fresh, listening() as server:
        return [
            attempt(lambda: fresh.recv(1)), attempt(lambda: fresh.send(b"x")), attempt(fresh.getpeername),
            attempt(fresh.accept), attempt(lambda: fresh.shutdown(socket.SHUT_RDWR)), fresh.getsockname(),
            attempt(lambda: fresh.bind("name")), attempt(lambda: fresh.connect(("127.0.0.1", 99999))),
            attempt(lambda: fresh.connect(("127.0.0.1", "80"))), attempt(lambda: fresh.send(text)),
            attempt(lambda: fresh.bind(("203.0.113.9", 0))), attempt(lambda: fresh.bind(server.getsockname())),
            attempt(lambda: server.recv(1)), attempt(lambda: server.connect(("127.0.0.1", 1))),
            attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 17)),
        ]  # fmt: skip


def options() -> Seen:
    with socket.socket() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, True)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 7))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
        return [
            bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)),
            bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)),
            struct.unpack("ii", sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)),
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF),
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM,
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
            sock.family, sock.type, sock.proto, sock.get_inheritable(),
        ]  # fmt: skip


def copies() -> Seen:
    near, far = connected()
    twin = near.dup()
    number = near.detach()
    again = socket.socket(fileno=number)
    shown = [near.fileno(), again.family, again.type, twin.getsockname() == again.getsockname()]
    again.close()
    twin.sendall(b"still open")
    time.sleep(MOMENT_S)
    shown.append(far.recv(100))
    twin.close()
    shown.append(far.recv(100))
    far.close()
    return shown


def files() -> Seen:
    near, far = connected()
    with near, far, near.makefile("rwb") as speaking, far.makefile("r", encoding="utf-8") as hearing:
        speaking.write(b"line one\nline two\n")
        speaking.flush()
        shown: Seen = [hearing.readline(), hearing.readline()]
        far.sendfile(io.BytesIO(b"from a file\n"))
        shown.append(speaking.readline())
    return shown


def pairs() -> Seen:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(b"pair")
        shown = [other.recv(10), one.family == socket.AF_UNIX, one.getsockname(), other.getpeername()]
        one.close()
        return [*shown, other.recv(10), attempt(lambda: other.send(b"x"))]


def selecting() -> Seen:
    near, far = connected()
    with near, far, listening() as server:
        shown: Seen = [[len(found) for found in select.select([far, server], [near], [], 0)]]
        near.sendall(b"x")
        client = socket.create_connection(server.getsockname())
        time.sleep(MOMENT_S)
        shown.append([len(found) for found in select.select([far, server], [near], [], 1)])
        client.close()
        far.recv(1)
        shown.append(select.select([far], [], [], 0.05)[0])
    return shown


def threads() -> Seen:
    with listening() as server:
        heard = []

        def serve() -> None:
            for _ in range(3):
                conn, _ = server.accept()
                with conn:
                    heard.append(conn.recv(100))
                    conn.sendall(heard[-1].upper())

        serving = threading.Thread(target=serve)
        serving.start()
        shown = []
        for word in (b"one", b"two", b"three"):
            with socket.create_connection(server.getsockname()) as client:
                client.sendall(word)
                shown.append(client.recv(100))
        serving.join()
    return [shown, heard]


def refusals() -> Seen:
    with listening() as free:
        address = free.getsockname()
    with socket.socket() as sock:
        shown = [attempt(lambda: sock.connect(address)), sock.connect_ex(address) == errno.ECONNREFUSED]
    with socket.socket() as sock:
        sock.setblocking(False)
        shown.append(attempt(lambda: sock.connect(address)))
        select.select([], [sock], [], 1)
        shown += [sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED]
    return shown


def numeric_names() -> Seen:
    def ask(*args: Any, **options: Any) -> Any:
        try:
            return [tuple(map(str, info)) for info in socket.getaddrinfo(*args, **options)]
        except socket.gaierror as error:
            return ["gaierror", error.errno, error.strerror]

    tcp = {"type": socket.SOCK_STREAM}
    return [
        ask("127.0.0.1", 80, **tcp), ask("127.0.0.1", 80), ask("::1", "http", **tcp), ask("127.0.0.1", None, **tcp),
        ask(None, 80, **tcp, family=socket.AF_INET),
        ask(None, 80, **tcp, flags=socket.AI_PASSIVE, family=socket.AF_INET),
        ask("127.0.0.1", "no-such-service", **tcp), ask("127.0.0.1", 80, family=socket.AF_INET6),
        ask("name", 80, flags=socket.AI_NUMERICHOST), ask(None, None), ask("127.1", 80, **tcp),
        ask("127.0.0.1", 80, proto=socket.IPPROTO_UDP), ask(b"127.0.0.1", "443", **tcp),
        attempt(lambda: socket.gethostbyname("127.0.0.1")), attempt(lambda: socket.getservbyname("https")),
        socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV),
        attempt(lambda: socket.getprotobyname("udp")), attempt(lambda: socket.getservbyport(443)),
    ]  # fmt: skip


def datagrams() -> Seen:
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        address = other.getsockname()
        one.sendto(b"to", address)
        one.connect(address)
        one.send(b"connected")
        one.send(b"")
        time.sleep(MOMENT_S)
        shown: Seen = [other.recvfrom(2)[0], other.recv(100), other.recv(100)]
        one.send(b"cut short")
        time.sleep(MOMENT_S)
        shown += [other.recv(3), attempt(lambda: other.recv(100, socket.MSG_DONTWAIT))]
        shown += [attempt(lambda: other.send(b"to whom?")), attempt(lambda: one.send(bytes(70_000)))]
        other.close()
        one.send(b"anybody?")
        time.sleep(MOMENT_S)
        return [*shown, attempt(lambda: one.send(b"x")), one.getpeername() == address]


# --- on a loop --------------------------------------------------------------------------------------------


async def on_a_loop() -> Seen:
    loop = asyncio.get_running_loop()
    server = listening()
    server.setblocking(False)
    near = socket.socket()
    near.setblocking(False)
    accepting = asyncio.create_task(loop.sock_accept(server))
    await loop.sock_connect(near, server.getsockname())
    far, address = await accepting
    shown = [address == near.getsockname(), far.gettimeout()]
    receiving = asyncio.create_task(loop.sock_recv(far, 100))
    await asyncio.sleep(MOMENT_S)
    shown.append(receiving.done())
    await loop.sock_sendall(near, b"hello")
    shown.append(await receiving)
    buffer = bytearray(8)
    await loop.sock_sendall(near, b"into")
    shown += [await loop.sock_recv_into(far, buffer), bytes(buffer[:4])]
    body = bytes(8 << 20)
    sending = asyncio.create_task(loop.sock_sendall(near, body))
    await asyncio.sleep(MOMENT_S)
    shown.append(sending.done())
    got = 0
    while got < len(body):
        got += len(await loop.sock_recv(far, 1 << 20))
    await sending
    sent = await loop.sock_sendfile(near, io.BytesIO(b"a file" * 100))
    shown += [got, sent, len(await loop.sock_recv(far, 1000))]
    cancelled = asyncio.create_task(loop.sock_recv(far, 1))
    await asyncio.sleep(MOMENT_S)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    near.close()
    shown.append(await loop.sock_recv(far, 1))
    refused = socket.socket()
    refused.setblocking(False)
    free = server.getsockname()
    server.close()
    shown.append(await awaited(loop.sock_connect(refused, free)))
    refused.close()
    far.close()
    return shown


async def readers_and_writers() -> Seen:
    loop = asyncio.get_running_loop()
    near, far = connected()
    near.setblocking(False)
    far.setblocking(False)
    seen: Seen = []

    def read() -> None:
        seen.append(far.recv(2))
        if len(seen) == 3:
            loop.remove_reader(far)

    loop.add_reader(far, read)
    near.send(b"abcdefgh")
    await asyncio.sleep(MOMENT_S)
    shown: Seen = [list(seen), loop.remove_reader(far), far.recv(100)]
    written: list[int] = []

    def write() -> None:
        written.append(near.send(b"x"))
        if len(written) == 2:
            loop.remove_writer(near)

    loop.add_writer(near, write)
    loop.add_writer(near, write)
    await asyncio.sleep(MOMENT_S)
    shown += [written, loop.remove_writer(near), attempt(lambda: loop.add_reader(-1, print))]
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=near)
    try:
        loop.add_reader(near, print)
    except RuntimeError as error:
        shown.append(str(error).startswith("File descriptor"))
    transport.close()
    far.close()
    await asyncio.sleep(MOMENT_S)
    return shown


async def datagram_endpoints() -> Seen:
    loop = asyncio.get_running_loop()
    seen: Seen = []

    class Endpoint(asyncio.DatagramProtocol):
        def __init__(self, name: str) -> None:
            self.name = name

        def datagram_received(self, data: bytes, address: Any) -> None:
            seen.append((self.name, data))
            if self.name == "server":
                self.transport.sendto(data.upper(), address)

        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def error_received(self, error: Exception) -> None:
            seen.append((self.name, type(error).__name__))

        def connection_lost(self, error: Exception | None) -> None:
            seen.append((self.name, "lost", error))

    server, _ = await loop.create_datagram_endpoint(lambda: Endpoint("server"), local_addr=("127.0.0.1", 0))
    address = server.get_extra_info("sockname")
    client, _ = await loop.create_datagram_endpoint(lambda: Endpoint("client"), remote_addr=address)
    client.sendto(b"hello")
    await asyncio.sleep(MOMENT_S)
    server.close()
    await asyncio.sleep(MOMENT_S)
    client.sendto(b"anybody?")
    await asyncio.sleep(MOMENT_S)
    client.close()
    await asyncio.sleep(MOMENT_S)
    return [seen, client.get_extra_info("peername") == address]


PROGRAMS: list[Callable[[], Any]] = [
    talks, times_out, ends, misuse, options, copies, files, pairs, selecting, threads, refusals, numeric_names,
    datagrams, on_a_loop, readers_and_writers, datagram_endpoints,
]  # fmt: skip
