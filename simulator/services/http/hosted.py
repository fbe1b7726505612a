"""An API service as a program of a simulated host: `films = host_api(world.host("films"), api)`."""

from random import Random
from typing import Any

from simulator.services.hosting import telling
from simulator.services.http.kit import Api
from simulator.services.http.server import HttpServer
from simulator.services.trouble import Switchboard
from simulator.world.host import Host
from simulator.world.service import ALWAYS, Restart, Service


class HostedApi:
    """An API service on a host: its program, its endpoints and its troubles, which outlive it."""

    def __init__(self, host: Host, api: Api, port: int, restart: Restart, options: dict[str, Any]) -> None:
        self.host, self.api, self.port = host, api, port
        drawn = host.world.engine.choices.bytes(16, stream="service", site=host.name)
        api.rng = api.troubles.rng = api.rng or Random(drawn)
        api.troubles.tell = telling(host)
        self._options = options
        self.server: HttpServer | None = None
        self.service: Service = host.run(self._serve, name=api.name, restart=restart)

    def __repr__(self) -> str:
        return f"<API {self.api.name} on {self.host.name}: {self.server or 'not started'}>"

    @property
    def troubles(self) -> Switchboard:
        return self.api.troubles

    async def _serve(self) -> None:
        await self.api.serve(self.port, tell=telling(self.host), ready=self._ready, **self._options)

    def _ready(self, server: HttpServer) -> None:
        self.server = server


def host_api(host: Host, api: Api, *, port: int = 80, restart: Restart = ALWAYS, **options: Any) -> HostedApi:
    """Start an API service on a host; `options` are those of `HttpServer` (limits, name, ...)."""
    return HostedApi(host, api, port, restart, options)
