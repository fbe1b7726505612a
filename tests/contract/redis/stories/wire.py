"""Wire: bytes in whatever pieces, lines instead of arrays, and what no client should send."""

import asyncio

from tests.contract.redis.contract import Server

_GET = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"


async def pieces(server: Server) -> None:
    reader, writer = await server.raw()
    for number in range(len(_GET)):
        writer.write(_GET[number : number + 1])
        await asyncio.sleep(0)
    assert await reader.readexactly(5) == b"$-1\r\n"
    writer.write(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n" + _GET * 1000)
    assert await reader.readexactly(5 + 7 * 1000) == b"+OK\r\n" + b"$1\r\nv\r\n" * 1000


async def lines(server: Server) -> None:
    reader, writer = await server.raw()
    writer.write(b'set "a key" \'one\\\'s\'\r\n\r\nget "a key"\nPING\r\n')

    assert await reader.readexactly(5 + 11 + 7) == b"+OK\r\n$5\r\none's\r\n+PONG\r\n"


async def broken(server: Server) -> None:
    for sent, said in (
        (b"*1\r\nPING\r\n", b"-ERR Protocol error: expected '$', got 'P'\r\n"),
        (b"*99999999999\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
        (b"*1\r\n$-5\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
        (b"*1\r\n$9999999999999\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
        (b'get "open\r\n', b"-ERR Protocol error: unbalanced quotes in request\r\n"),
        (b"x" * 70_000, b"-ERR Protocol error: too big inline request\r\n"),
        (b"*" + b"1" * 70_000, b"-ERR Protocol error: too big mbulk count string\r\n"),
    ):
        reader, writer = await server.raw()
        writer.write(sent)
        assert await reader.readline() == said
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass  # It was closed with bytes left unread.
    redis = await server.client()
    assert await redis.ping()


async def protocols(server: Server) -> None:
    reader, writer = await server.raw()
    writer.write(b"HELLO 4\r\n")
    assert await reader.readline() == b"-NOPROTO unsupported protocol version\r\n"
    writer.write(b"HSET h f v\r\nHGETALL h\r\nGET none\r\nHELLO 3\r\n")
    assert await reader.readexactly(4 + 18 + 5) == b":1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n$-1\r\n"
    assert await reader.readline() == b"%7\r\n"
    writer.write(b"HGETALL h\r\nGET none\r\nECHO end\r\n")
    told = await reader.readuntil(b"end\r\n")
    assert told.endswith(b"%1\r\n$1\r\nf\r\n$1\r\nv\r\n_\r\n$3\r\nend\r\n")


async def half_sent(server: Server) -> None:
    _, writer = await server.raw()
    writer.write(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nhalf")
    await writer.drain()
    writer.close()
    redis = await server.client()

    await asyncio.sleep(0.05)

    assert await redis.exists("k") == 0


STORIES = (pieces, lines, broken, protocols, half_sent)
