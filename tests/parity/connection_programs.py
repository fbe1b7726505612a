"""Programs about how connections come and go that say what they saw; see `stream_programs` for the rules."""

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any

from tests.parity.stream_programs import MUCH, Pair, Seen, Told, both, moment, of

# --- the ends of a connection -----------------------------------------------------------------------------


async def polite_close() -> Seen:
    async with Pair([]) as pair:
        pair.near.write(b"hello")
        pair.near.close()
        pair.near.close()
        await asyncio.gather(pair.client.lost, pair.server.lost)
        return both(pair)


async def close_flushes() -> Seen:
    async with Pair([]) as pair:
        pair.near.write(bytes(MUCH))
        pair.near.close()
        closing = [pair.near.is_closing(), pair.near.is_reading(), pair.near.get_write_buffer_size() > 0]
        await asyncio.gather(pair.client.lost, pair.server.lost)
        return [closing, *both(pair)]


async def abort_drops() -> Seen:
    async with Pair([]) as pair:
        pair.far.pause_reading()
        pair.near.write(bytes(MUCH))
        await moment()
        pair.near.abort()
        size = pair.near.get_write_buffer_size()
        await pair.client.lost
        pair.far.resume_reading()
        await pair.server.lost
        return [
            size,
            of(pair.seen, "client"),
            [words[0] for words in of(pair.seen, "server")],
            0 < len(pair.server.got) < MUCH,
        ]


async def half_close() -> Seen:
    async with Pair([], keep_open=True) as pair:
        pair.near.write(b"question")
        pair.near.write_eof()
        pair.near.write_eof()
        await moment()
        pair.far.write(b"answer")
        await moment()
        open_still = [pair.near.is_closing(), pair.far.is_closing(), pair.far.is_reading()]
        pair.far.close()
        await pair.server.lost
        await moment()
        return [open_still, *both(pair)]


async def eof_waits_for_the_buffer() -> Seen:
    async with Pair([], keep_open=True) as pair:
        pair.near.write(bytes(MUCH))
        pair.near.write_eof()
        await moment()
        while len(pair.server.got) < MUCH:
            await moment()
        await moment()
        return [pair.near.can_write_eof(), *both(pair)]


async def reset_by_linger() -> Seen:
    async with Pair([]) as pair:
        sock = pair.near.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        pair.near.abort()
        await asyncio.gather(pair.client.lost, pair.server.lost)
        return both(pair)


async def close_with_bytes_unread() -> Seen:
    async with Pair([]) as pair:
        pair.far.pause_reading()
        pair.near.write(b"unread")
        await moment()
        pair.far.close()
        await asyncio.gather(pair.client.lost, pair.server.lost)
        return both(pair)


async def writes_after_the_other_side_left() -> Seen:
    async with Pair([], keep_open=True) as pair:
        pair.far.close()
        await pair.server.lost
        await moment()
        pair.near.write(b"one")
        await moment()
        pair.near.write(b"two")
        await pair.client.lost
        return both(pair)


async def a_reset_is_not_seen_by_who_does_not_read() -> Seen:
    async with Pair([]) as pair:
        pair.near.pause_reading()
        sock = pair.far.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        pair.far.abort()
        await moment()
        before = of(pair.seen, "client")
        pair.near.write(b"x")
        await pair.client.lost
        return [before, *both(pair)]


async def late_writes_are_logged() -> Seen:
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)
    try:
        async with Pair([]) as pair:
            pair.near.close()
            for _ in range(8):
                pair.near.write(b"late")
            await pair.client.lost
    finally:
        logger.removeHandler(handler)
    return logged


async def refused() -> Seen:
    loop = asyncio.get_running_loop()
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    address = free.getsockname()
    free.close()
    try:
        await loop.create_connection(asyncio.Protocol, *address)
    except OSError as error:
        return [type(error).__name__, error.errno, str(error).replace(str(address[1]), "PORT")]
    return ["connected"]


# --- servers ------------------------------------------------------------------------------------------------


async def servers() -> Seen:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, start_serving=False)
    shown: Seen = [server.is_serving(), len(server.sockets)]
    await server.start_serving()
    shown.append(server.is_serving())
    forever = asyncio.create_task(server.serve_forever())
    await moment()
    forever.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await forever
    shown += [server.is_serving(), server.sockets]
    await server.wait_closed()
    return shown


async def a_port_in_use() -> Seen:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    shown: Seen = []
    try:
        await loop.create_server(asyncio.Protocol, *address)
    except OSError as error:
        shown += [error.errno, str(error).replace(str(address[1]), "PORT")]
    server.close()
    again = await loop.create_server(asyncio.Protocol, *address)
    again.close()
    return shown


async def closing_a_server_keeps_its_connections() -> Seen:
    async with Pair([]) as pair:
        pair.listening.close()
        await moment()
        pair.near.write(b"still here")
        await moment()
        return [bytes(pair.server.got), pair.near.is_closing()]


async def unix_sockets() -> Seen:
    loop = asyncio.get_running_loop()
    path = f"/tmp/soundstage-parity-{id(loop)}.sock"
    seen: Seen = []
    server = await loop.create_unix_server(lambda: Told("server", seen), path)
    transport, client = await loop.create_unix_connection(lambda: Told("client", seen), path)
    transport.write(b"over a path")
    transport.write_eof()
    await client.lost
    shown = [
        transport.get_extra_info("peername") == path, transport.get_extra_info("sockname"), of(seen, "client"),
        of(seen, "server"),
    ]  # fmt: skip
    server.close()
    try:
        await loop.create_unix_connection(asyncio.Protocol, path + ".none")
    except OSError as error:
        shown.append(type(error).__name__)
    return shown


PROGRAMS: list[Callable[[], Coroutine[Any, Any, Seen]]] = [
    polite_close, close_flushes, abort_drops, half_close, eof_waits_for_the_buffer, reset_by_linger,
    close_with_bytes_unread, writes_after_the_other_side_left, a_reset_is_not_seen_by_who_does_not_read,
    late_writes_are_logged, refused, servers, a_port_in_use, closing_a_server_keeps_its_connections, unix_sockets,
]  # fmt: skip
