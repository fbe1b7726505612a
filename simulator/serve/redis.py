"""Redis: from the options of the command line to a server."""

import asyncio
import os
import random

from simulator.errors import Misuse
from simulator.serve.service import Offer, Service, Wanted
from simulator.services.redis.program import Redis
from simulator.services.redis.settings import PORT, Settings
from simulator.services.redis.troubles import SURFACE


class RedisService:
    """A Redis that is made when its loop runs."""

    def __init__(self, settings: Settings, wanted: Wanted) -> None:
        self.settings, self.wanted = settings, wanted
        self._redis: Redis | None = None

    @property
    def url(self) -> str:
        """Where clients find it; a password is not shown."""
        assert self._redis is not None, "the server was not started"
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)
        return f"redis://[{host}]:{self._redis.port}/0" if ":" in host else f"redis://{host}:{self._redis.port}/0"

    async def start(self) -> None:
        """Load what was kept, and listen."""
        if self.wanted.data:
            try:
                os.makedirs(self.wanted.data, exist_ok=True)
            except OSError as error:
                raise Misuse(
                    f"{self.wanted.data} cannot hold the data of a server: {error.strerror or error}",
                    hint="name a folder that can be written to",
                ) from None
        seed = self.wanted.arguments.seed
        rng = None if seed is None else random.Random(seed)
        self._redis = Redis(self.settings, rng=rng, tell=self.wanted.tell)
        await self._redis.start()

    @property
    def over(self) -> "asyncio.Future[None]":
        """Done when a client sent SHUTDOWN."""
        assert self._redis is not None, "the server was not started"
        return self._redis.stopped

    async def stop(self) -> None:
        """Hang up on everybody, and keep what is to be kept."""
        if self._redis is not None:
            await self._redis.stop()
            self._redis = None


def make(wanted: Wanted) -> Service:
    """The server; nothing is opened yet."""
    arguments = wanted.arguments
    parameters: dict[str, str] = dict(_parameter(text) for text in arguments.parameter)
    if arguments.password:
        parameters["requirepass"] = arguments.password
    if wanted.data:
        parameters["dir"] = wanted.data
        parameters["appendonly"] = "no" if arguments.appendonly == "no" else "yes"
        if arguments.appendonly in ("always", "everysec"):
            parameters["appendfsync"] = arguments.appendonly
    elif arguments.appendonly in ("always", "everysec"):
        raise Misuse(f"--appendonly {arguments.appendonly} needs a folder to write to", hint="name one: --data DIR")
    settings = Settings(
        parameters=parameters,
        host=arguments.host,
        port=wanted.port,
        persistent=bool(wanted.data),
        troubles=wanted.troubles,
    )
    return RedisService(settings, wanted)


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Misuse(f"--parameter {text} has no value", hint="write it as NAME=VALUE, as in maxmemory=100mb")
    return name, value


def note(wanted: Wanted, service: Service) -> str:
    """What a client needs to know."""
    return f"REDIS_URL={service.url}" + (" and the password" if wanted.arguments.password else "")


OFFER = Offer(
    name="redis",
    port=PORT,
    surface=SURFACE,
    flaky=("reset-before", "reset-after"),
    slow="late-reply",
    make=make,
    note=note,
)
