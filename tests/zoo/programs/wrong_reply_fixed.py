"""A directory service keeps one connection to its store, and gives every question a second."""

import asyncio
import os
import random
from urllib.parse import urlsplit

from patience import PASSING, patiently, redis_client

NAMES = {f"name:{number}": f"number {number}" for number in range(8)}


class Line:
    """One connection, one question at a time."""

    def __init__(self):
        self.lock, self.reader, self.writer = asyncio.Lock(), None, None

    async def ask(self, *words):
        """Send a command and read its reply."""
        async with self.lock:
            try:
                if self.writer is None:
                    place = urlsplit(os.environ["REDIS_URL"])
                    self.reader, self.writer = await asyncio.open_connection(place.hostname, place.port)
                self.writer.write(" ".join(words).encode() + b"\r\n")
                return await self.reply()
            except BaseException:  # Cancelled as well: the reply is still to come, and nobody must take it for his.
                self.hang_up()
                raise

    async def reply(self):
        """Read one string from the connection."""
        head = await self.reader.readuntil(b"\r\n")
        if head[:1] != b"$":
            raise OSError(head.decode())
        return (await self.reader.readexactly(int(head[1:]) + 2))[:-2].decode()

    def hang_up(self):
        """The next question gets a connection of its own."""
        if self.writer is not None:
            self.writer.close()
        self.writer = None


async def look_up(line, name):
    """Ask for a name, again and again if need be, but never wait for long."""
    while True:
        try:
            async with asyncio.timeout(1):
                return await line.ask("GET", name)
        except (*PASSING, EOFError):
            await asyncio.sleep(1)


async def main():
    async with redis_client() as redis:
        await patiently(redis.mset, NAMES)
    line = Line()
    for _ in range(30):
        await asyncio.sleep(random.uniform(1, 3))
        name = random.choice(list(NAMES))
        found = await look_up(line, name)
        assert found == NAMES[name], f"asked for {name}, was told {found!r}"
    line.hang_up()


asyncio.run(main())
