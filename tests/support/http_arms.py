"""Runs one body of tests against an HTTP service in two worlds: simulated hosts, and sockets of this machine."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from simulator.kernel.state import here
from simulator.services.http.limits import STANDARD, Limits
from simulator.services.http.server import HttpServer, serve
from simulator.services.http.troubles import HTTP_SURFACE
from simulator.services.trouble import Switchboard
from simulator.world.network import LAN
from tests.support.hosts import Hosts

Visit = Callable[[str, int], Coroutine[Any, Any, Any]]


class Told:
    """Events, as a service tells them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, kind: str, **fields: Any) -> None:
        self.events.append((kind, fields))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.events if name == kind]


class Arm:
    """A world in which a service runs and somebody visits it; `unit_s` is a wait that is long there."""

    name: str
    unit_s: float

    def __init__(self) -> None:
        self.told = Told()
        self.server: HttpServer | None = None
        self.logged: list[str] = []

    def __repr__(self) -> str:
        return self.name

    def options(self, app: Any, *troubles: str, limits: Limits = STANDARD) -> dict[str, Any]:
        board: Switchboard = getattr(app, "troubles", None) or Switchboard(HTTP_SURFACE)
        board.tell = self.told
        for trouble in troubles:
            board.on(trouble)
        return {"troubles": board, "limits": limits, "tell": self.told, "name": getattr(app, "name", "")}

    def visit(self, app: Any, visit: Visit, *troubles: str, limits: Limits = STANDARD) -> Any:
        raise NotImplementedError


class Simulated(Arm):
    name = "simulated"
    unit_s = 10.0

    def visit(self, app: Any, visit: Visit, *troubles: str, limits: Limits = STANDARD) -> Any:
        options = self.options(app, *troubles, limits=limits)

        async def service() -> None:
            more_descriptors()
            await serve(app, None, 80, ready=lambda server: setattr(self, "server", server), **options)

        async def visitor() -> Any:
            more_descriptors()
            await asyncio.sleep(0.1)
            return await visit("api", 80)

        hosts = Hosts(link=LAN)
        try:
            return hosts.run(visitor=visitor, api=service)
        finally:
            self.logged = (
                [event.fields["message"] for event in hosts.recorder.trace().of("log")] if hosts.recorder else []
            )


def more_descriptors() -> None:
    """What `ulimit -n` does on a machine that serves crowds."""
    assert here.process is not None
    here.process.fds._descriptors_max = 50_000


class Real(Arm):
    name = "real"
    unit_s = 0.2

    def visit(self, app: Any, visit: Visit, *troubles: str, limits: Limits = STANDARD) -> Any:
        options = self.options(app, *troubles, limits=limits)

        async def both() -> Any:
            self.server = server = HttpServer(app, **options)
            await server.start("127.0.0.1", 0)
            try:
                async with asyncio.timeout(30):
                    return await visit("127.0.0.1", server.port)
            finally:
                await server.stop(grace_s=0.5)

        return asyncio.run(both())


ARMS = (Simulated, Real)
