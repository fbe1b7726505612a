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
_VALUE_CHARS_MAX: Final = 400


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
        host.looks["redis"] = self.look

    def __repr__(self) -> str:
        return f"<Redis on {self.host.name}: {self.redis}, {self.service}>"

    def look(self, part: str) -> list[str]:
        """The keys with this part in their names, and what they hold."""
        if self.redis is None:
            return ["it has not started yet"]
        database = self.redis.server.keyspace.databases[0]
        names = sorted(name for name in database.data if part.encode() in name)
        return [f"{name.decode(errors='replace')}  {_shown(database.peek(name))}" for name in names]

    async def _serve(self) -> None:
        await serve_redis(self.settings, tell=telling(self.host), ready=self._ready)

    def _ready(self, redis: Redis) -> None:
        self.redis = redis


def host_redis(host: Host, settings: Settings | None = None, *, restart: Restart = ALWAYS) -> HostedRedis:
    """Start a Redis on a host. It keeps its files at `/var/lib/redis` there, and loses what they do not hold."""
    return HostedRedis(host, settings or Settings(persistent=True), restart)


def _shown(value: object) -> str:
    """What a key holds, shortened: fields of a hash, members of a set, or its own words."""
    fields, members = getattr(value, "fields", None), getattr(value, "members", None)
    if isinstance(fields, dict):
        text = ", ".join(f"{_word(name)}={_word(held)}" for name, held in fields.items())
    elif members is not None:
        text = ", ".join(sorted(map(_word, members)))
    else:
        text = _word(value)
    return text if len(text) <= _VALUE_CHARS_MAX else f"{text[:_VALUE_CHARS_MAX]}…"


def _word(value: object) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
