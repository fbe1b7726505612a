"""One client of redis.asyncio and one Redis on a host each, in a simulated world."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from simulator import World, run, scenario
from simulator.harness.run import Run
from simulator.services.redis.hosted import HostedRedis, host_redis
from simulator.services.redis.settings import Settings

Act = Callable[[Any], Awaitable[Any]]
PATIENCE_S = 5


@dataclass
class Seen:
    """How it went."""

    value: Any = None
    error: str = ""
    took_s: float = 0.0
    kept: dict[str, str] = field(default_factory=dict)
    """What the server holds in the end, of texts in database 0."""
    hosted: Any = None
    found: Run | None = None

    @property
    def met(self) -> list[str]:
        """What struck, in order."""
        assert self.found is not None
        return [event.fields["verdict"] for event in self.found.trace.of("fault.hit")]


def client(host: str = "redis", **options: Any) -> Any:
    """A client whose patience is five seconds and who never tries twice."""
    defaults: dict[str, Any] = {
        "decode_responses": True,
        "socket_timeout": PATIENCE_S,
        "socket_connect_timeout": PATIENCE_S,
        "retry": Retry(NoBackoff(), 0),
    }
    return aioredis.Redis(host=host, **(defaults | options))


def played(
    act: Act,
    *,
    fault: str = "",
    before: Act | None = None,
    settings: Settings | None = None,
    seed: int = 1,
    during: Callable[[World, HostedRedis], Awaitable[None]] | None = None,
) -> Seen:
    """Let a client act, `before` it all is well; then the `fault` is on, and `during` happens meanwhile."""
    seen = Seen()

    async def program() -> None:
        from asyncio import get_running_loop

        loop = get_running_loop()
        async with client() as redis:
            if before is not None:
                await before(redis)
            if fault:
                seen.hosted.troubles.on(fault)
            began_s = loop.time()
            try:
                seen.value = await act(redis)
            except Exception as error:  # the test says which
                seen.error = f"{type(error).__name__}: {error}"
            seen.took_s = round(loop.time() - began_s, 1)

    @scenario()
    async def story(world: World) -> None:
        """A client asks, and something happens."""
        seen.hosted = host_redis(world.host("redis"), settings or Settings())
        service = world.host("client").run(program)
        if during is not None:
            await during(world, seen.hosted)
        await service.wait()
        redis = seen.hosted.redis
        data = redis.server.keyspace.databases[0].data if redis is not None else {}
        seen.kept = {
            key.decode(): bytes(value).decode() for key, value in data.items() if isinstance(value, bytes | bytearray)
        }

    seen.found = run(story, seed=seed)
    assert seen.found.outcome.passed, seen.found.outcome.message
    return seen
