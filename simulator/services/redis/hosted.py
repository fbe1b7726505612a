"""A Redis as a program of a simulated host: `redis = host_redis(world.host("redis"), Settings(persistent=True))`."""

from dataclasses import replace
from typing import Final

from simulator.services.hosting import make_folder, switchboard, telling
from simulator.services.redis.program import Redis, serve_redis
from simulator.services.redis.settings import Settings
from simulator.services.redis.troubles import SURFACE
from simulator.world.host import Host
from simulator.world.service import ALWAYS, Restart, Service

FOLDER: Final = "/var/lib/redis"


class HostedRedis:
    """A Redis on a host: its program, its files on the host's disk, and its troubles."""

    def __init__(self, host: Host, settings: Settings, restart: Restart) -> None:
        self.host = host
        if settings.persistent:
            folder = settings.parameters.get("dir", FOLDER)
            settings = replace(settings, parameters={**settings.parameters, "dir": folder})
            make_folder(host, folder)
        self.troubles = switchboard(host, SURFACE, settings.troubles)
        self.settings = replace(settings, troubles=self.troubles)
        self.redis: Redis | None = None
        self.service: Service = host.run(self._serve, name="redis", restart=restart)

    def __repr__(self) -> str:
        return f"<Redis on {self.host.name}: {self.redis}, {self.service}>"

    async def _serve(self) -> None:
        await serve_redis(self.settings, tell=telling(self.host), ready=self._ready)

    def _ready(self, redis: Redis) -> None:
        self.redis = redis


def host_redis(host: Host, settings: Settings | None = None, *, restart: Restart = ALWAYS) -> HostedRedis:
    """Start a Redis on a host. It keeps its files at `/var/lib/redis` there, and loses what they do not hold."""
    return HostedRedis(host, settings or Settings(persistent=True), restart)
