"""A client of redis.asyncio and a small server, whose host loses power and comes back empty."""

import asyncio
import logging

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import RedisError

from simulator import World, scenario

log = logging.getLogger("cache")
log.setLevel(logging.INFO)


class Server:
    """PING, SET, GET, INCRBY, RPUSH and BLPOP in RESP 3."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.lists: dict[bytes, list[bytes]] = {}
        self.pushed = asyncio.Condition()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while header := await reader.readline():
                words = [await _word(reader) for _ in range(int(header[1:]))]
                writer.write(await self._answer(words))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            log.info("a client is gone")
        finally:
            writer.close()

    async def _answer(self, words: list[bytes]) -> bytes:
        match [words[0].upper(), *words[1:]]:
            case [b"PING"]:
                return b"+PONG\r\n"
            case [b"SET", key, value]:
                self.values[key] = value
                return b"+OK\r\n"
            case [b"GET", key]:
                return _bulk(self.values.get(key))
            case [b"INCRBY", key, by]:
                self.values[key] = b"%d" % (int(self.values.get(key, b"0")) + int(by))
                return b":%b\r\n" % self.values[key]
            case [b"RPUSH", key, value]:
                self.lists.setdefault(key, []).append(value)
                async with self.pushed:
                    self.pushed.notify_all()
                return b":%d\r\n" % len(self.lists[key])
            case [b"BLPOP", key, seconds]:
                return await self._popped(key, float(seconds))
            case [b"HELLO", *_]:
                return b"%2\r\n$6\r\nserver\r\n$5\r\nsmall\r\n$5\r\nproto\r\n:3\r\n"
            case [b"CLIENT" | b"SELECT", *_]:
                return b"+OK\r\n"
        return b"-ERR unknown command\r\n"

    async def _popped(self, key: bytes, seconds: float) -> bytes:
        try:
            async with asyncio.timeout(seconds or None), self.pushed:
                await self.pushed.wait_for(lambda: self.lists.get(key))
        except TimeoutError:
            return b"_\r\n"
        return b"*2\r\n%b%b" % (_bulk(key), _bulk(self.lists[key].pop(0)))


def _bulk(value: bytes | None) -> bytes:
    return b"_\r\n" if value is None else b"$%d\r\n%b\r\n" % (len(value), value)


async def _word(reader: asyncio.StreamReader) -> bytes:
    size = int((await reader.readline())[1:])
    return (await reader.readexactly(size + 2))[:-2]


async def serve() -> None:
    """The server's program: what it holds is gone with its host's power."""
    async with await asyncio.start_server(Server().talk, "0.0.0.0", 6379) as server:
        await server.serve_forever()


async def use() -> None:
    """The client's program."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(1)
    async with Redis(host="redis", decode_responses=True, socket_timeout=5, retry=Retry(NoBackoff(), 0)) as redis:
        log.info("begun", extra={"ping": await redis.ping(), "set": await redis.set("key", "value" * 1000)})
        async with redis.pipeline(transaction=False) as pipe:
            for number in range(50):
                pipe.incrby("sum", number)
            log.info("pipeline", extra={"sum": (await pipe.execute())[-1]})
        begun_s = loop.time()
        nothing = await redis.blpop(["queue"], timeout=3)
        log.info("waited in vain", extra={"popped": nothing, "about_s": round(loop.time() - begun_s, 1)})
        await asyncio.sleep(20)  # The power fails meanwhile.
        for _ in range(4):
            try:
                log.info("asked", extra={"kept": await redis.get("key") is not None})
            except RedisError as error:
                log.info("asked", extra={"error": type(error).__name__})
            await asyncio.sleep(10)
    patient = Retry(ExponentialBackoff(cap=8, base=0.5), 10)
    async with Redis(host="redis", decode_responses=True, socket_timeout=None, retry=patient) as redis:
        popped = await redis.blpop(["queue"], timeout=0)
        log.info("popped", extra={"popped": popped and popped[1], "at_s": round(loop.time())})


async def push() -> None:
    """Another client's program: gives the first what it waits for, an hour later."""
    await asyncio.sleep(3600)
    async with Redis(host="redis") as redis:
        await redis.rpush("queue", "at last")


@scenario()
async def cache(world: World) -> None:
    """The client sees the power cut as time-outs, connects again, and waits in virtual time."""
    server = world.host("redis")
    server.run(serve)
    client = world.host("client").run(use)
    world.host("other").run(push)
    await asyncio.sleep(10)
    server.crash()
    await asyncio.sleep(30)
    server.boot()
    assert await client.wait() == 0
