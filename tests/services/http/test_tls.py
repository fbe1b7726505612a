"""The server speaks TLS where it is given a certificate, simulated and over real sockets."""

import asyncio
import ssl
from typing import Any

import pytest
import trustme

from simulator.services.http.server import HttpServer
from tests.support.hosts import Hosts
from tests.support.http_probe import Probe
from tests.support.http_raw import Raw, request

MIB = 1 << 20


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("api", "127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def visit(host: str, port: int, tls: ssl.SSLContext) -> list[Any]:
    raw = Raw(*await asyncio.open_connection(host, port, ssl=tls))
    async with raw:
        small = await raw.ask(request("PUT", "/x", "Expect: 100-continue", "Content-Length: 3"))
        echoed = await raw.ask(b"abc", "PUT")
        drawn = await raw.get("/drawn")
        refused = await raw.ask(b"GET / HTTP/1.1\r\n\r\n")
        return [small.status, echoed.body, len(drawn.body), refused.status, await raw.closed()]


EXPECTED = [100, b"/xabc", 64 * MIB, 400, b""]


def test_real(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def both() -> list[Any]:
        server = HttpServer(Probe())
        await server.start("127.0.0.1", 0, tls=contexts[0])
        try:
            async with asyncio.timeout(30):
                return await visit("127.0.0.1", server.port, contexts[1])
        finally:
            await server.stop(grace_s=1)

    assert asyncio.run(both()) == EXPECTED


def test_simulated(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def service() -> None:
        server = HttpServer(Probe())
        await server.start(None, 443, tls=contexts[0])
        await asyncio.sleep(1000)

    async def client() -> list[Any]:
        await asyncio.sleep(1)
        return await visit("api", 443, contexts[1])

    assert Hosts().run(client=client, api=service) == EXPECTED
