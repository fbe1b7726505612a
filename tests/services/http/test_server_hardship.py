"""Bad input and crowds do not take the server down, and it ends in order, simulated and over real sockets."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from simulator.services.http.limits import Limits
from simulator.services.http.server import HttpServer
from tests.support.http_arms import Arm
from tests.support.http_probe import MIB, Probe, talk
from tests.support.http_raw import Raw, request

# --- bad input and crowds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (request("PUT", "/", "Content-Length: 3", "Transfer-Encoding: chunked"), 400),
        (b"GET /" + b"a" * 30_000, 414),
        (request("GET", "/", *[f"X-{n}: a" for n in range(300)]), 431),
        (request("PUT", "/", "Content-Length: 100000000000"), 413),
        (request("PUT", "/", "Transfer-Encoding: gzip, chunked"), 501),
        (b"GET / HTTP/3.0\r\n\r\n", 505),
        (request("PUT", "/", "Transfer-Encoding: chunked") + b"oops\r\n", 400),
    ],
)
def test_bad_input_is_told_and_the_connection_ends(arm: Arm, sent: bytes, status: int) -> None:
    app = Probe()

    async def visit(host: str, port: int) -> list[Any]:
        async with await Raw.to(host, port) as raw:
            answer = await raw.ask(sent, "GET")
            # What it sends afterwards is nobody's request, whatever it looks like.
            raw.send(request("GET", "/smuggled"))
            ended = await raw.closed()
        async with await Raw.to(host, port) as raw:
            return [answer.status, answer.headers["connection"], ended, (await raw.get("/x")).status]

    assert arm.visit(app, visit) == [status, "close", b"", 200]
    assert app.asked == ["/x"]
    (event,) = arm.told.of("http.refused")
    assert event["status"] == status
    assert event["why"]


def test_an_endless_body_is_refused_when_it_is_too_long(arm: Arm) -> None:
    async def talking(raw: Raw) -> int:
        raw.send(request("PUT", "/x", "Transfer-Encoding: chunked"))
        for _ in range(20):
            raw.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await raw.writer.drain()
        return (await raw.answer("PUT")).status

    assert talk(arm, talking, body_bytes_max=MIB) == 413


def test_more_connections_than_the_limit_are_turned_away(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[int]:
        many = [await Raw.to(host, port) for _ in range(3)]
        await asyncio.sleep(arm.unit_s / 10)
        statuses = []
        for raw in many[:2]:
            statuses.append((await raw.get("/x")).status)
        statuses.append((await many[2].answer()).status)
        many[0].writer.close()
        await asyncio.sleep(arm.unit_s / 10)
        async with await Raw.to(host, port) as raw:
            statuses.append((await raw.get("/x")).status)
        for raw in many:
            raw.writer.close()
        return statuses

    assert arm.visit(Probe(), visit, limits=Limits(connections_max=2)) == [200, 200, 503, 200]


def test_ten_thousand_idle_connections_leave_the_service_awake(arm: Arm) -> None:
    # Each end of a real one is a descriptor of this process.
    count = 10_000 if arm.name == "simulated" else 400

    async def visit(host: str, port: int) -> tuple[int, int]:
        crowd = []
        for _ in range(count // 100):
            crowd += await asyncio.gather(*[asyncio.open_connection(host, port) for _ in range(100)])
        async with await Raw.to(host, port) as raw:
            statuses = [(await raw.get(f"/{n}")).status for n in range(50)]
        assert arm.server is not None
        there = len(arm.server.connections)
        for _, writer in crowd:
            writer.close()
        return there, statuses.count(200)

    there, answered = arm.visit(Probe(), visit)

    assert there >= count
    assert answered == 50


# --- stopping -------------------------------------------------------------------------------------------


def test_a_server_that_stops_finishes_what_is_under_way_and_begins_nothing(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[Any]:
        server = arm.server
        assert server is not None
        under_way, idle, begun = [await Raw.to(host, port) for _ in range(3)]
        under_way.send(request("GET", "/later"))
        await idle.get("/x")
        begun.send(request("PUT", "/y", "Content-Length: 3"))
        await asyncio.sleep(arm.unit_s / 4)
        loop = server.loop
        stopping = asyncio.ensure_future(on(loop, lambda: server.stop(grace_s=10 * arm.unit_s)))
        await asyncio.sleep(arm.unit_s / 4)
        refused = await refuses(host, port)
        begun.send(b"abc")
        found = [refused, await idle.closed(), (await begun.answer("PUT")).headers["connection"]]
        answer = await under_way.answer()
        found += [answer.body, answer.headers["connection"], await under_way.closed()]
        await stopping
        for raw in (under_way, idle, begun):
            raw.writer.close()
        return found

    assert arm.visit(Probe(arm.unit_s), visit) == [True, b"", "close", b"later", "close", b""]


def test_what_takes_longer_than_the_grace_is_cut(arm: Arm) -> None:
    async def visit(host: str, port: int) -> Any:
        server = arm.server
        assert server is not None
        async with await Raw.to(host, port) as raw:
            raw.send(request("GET", "/later"))
            await asyncio.sleep(arm.unit_s / 10)
            await on(server.loop, lambda: server.stop(grace_s=arm.unit_s / 10))
            try:
                return await raw.closed()
            except ConnectionResetError:
                return b""

    assert arm.visit(Probe(arm.unit_s), visit) == b""


async def refuses(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return True
    writer.close()
    return False


async def on(loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[None]]) -> None:
    """Do something on the server's loop, which in a simulation is another host's."""
    here = asyncio.get_running_loop()
    if loop is here:
        await work()
        return
    done = here.create_future()

    async def doing() -> None:
        await work()
        here.call_soon_threadsafe(done.set_result, None)

    loop.call_soon_threadsafe(lambda: loop.create_task(doing()))
    await done


def test_what_a_server_is_doing_can_be_seen(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[str]:
        server = arm.server
        assert isinstance(server, HttpServer)
        raws = [await Raw.to(host, port) for _ in range(4)]
        raws[1].send(b"GET")
        raws[2].send(request("PUT", "/x", "Content-Length: 3"))
        raws[3].send(request("GET", "/later"))
        await asyncio.sleep(arm.unit_s / 4)
        states = [connection.state for connection in server.connections.values()]
        assert "4 connections, 1 requests so far" in repr(server)
        for raw in raws:
            raw.writer.close()
        return states

    assert arm.visit(Probe(arm.unit_s), visit) == ["idle", "head", "body", "busy"]
