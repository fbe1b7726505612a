"""Programs over streams and transports that say what they saw; each runs on a real loopback and in simulation.

They name only what every machine must show: never a port, a size of a kernel's buffer or a time.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

Seen = list[Any]
MOMENT_S = 0.05  # Long enough on a real machine for what is under way to arrive.
MUCH = 24 << 20  # More than all buffers between two sockets.


class Told(asyncio.Protocol):
    """A protocol that writes down what is called."""

    def __init__(self, name: str, seen: Seen, *, keep_open: bool = False) -> None:
        self.name, self.seen, self.keep_open = name, seen, keep_open
        self.lost = asyncio.get_running_loop().create_future()
        self.made = asyncio.get_running_loop().create_future()
        self.got = bytearray()
        self.transport: Any = None

    def say(self, *words: Any) -> None:
        self.seen.append((self.name, *words))

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.say("made")
        self.made.set_result(None)

    def data_received(self, data: bytes) -> None:
        assert type(data) is bytes
        self.got += data

    def eof_received(self) -> bool:
        self.say("eof", len(self.got))
        return self.keep_open

    def connection_lost(self, error: Exception | None) -> None:
        self.say("lost", type(error).__name__)
        self.lost.set_result(None)

    def pause_writing(self) -> None:
        self.say("pause")

    def resume_writing(self) -> None:
        self.say("resume")


class Pair:
    """A client and a server protocol, connected."""

    def __init__(self, seen: Seen, *, keep_open: bool = False, **kinds: Callable[[], Any]) -> None:
        self.seen, self.keep_open, self.kinds = seen, keep_open, kinds

    def _make(self, name: str) -> Any:
        make = self.kinds.get(name)
        return make() if make is not None else Told(name, self.seen, keep_open=self.keep_open)

    async def __aenter__(self) -> "Pair":
        loop = asyncio.get_running_loop()
        accepted = loop.create_future()

        def serve() -> Any:
            accepted.set_result(self._make("server"))
            return accepted.result()

        self.listening = await loop.create_server(serve, "127.0.0.1", 0)
        address = self.listening.sockets[0].getsockname()
        _, self.client = await loop.create_connection(lambda: self._make("client"), *address)
        self.server = await accepted
        await self.server.made
        self.near, self.far = self.client.transport, self.server.transport
        self.seen.clear()  # Which side is told first is nobody's promise.
        return self

    async def __aexit__(self, *_: object) -> None:
        self.listening.close()
        for transport in (self.near, self.far):
            if not transport.is_closing():  # asyncio's own abort fails after a close that had to flush.
                transport.abort()
        await moment()


async def moment() -> None:
    await asyncio.sleep(MOMENT_S)


def of(seen: Seen, name: str) -> Seen:
    return [words[1:] for words in seen if words[0] == name]


def both(pair: Pair) -> Seen:
    return [of(pair.seen, "client"), of(pair.seen, "server"), len(pair.client.got), len(pair.server.got)]


# --- reading and writing ------------------------------------------------------------------------------------


async def backpressure() -> Seen:
    async with Pair([]) as pair:
        pair.far.pause_reading()
        written = 0
        while not of(pair.seen, "client"):
            pair.near.write(bytes(64 << 10))
            written += 64 << 10
        await moment()
        held = [of(pair.seen, "client"), pair.near.get_write_buffer_size() > 64 << 10, written < MUCH]
        pair.far.resume_reading()
        while len(pair.server.got) < written:
            await moment()
        return [held, of(pair.seen, "client"), pair.near.get_write_buffer_size()]


async def limits() -> Seen:
    async with Pair([]) as pair:
        near, shown = pair.near, []
        shown.append(near.get_write_buffer_limits())
        near.set_write_buffer_limits(high=0)
        shown.append(near.get_write_buffer_limits())
        near.set_write_buffer_limits(low=10)
        shown.append(near.get_write_buffer_limits())
        try:
            near.set_write_buffer_limits(high=1, low=2)
        except ValueError as error:
            shown.append(str(error))
        return shown


async def pausing() -> Seen:
    async with Pair([]) as pair:
        pair.far.pause_reading()
        pair.far.pause_reading()
        pair.near.write(b"held")
        await moment()
        shown = [pair.far.is_reading(), bytes(pair.server.got)]
        pair.far.resume_reading()
        pair.far.resume_reading()
        await moment()
        return [*shown, pair.far.is_reading(), bytes(pair.server.got)]


async def bad_writes() -> Seen:
    async with Pair([]) as pair:
        said = []
        for bad in ("text", 5, None):
            try:
                pair.near.write(bad)
            except TypeError as error:
                said.append(str(error))
        pair.near.write(b"")
        pair.near.writelines([])
        pair.near.write_eof()
        acts: list[Callable[[], Any]] = [lambda: pair.near.write(b"x"), lambda: pair.near.writelines([b"x"])]
        for act in acts:
            try:
                act()
            except RuntimeError as error:
                said.append(type(error).__name__)
        return said


async def kinds_of_bytes() -> Seen:
    async with Pair([]) as pair:
        changing = bytearray(b"array ")
        pair.near.write(changing)
        changing[:] = b"later!"
        pair.near.write(memoryview(b"a view of bytes")[2:7])
        pair.near.writelines([b"one ", bytearray(b"two "), memoryview(b"three")])
        await moment()
        return [bytes(pair.server.got)]


async def buffered_protocol() -> Seen:
    seen: Seen = []

    class Buffered(asyncio.BufferedProtocol):
        def __init__(self) -> None:
            self.buffer, self.got = bytearray(7), b""
            self.made = asyncio.get_running_loop().create_future()

        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.made.set_result(None)

        def get_buffer(self, sizehint: int) -> bytearray:
            return self.buffer

        def buffer_updated(self, nbytes: int) -> None:
            self.got += bytes(self.buffer[:nbytes])
            seen.append(("sizes", nbytes))

        def eof_received(self) -> None:
            seen.append(("sizes", "eof"))

    async with Pair(seen, server=Buffered) as pair:
        pair.near.write(b"twenty bytes exactly")
        await moment()
        pair.near.write_eof()
        await moment()
        return [pair.server.got, of(seen, "sizes")]


async def errors_of_the_protocol() -> Seen:
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: told.append((context["message"], repr(context["exception"])))
    )

    class Broken(Told):
        def data_received(self, data: bytes) -> None:
            raise ZeroDivisionError("mine")

    seen: Seen = []
    async with Pair(seen, server=lambda: Broken("server", seen)) as pair:
        pair.near.write(b"x")
        await asyncio.gather(pair.client.lost, pair.server.lost)
        return [told, of(seen, "server")]


async def what_a_transport_tells() -> Seen:
    async with Pair([]) as pair:
        near, far = pair.near, pair.far
        sock = near.get_extra_info("socket")
        return [
            near.get_extra_info("peername") == far.get_extra_info("sockname"),
            near.get_extra_info("sockname") == far.get_extra_info("peername"),
            near.get_extra_info("nothing", "default"),
            sock.family == socket.AF_INET, sock.type == socket.SOCK_STREAM, sock.gettimeout(), sock.fileno() > 0,
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), sock.getpeername() == far.get_extra_info("sockname"),
            near.get_protocol() is pair.client, type(sock).__name__, near.get_extra_info("sslcontext"),
        ]  # fmt: skip


async def another_protocol() -> Seen:
    async with Pair([]) as pair:
        other = Told("other", pair.seen)
        pair.near.write(b"first")
        await moment()
        pair.far.set_protocol(other)
        pair.near.write(b"second")
        await moment()
        return [bytes(pair.server.got), bytes(other.got)]


# --- streams ------------------------------------------------------------------------------------------------


async def stream_pair(limit: int = 1 << 16) -> Any:
    accepted = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda r, w: accepted.set_result((r, w)), "127.0.0.1", 0, limit=limit)
    near = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=limit)
    return server, near, await accepted


async def reads() -> Seen:
    server, (_, writer), (reader, answer) = await stream_pair(limit=64)
    writer.write(b"line one\nline two\nexact" + b"until;")
    shown: Seen = [await reader.readline(), await reader.readline()]
    shown += [await reader.readexactly(5), await reader.readuntil(b";")]
    writer.write(b"x" * 200 + b"\nafter\n")
    await moment()
    try:
        await reader.readline()
    except ValueError as error:
        shown.append(str(error))
    shown.append(await reader.readline())
    writer.write(b"short")
    writer.write_eof()
    try:
        await reader.readexactly(1000)
    except asyncio.IncompleteReadError as error:
        shown.append((error.partial, error.expected))
    shown += [await reader.read(), reader.at_eof()]
    for one in (writer, answer):
        one.close()
        await one.wait_closed()
    server.close()
    return shown


async def drains() -> Seen:
    server, (_, writer), (reader, answer) = await stream_pair()
    done: list[int] = []

    async def fill() -> None:
        for number in range(200):
            writer.write(bytes(256 << 10))
            await writer.drain()
            done.append(number)

    filling = asyncio.create_task(fill())
    await moment()
    held = 0 < len(done) < 150
    total = 0
    while total < 200 * (256 << 10):
        total += len(await reader.read(1 << 20))
    await filling
    for one in (writer, answer):
        one.close()
    server.close()
    return [held, len(done), total]


async def drain_after_a_reset() -> Seen:
    server, (_, writer), (_, answer) = await stream_pair()
    answer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    answer.transport.abort()
    await moment()
    shown = []
    for _ in range(2):
        try:
            writer.write(b"x")
            await writer.drain()
        except OSError as error:
            shown.append(type(error).__name__)
    try:
        writer.close()
        await writer.wait_closed()
    except OSError as error:
        shown.append(type(error).__name__)
    server.close()
    return shown


PROGRAMS: list[Callable[[], Coroutine[Any, Any, Seen]]] = [
    backpressure, limits, pausing, bad_writes, kinds_of_bytes, buffered_protocol, errors_of_the_protocol,
    what_a_transport_tells, another_protocol, reads, drains, drain_after_a_reset,
]  # fmt: skip
