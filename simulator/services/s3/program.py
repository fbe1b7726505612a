"""Program: an S3 server, for a simulated host or for the machine it runs on.

    world.host("s3").run(serve_s3, S3Server(store=store))         # the store outlives a crash of the program

    service = S3Service(S3Server(host="127.0.0.1", port=0, data="DIR"))
    await service.start()
    ...
    await service.stop()

What a crash takes: with a `store` of the caller's, nothing that was answered; with `data`, nothing that was
answered, since it was on the disk before; with neither, everything, as with any server that keeps it in memory.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from simulator.errors import Misuse
from simulator.services.http.limits import MIB, Limits
from simulator.services.http.message import Request
from simulator.services.http.server import HttpServer
from simulator.services.rope import Rope
from simulator.services.s3.app import S3App, Tell
from simulator.services.s3.auth import Authenticator, Credentials
from simulator.services.s3.model import S3
from simulator.services.s3.persist import PersistentStore
from simulator.services.s3.request import bucket_of_host, locate
from simulator.services.s3.settings import Settings
from simulator.services.s3.store import Store
from simulator.services.s3.troubles import S3_SURFACE
from simulator.services.trouble import Switchboard, Trouble

PORT: Final = 9000
TEST: Final = Credentials(access_key="test", secret_key="test")
_OVERHEAD_BYTES: Final = 64 * MIB
"""What chunks, signatures and trailers may add to the largest body."""


@dataclass(frozen=True, kw_only=True)
class S3Server:
    """What a server is like, where it listens, and what it remembers."""

    host: str | None = None
    """The address to listen on; None for all."""
    port: int = PORT
    settings: Settings = field(default_factory=Settings)
    credentials: tuple[Credentials, ...] = (TEST,)
    buckets: tuple[str, ...] = ()
    """Made at the start if they are not there."""
    store: Store | None = None
    """What the server remembers, kept by the caller."""
    data: str = ""
    """A folder that holds what it remembers."""
    fsync: bool = True
    mapped: bool = False
    """Whether files are mapped into memory instead of read; simulated disks cannot."""
    troubles: Switchboard | tuple[Trouble | str, ...] = ()
    seed: int | None = None
    """Of the server's chance: ids, and whether troubles strike."""
    limits: Limits | None = None
    grace_s: float = 10.0
    """What is under way gets so long at the end."""


class S3Service:
    """A server that can be started and stopped."""

    def __init__(
        self,
        server: S3Server | None = None,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        tell: Tell | None = None,
    ) -> None:
        self.server = server or S3Server()
        self.now_ns, self.tell = now_ns, tell
        self.port = self.server.port
        seed = self.server.seed
        self.rng = Random(os.urandom(32) if seed is None else seed)
        given = self.server.troubles
        if isinstance(given, Switchboard):
            self.troubles = given
        else:
            self.troubles = Switchboard(S3_SURFACE, rng=self.rng, tell=tell)
            for trouble in given:
                self.troubles.on(trouble)
        self.store: Store
        self._http: HttpServer | None = None
        self._again: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        host = self.server.host or "127.0.0.1"
        if host in ("0.0.0.0", "::"):
            host = "127.0.0.1"
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def over(self) -> None:
        """An S3 does not end by itself."""
        return

    async def start(self) -> None:
        """Load what is remembered, and listen; `Misuse` when the folder cannot be used, `OSError` for the port."""
        server = self.server
        if server.store is not None and server.data:
            raise Misuse("a server remembers in a store or in a folder, not in both")
        if server.data:
            self.store = PersistentStore.open(server.data, fsync=server.fsync, mapped=server.mapped)
        else:
            self.store = server.store if server.store is not None else Store()
        try:
            self._make_app()
            self._make_buckets()
            await self._listen()
        except BaseException:
            self._close_store()
            raise

    def _make_app(self) -> None:
        server = self.server
        self.model = S3(server.settings, self.store, rng=self.rng, tell=self.tell)
        self.model.restarted()
        keys = Authenticator(
            server.credentials,
            region=server.settings.region,
            now_ns=self.now_ns,
            bucket_of_host=lambda host: bucket_of_host(host, server.settings),
        )
        self.app = S3App(
            self.model, keys, now_ns=self.now_ns, troubles=self.troubles, tell=self.tell, restart=self.restart
        )

    def _make_buckets(self) -> None:
        for name in self.server.buckets:
            if name in self.store.buckets:
                continue
            request = locate(Request("PUT", f"/{name}", [("Host", "localhost")]), self.server.settings)
            request.who = self.model.owner
            if self.server.settings.region != "us-east-1":
                request.body = _location(self.server.settings.region)
            response = self.model.apply(request, self.now_ns())
            if response.status != 200:
                raise Misuse(f"the bucket {name!r} cannot be made: {_message_of(response.body)}")
        self._commit()

    def _commit(self) -> None:
        if isinstance(self.store, PersistentStore):
            self.store.commit()

    async def _listen(self) -> None:
        limits = self.server.limits or Limits(body_bytes_max=self.server.settings.put_bytes_max + _OVERHEAD_BYTES)
        self._http = HttpServer(
            self.app,
            limits=limits,
            troubles=self.troubles,
            tell=self._tell_of_http if self.tell is not None else None,
            now_ns=self.now_ns,
            name="AmazonS3",
        )
        await self._http.start(self.server.host, self.port)
        self.port = self._http.port

    def _tell_of_http(self, kind: str, **fields: object) -> None:
        """The app tells what is asked and answered, with more of it; the rest is passed on."""
        if self.tell is not None and kind not in ("http.request", "http.response"):
            self.tell(kind, **fields)

    # --- a restart --------------------------------------------------------------------------------------

    def restart(self, down_s: float) -> None:
        """Reset every connection, take none for so long, and come back as a program does that was started again."""
        assert self._http is not None
        http, self._http = self._http, None
        for connection in list(http.connections.values()):
            connection.abort()
        self._again = asyncio.get_running_loop().create_task(self._come_back(http, down_s))

    async def _come_back(self, http: HttpServer, down_s: float) -> None:
        await http.stop(grace_s=0)
        await asyncio.sleep(down_s)
        self.model.restarted()
        self._commit()
        await self._listen()

    # --- the end ----------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """Finish what is under way, and let go of port and folder."""
        if self._again is not None and not self._again.done():
            self._again.cancel()
        if self._http is not None:
            await self._http.stop(grace_s=self.server.grace_s)
            self._http = None
        self._close_store()

    def _close_store(self) -> None:
        if isinstance(self.store, PersistentStore):
            self.store.close()


async def serve_s3(
    server: S3Server | None = None,
    *,
    now_ns: Callable[[], int] = time.time_ns,
    tell: Tell | None = None,
    ready: Callable[[S3Service], object] | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or cancellation; `ready` is called once the port is open."""
    service = S3Service(server, now_ns=now_ns, tell=tell)
    told_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, told_to_end.set)
        except (NotImplementedError, RuntimeError, ValueError):
            pass  # Not in the main thread: then the task is cancelled.
    await service.start()
    try:
        if ready is not None:
            ready(service)
        await told_to_end.wait()
    finally:
        await service.stop()


def _location(region: str) -> Rope:
    text = f"<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    return Rope.of(text.encode())


def _message_of(body: object) -> str:
    text = b"".join(map(bytes, body)).decode() if isinstance(body, list) else ""
    return text.partition("<Message>")[2].partition("</Message>")[0] or text
