"""Vitals: whether what a worker needs answers, looked at now and then and remembered for whoever asks."""

import asyncio
import logging
import random
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from redis.exceptions import AuthenticationError, NoPermissionError

from pipelines.stream.admin import Health
from pipelines.stream.kinds import without_secret
from pipelines.stream.logs import LOGGER
from pipelines.stream.metrics import Labels
from pipelines.stream.status import Overview, overview
from pipelines.stream.worker import Main
from pipelines.stream.workshop import Workshop

_log: Final = logging.getLogger(LOGGER)
_PERIOD_S: Final = 15.0
_PATIENCE_S: Final = 10.0
_PAUSE_MAX_S: Final = 10.0
_STUCK_ROUNDS: Final = 10
_UNKNOWN_TO_S3: Final = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity"}
_STUCK_S: Final = 60.0


class Refused(Exception):
    """A service answers, and will not have us: no waiting helps."""


class Vitals:
    """What answers and what does not."""

    def __init__(self, shop: Workshop, *, name: str, folder: str) -> None:
        self.shop, self.name, self.folder = shop, name, folder
        self.main: Main | None = None
        self.draining = False
        self.troubles: dict[str, str] = {"start": "waiting for S3 and Redis"}
        self.degraded: dict[str, str] = {}
        self.counts: Mapping[str, int] = {}

    async def wait_for_services(self) -> None:
        """Wait until S3 and Redis answer; `Refused` if they do not want us."""
        pause_s = 0.5
        while True:
            await self.look()
            if not self.troubles.keys() & {"redis", "s3"}:
                self.troubles.pop("start", None)
                return
            _log.warning("worker.waiting", extra={"troubles": dict(self.troubles), "pause_s": round(pause_s, 3)})
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, _PAUSE_MAX_S)

    async def watch_for_ever(self) -> None:
        """Look now and then."""
        while True:
            await asyncio.sleep(_PERIOD_S)
            before = dict(self.troubles)
            try:
                await self.look()
            except Refused as refused:
                self.troubles["refused"] = str(refused)
            else:
                self.troubles.pop("refused", None)
            if before != self.troubles:
                _log.warning("worker.health", extra={"troubles": dict(self.troubles)})

    async def look(self) -> None:
        """Ask S3 and Redis whether they are there."""
        for name, ask in (("redis", self._redis), ("s3", self._s3)):
            try:
                await asyncio.wait_for(ask(), _PATIENCE_S)
                self.troubles.pop(name, None)
            except Refused:
                raise
            except Exception as error:
                # Whatever a client raises here, the service cannot be used.
                self.troubles[name] = without_secret(str(error) or type(error).__name__)

    async def _redis(self) -> None:
        redis: Any = self.shop.state.redis
        try:
            about = await redis.info("memory")
            self.counts = await self.shop.state.counts()
        except (AuthenticationError, NoPermissionError) as error:
            raise Refused(f"Redis: {error}") from None
        policy = str(about.get("maxmemory_policy", "noeviction"))
        if policy != "noeviction" and int(about.get("maxmemory", 0) or 0):
            self.degraded["redis"] = f"maxmemory-policy is {policy}: Redis may forget streams"
        else:
            self.degraded.pop("redis", None)

    async def _s3(self) -> None:
        bucket = self.shop.policy.bucket
        try:
            await self.shop.store.client.head_bucket(Bucket=bucket)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 404:
                raise Refused(f"S3: there is no bucket {bucket}") from None
            if status not in (400, 403):
                raise
            await self._who_are_we()
            # Some policies allow all that we do, and not this question.
            self.degraded["s3"] = f"asking for the bucket {bucket} is answered with {status}"
        except BotoCoreError as error:
            raise ConnectionError(str(error)) from None
        else:
            self.degraded.pop("s3", None)

    async def _who_are_we(self) -> None:
        """Whether S3 knows us at all, which HEAD has no words to say."""
        policy = self.shop.policy
        try:
            await self.shop.store.client.list_multipart_uploads(
                Bucket=policy.bucket, Prefix=policy.prefix, MaxUploads=1
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            if code in _UNKNOWN_TO_S3:
                raise Refused(f"S3: {code}: the credentials are wrong") from None

    # --- what others ask ----------------------------------------------------------------------------

    def health(self) -> Health:
        """How the worker is."""
        troubles, degraded = dict(self.troubles), dict(self.degraded)
        alive = True
        if self.draining:
            troubles["end"] = "it is about to end"
        if self.main is not None:
            late_s = asyncio.get_running_loop().time() - self.main.checked_s
            alive = late_s < _STUCK_S + _STUCK_ROUNDS * self.main.settings.check_period_s
            if not alive:
                troubles["rounds"] = f"no round of checks for {late_s:.0f} s"
            if not self.main.watcher.root_there:
                troubles["folder"] = f"{self.folder} is not there"
            if self.main.watcher.degraded:
                degraded["watch"] = self.main.watcher.degraded
        return Health(alive=alive, troubles=troubles, degraded=degraded)

    async def overview(self, *, completed: bool) -> Overview:
        """The streams, as Redis has them."""
        return await overview(self.shop.state, completed=completed)

    def gauges(self) -> Mapping[str, tuple[str, Mapping[Labels, float]]]:
        """What is so at the moment, for metrics."""
        shop, health = self.shop, self.health()
        found: dict[str, tuple[str, Mapping[Labels, float]]] = {
            "up": ("Whether the worker can work.", {(): float(health.ready)}),
            "degraded": ("Whether it works worse than it could.", {(): float(bool(health.degraded))}),
            "streams": (
                "Streams in Redis, of all workers.",
                {(("status", name),): float(count) for name, count in self.counts.items() if name != "abort_queue"},
            ),
            "abort_queue": ("Uploads that are to be aborted.", {(): float(self.counts.get("abort_queue", 0))}),
            "requests_in_flight": ("Requests to S3 that are under way.", {(): float(shop.limiter.in_flight)}),
            "requests_limit": ("Requests to S3 that are let through at once.", {(): float(shop.limiter.limit)}),
            "memory_held_bytes": ("Bytes that bodies of parts hold.", {(): float(shop.memory.held)}),
            "leases": ("Leases that this worker holds.", {(): float(len(shop.leases))}),
        }
        if self.main is not None:
            found |= {
                "processors": ("Streams that this worker has.", {(): float(len(self.main.active_processors))}),
                "turns": ("Streams that are worked on now.", {(): float(len(self.main.turns))}),
                "turns_waiting": ("Streams that wait for their turn.", {(): float(self.main.turns.waiting)}),
            }
        return found
