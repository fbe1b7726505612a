"""An app may word its errors, take bodies as they come, name its events and have troubles of its own."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from simulator.errors import Misuse
from simulator.services.http.limits import Limits
from simulator.services.http.message import Request, Response
from simulator.services.http.server import HttpServer, serve
from simulator.services.http.troubles import HTTP_SURFACE
from simulator.services.trouble import Switchboard, kind_of_trouble, surface
from simulator.world.network import LAN
from tests.support.hosts import Hosts
from tests.support.http_arms import Arm
from tests.support.http_raw import Raw, request


class Store:
    """Takes bodies as they come; answers in its own words."""

    events = "store"

    def __init__(self) -> None:
        surface_of_its_own = surface(kind_of_trouble("forgetful", "It keeps nothing.", count=1))
        self.troubles = Switchboard(HTTP_SURFACE | surface_of_its_own)
        self.kept: dict[str, list[int]] = {}

    def operation(self, request: Request) -> tuple[str, str]:
        return "Keep" if request.method == "PUT" else "Show", request.path

    def early(self, request: Request) -> Response | None:
        return None

    def sink(self, request: Request) -> Callable[[bytes], object] | None:
        if request.method != "PUT":
            return None
        request.context = sizes = self.kept[request.path] = []
        return lambda piece: sizes.append(len(piece))

    def answer(self, request: Request) -> Response:
        if request.troubles:
            self.kept.clear()
        return Response(200, body=[f"{request.size} {len(request.body)} {sum(request.context or ())}".encode()])

    def failure(self, request: Request | None, status: int, code: str) -> Response:
        return Response(status, [("Content-Type", "x/y")], [f"<{status} {code} {request and request.path}>".encode()])


def test_bodies_go_to_a_sink_as_they_come(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[str]:
        async with await Raw.to(host, port) as raw:
            put = await raw.ask(request("PUT", "/a", body=b"x" * 3_000_000))
            chunked = await raw.ask(
                request("PUT", "/b", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            )
            return [put.text, chunked.text, (await raw.get("/a")).text]

    app = Store()

    assert arm.visit(app, visit) == ["3000000 0 3000000", "5 0 5", "0 0 0"]
    assert len(app.kept["/a"]) > 1


def test_errors_are_in_the_words_of_the_service(arm: Arm) -> None:
    async def visit(host: str, port: int) -> list[str]:
        said = []
        for sent in (request("GET", "/a"), request("PUT", "/b", "Content-Length: 99999999999"), b"no request\r\n\r\n"):
            async with await Raw.to(host, port) as raw:
                said.append((await raw.ask(sent, "GET")).text)
        return said

    assert arm.visit(Store(), visit, "throttled:times=1") == ["<503 SlowDown /a>", "<413  /b>", "<400  None>"]


def test_events_are_of_the_family_of_the_service(arm: Arm) -> None:
    async def visit(host: str, port: int) -> None:
        async with await Raw.to(host, port) as raw:
            await raw.ask(request("PUT", "/a", body=b"abc"))

    arm.visit(Store(), visit)

    (heard,), (answered,) = arm.told.of("store.request"), arm.told.of("store.response")
    asked = {"operation": "Keep", "key": "/a", "method": "PUT", "target": "/a", "bytes": 3, "checksum": ""}
    assert heard == {**asked, "conn": heard["conn"]}
    assert (answered["status"], answered["bytes"], answered["conn"]) == (200, 5, heard["conn"])


def test_troubles_of_its_own_are_left_to_the_service(arm: Arm) -> None:
    app = Store()

    async def visit(host: str, port: int) -> int:
        async with await Raw.to(host, port) as raw:
            return (await raw.ask(request("PUT", "/a", body=b"abc"))).status

    assert arm.visit(app, visit, "forgetful", "slow-first-byte:seconds=0.01") == 200
    assert app.kept == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_program_serves_until_it_is_told_to_end(number: int) -> None:
    async def main() -> tuple[int, bool]:
        listening: asyncio.Future[HttpServer] = asyncio.get_running_loop().create_future()
        serving = asyncio.ensure_future(serve(Store(), "127.0.0.1", 0, ready=listening.set_result))
        server = await listening
        async with await Raw.to("127.0.0.1", server.port) as raw:
            status = (await raw.get("/a")).status
            os.kill(os.getpid(), number)
            await asyncio.wait_for(serving, 5)
            return status, not server.connections

    assert asyncio.run(main()) == (200, True)


def test_a_program_on_a_host_ends_in_order_when_it_is_terminated() -> None:
    hosts = Hosts(link=LAN)

    async def client() -> tuple[int, bytes]:
        await asyncio.sleep(1)
        async with await Raw.to("api", 80) as raw:
            status = (await raw.get("/a")).status
            service.terminate()
            return status, await raw.closed()

    async def api() -> None:
        await serve(Store(), None, 80)

    service: Any = hosts.start("api", api)

    assert hosts.run(client=client) == (200, b"")
    assert service.exit_codes in ([], [0])


def test_limits_are_positive() -> None:
    with pytest.raises(Misuse, match="idle_s is 0"):
        Limits(idle_s=0)
