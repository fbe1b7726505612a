"""What these programs share: clients that give up soon, and a patience that asks again until the weather is better."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

PASSING = (RedisConnectionError, RedisTimeoutError, BotoCoreError, aiohttp.ClientError, OSError, TimeoutError)
"""What may be over a little later; TimeoutError is an OSError, and stands here for the reader."""
SKEWED = "RequestTimeTooSkewed"
PATIENCE_S = 400


def redis_client(**options: Any) -> Any:
    """A client that waits two seconds for a reply, and leaves it to its caller to ask again."""
    given = {"decode_responses": True, "socket_timeout": 2, "socket_connect_timeout": 2} | options
    return aioredis.from_url(os.environ["REDIS_URL"], retry=Retry(NoBackoff(), 0), **given)


def s3_client() -> Any:
    """A client, as an asynchronous context, that asks once and waits two seconds."""
    config = AioConfig(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=2)
    return get_session().create_client("s3", config=config)


async def patiently(act: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
    """Call what may be done twice until it succeeds; what the service refuses for good is raised."""
    begun, pause_s = monotonic(), 0.2
    while True:
        try:
            return await act(*args, **kwargs)
        except ClientError as error:
            status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
            if (status < 500 and code != SKEWED) or monotonic() - begun > PATIENCE_S:
                raise
        except PASSING:
            if monotonic() - begun > PATIENCE_S:
                raise
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, 2)
