"""Reports are taken over HTTP, and written behind the answer; at its end the server stops."""

import asyncio
import random

import aiohttp
from aiohttp import web

from patience import patiently, redis_client

REPORTS, PORT = 8, 8080


class Server:
    """Takes reports, and writes them in the background."""

    def __init__(self, redis):
        self.redis, self.queue = redis, asyncio.Queue()

    async def take(self, request):
        """Promise to write a report."""
        self.queue.put_nowait(await request.text())
        return web.Response(status=202)

    async def write(self):
        """Write what was promised."""
        while True:
            report = await self.queue.get()
            await patiently(self.redis.sadd, "reports", report)
            self.queue.task_done()

    async def run(self, stop):
        """Serve until it is to stop."""
        app = web.Application()
        app.router.add_post("/", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", PORT).start()
        writer = asyncio.create_task(self.write())
        await stop.wait()
        await runner.cleanup()
        await self.queue.join()  # A promise is a promise.
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


async def main():
    stop = asyncio.Event()
    async with redis_client() as redis:
        serving = asyncio.create_task(Server(redis).run(stop))
        await asyncio.sleep(1)
        async with aiohttp.ClientSession() as session:
            for number in range(REPORTS):
                await asyncio.sleep(random.uniform(1, 7))
                async with session.post(f"http://127.0.0.1:{PORT}/", data=f"report {number}") as answer:
                    assert answer.status == 202
        await asyncio.sleep(0.2)
        stop.set()
        await serving
        missing = {f"report {number}" for number in range(REPORTS)} - await patiently(redis.smembers, "reports")
        assert not missing, f"promised, and never written: {sorted(missing)}"


asyncio.run(main())
