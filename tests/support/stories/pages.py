"""A client and a server of aiohttp on two hosts; the network between them parts, and the client tries again."""

import asyncio
import logging
from typing import Any

import aiohttp
from aiohttp import web

from simulator import World, scenario

log = logging.getLogger("pages")
log.setLevel(logging.INFO)


async def serve() -> None:
    """The server's program: an echo, a stream of pieces, and a websocket."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read(), headers={"X-Attempt": request.headers["X-Attempt"]})

    async def pieces(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for number in range(20):
            await answer.write(b"%d;" % number)
            await asyncio.sleep(0.1)
        return answer

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=2)
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data.upper())
        log.info("the socket is closed", extra={"code": socket.close_code})
        return socket

    app = web.Application()
    app.add_routes([web.post("/echo", echo), web.get("/pieces", pieces), web.get("/talk", talk)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 80).start()
    await asyncio.Event().wait()


async def browse() -> None:
    """The client's program."""
    await asyncio.sleep(1)
    async with aiohttp.ClientSession("http://server", timeout=aiohttp.ClientTimeout(total=3)) as http:
        async with http.ws_connect("/talk") as socket:
            await socket.send_str("hello")
            log.info("talked", extra={"answer": await socket.receive_str()})
        async with http.get("/pieces") as answer:
            parts = [part async for part in answer.content.iter_any()]
            log.info("pieces", extra={"text": b"".join(parts).decode(), "several": len(parts) > 1})
        for number in range(8):
            await _insist(http, number)
            await asyncio.sleep(2)


async def _insist(http: Any, number: int) -> None:
    attempt = 0
    while True:
        attempt += 1
        try:
            async with http.post("/echo", data=b"%d" % number, headers={"X-Attempt": str(attempt)}) as answer:
                body = int(await answer.read())
                log.info("answered", extra={"request": number, "body": body, "attempts": attempt})
                return
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("again", extra={"request": number, "after": type(error).__mro__[1].__name__})
            await asyncio.sleep(0.5)


@scenario()
async def pages(world: World) -> None:
    """Every request is answered in the end, though the network parts for ten seconds."""
    world.host("server").run(serve)
    client = world.host("client").run(browse)
    await asyncio.sleep(8)
    world.network.partition("client", "server")
    await asyncio.sleep(10)
    world.network.heal("client", "server")
    assert await client.wait() == 0
