"""Admin: a small HTTP server that tells how the worker is.

| path        | what it answers                                                                     |
|-------------|-------------------------------------------------------------------------------------|
| `/healthz`  | 200 as long as the worker does its rounds, else 503: start it anew                  |
| `/readyz`   | 200 when S3, Redis and the folder can be used and it is not about to end, else 503  |
| `/metrics`  | numbers for Prometheus                                                              |
| `/streams`  | the streams, as JSON; `?all=1` with those that are completed                        |
| `/`         | the streams, as a page                                                              |

It listens on the loopback address unless it is told otherwise, and then whoever asks must bear the token; browsers may
give it as a password. `/healthz` and `/readyz` answer all, and without the token give no reasons. Where there is no
token only requests to a name of this machine are answered: another site's page in a browser here is not.
"""

import asyncio
import base64
import binascii
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiohttp import web

from pipelines.stream.kinds import Address, Secret
from pipelines.stream.logs import LOGGER
from pipelines.stream.metrics import CONTENT_TYPE, Metrics
from pipelines.stream.page import POLICY, page
from pipelines.stream.status import Overview, overview_json

_log: Final = logging.getLogger(LOGGER)
_PATIENCE_S: Final = 5.0
_OPEN: Final = frozenset({"/healthz", "/readyz"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Health:
    """How a worker is: whether it does its rounds, and what is in the way of its work."""

    alive: bool
    troubles: Mapping[str, str] = field(default_factory=dict)
    """What keeps it from working."""
    degraded: Mapping[str, str] = field(default_factory=dict)
    """What makes it slower or poorer, and no more."""

    @property
    def ready(self) -> bool:
        return self.alive and not self.troubles


class Observed(Protocol):
    """What the server asks of a worker."""

    name: str
    folder: str

    def health(self) -> Health: ...

    async def overview(self, *, completed: bool) -> Overview: ...


class Admin:
    """The server; `address` is where it listens once it is started."""

    def __init__(self, observed: Observed, metrics: Metrics, listen: Address, token: Secret | None) -> None:
        assert token is not None or listen.loopback, "who can be reached from elsewhere needs a token"
        self.address = listen
        self._observed = observed
        self._metrics = metrics
        self._token = token
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; `OSError` if that cannot be."""
        app = web.Application(middlewares=[self._guard], client_max_size=1 << 16)
        routes: list[tuple[str, Handler]] = [
            ("/healthz", self._healthz),
            ("/readyz", self._readyz),
            ("/metrics", self._numbers),
            ("/streams", self._streams),
            ("/", self._page),
        ]
        for path, answer in routes:
            app.router.add_get(path, answer)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.address.host, self.address.port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        host, port = self._runner.addresses[0][:2]
        self.address = Address(self.address.host, port)
        _log.info("admin.ready", extra={"url": f"http://{self.address}/", "listens": host})

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    # --- who may ask --------------------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._may(request) and request.path not in _OPEN:
            if self._token is None:
                return web.Response(status=403, text="ask this machine by a name of its own\n")
            ways = {"WWW-Authenticate": 'Basic realm="streams"'}
            return web.Response(status=401, headers=ways, text="bear the token of --admin-token\n")
        response = await handler(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _may(self, request: web.Request) -> bool:
        if self._token is None:
            return Address(request.url.host or "", 0).loopback
        way, _, given = request.headers.get("Authorization", "").partition(" ")
        if way.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return False
        elif way.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), self._token.reveal().encode())

    # --- what is answered ---------------------------------------------------------------------------

    async def _healthz(self, request: web.Request) -> web.StreamResponse:
        health = self._observed.health()
        return self._told(request, health, sound=health.alive)

    async def _readyz(self, request: web.Request) -> web.StreamResponse:
        health = self._observed.health()
        return self._told(request, health, sound=health.ready)

    def _told(self, request: web.Request, health: Health, *, sound: bool) -> web.Response:
        told: dict[str, object] = {"status": "ok" if sound else "failing"}
        if sound and health.degraded:
            told["status"] = "degraded"
        if self._may(request):
            told |= {"troubles": dict(health.troubles), "degraded": dict(health.degraded)}
        return web.json_response(told, status=200 if sound else 503)

    async def _numbers(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._metrics.render().encode(), headers={"Content-Type": CONTENT_TYPE})

    async def _seen(self, *, completed: bool) -> Overview | None:
        """The streams, or None if Redis does not answer in time."""
        try:
            return await asyncio.wait_for(self._observed.overview(completed=completed), _PATIENCE_S)
        except Exception as error:
            # Whatever a client raises, the page has to come: without streams, and with what is known of the worker.
            _log.warning("admin.failed", extra={"cause": f"{type(error).__name__}: {error}"})
            return None

    async def _streams(self, request: web.Request) -> web.StreamResponse:
        seen = await self._seen(completed="all" in request.query)
        if seen is None:
            return web.json_response({"error": "Redis does not answer"}, status=503)
        return web.Response(text=overview_json(seen), content_type="application/json")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        seen = await self._seen(completed="all" in request.query)
        health = self._observed.health()
        troubles = dict(health.troubles) | dict(health.degraded)
        text = page(seen, worker=self._observed.name, folder=self._observed.folder, troubles=troubles)
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": POLICY})
