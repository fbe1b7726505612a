"""One client of aiobotocore asks one thing of an S3 that is in trouble, in a simulated world."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from simulator import World, run, scenario
from simulator.services.rope import Rope
from simulator.services.s3.program import S3Server, serve_s3
from simulator.services.s3.settings import Settings, personality
from simulator.services.s3.store import Store
from simulator.services.s3.troubles import S3_SURFACE
from simulator.services.trouble import Switchboard

Act = Callable[[Any], Awaitable[Any]]


@dataclass
class Seen:
    """How it went: what the client got and when, and what the server remembers."""

    value: Any = None
    error: str = ""
    took_s: float = 0.0
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: int = 0
    asked: list[str] = field(default_factory=list)
    """The operations that reached the model."""
    told: list[str] = field(default_factory=list)
    """What struck."""


def client(*, attempts: int = 0) -> Any:
    """A client whose patience is five seconds, and who tries again so often."""
    config = AioConfig(
        read_timeout=5,
        connect_timeout=5,
        retries={"total_max_attempts": attempts + 1, "mode": "standard"},
        request_checksum_calculation="when_required",
    )
    return get_session().create_client(
        "s3",
        endpoint_url="http://s3:9000",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )


def suffered(
    fault: str, act: Act, *, before: Act | None = None, like: str = "aws", attempts: int = 0, seed: int = 1
) -> Seen:
    """Let a client act while a trouble is on; `before` it, all is well."""
    seen, store, board = Seen(), Store(), Switchboard(S3_SURFACE, rng=Random(seed))
    board.tell = lambda kind, **fields: seen.told.append(fields["verdict"])

    def tell(kind: str, **fields: Any) -> None:
        if kind == "s3.request":
            seen.asked.append(fields["operation"])

    async def server() -> None:
        settings = Settings(personality=personality(like))
        await serve_s3(
            S3Server(settings=settings, store=store, troubles=board, buckets=("films",), seed=seed), tell=tell
        )

    async def program() -> None:
        await asyncio.sleep(1)
        async with client(attempts=attempts) as s3:
            if before is not None:
                await before(s3)
            seen.asked.clear()
            if fault:
                board.on(fault)
            began_s = asyncio.get_running_loop().time()
            try:
                seen.value = await act(s3)
            except ClientError as error:
                seen.error = str(error.response["Error"]["Code"])
            except Exception as error:
                seen.error = type(error).__name__
            seen.took_s = asyncio.get_running_loop().time() - began_s
            await asyncio.sleep(10)

    @scenario()
    async def story(world: World) -> None:
        """A client copes, or does not."""
        world.host("s3").run(server)
        asking = world.host("client").run(program)
        assert await asking.wait() == 0

    found = run(story, seed=seed)
    assert found.outcome.passed, found.outcome.message
    bucket = store.buckets["films"]
    seen.objects = {key: _bytes(versions[0].body) for key, versions in bucket.versions.items()}
    seen.uploads = len(bucket.open_uploads())
    return seen


def _bytes(rope: Rope) -> bytes:
    return bytes(rope)
