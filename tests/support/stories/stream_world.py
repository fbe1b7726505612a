"""A site of StreamProcessor in a simulated world: an S3, a Redis, and a host whose folder is watched.

The worker here is the least that can drive processors: it lists the folder, calls them, and ends when nothing is left
to do. It may die at any effect: after so many answers of S3 and Redis, by SIGKILL.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.stream.checksums import Digesting
from pipelines.stream.janitor import Janitor
from pipelines.stream.policy import Policy
from pipelines.stream.processor import Standing, StreamProcessor
from pipelines.stream.publishing import Describe
from pipelines.stream.records import Meta
from pipelines.stream.resume import unfinished
from pipelines.stream.source import Seen, look
from pipelines.stream.state import RedisTrouble, StreamState
from pipelines.stream.store import S3Access, Store
from pipelines.stream.workshop import Workshop, open_workshop
from simulator import World, run, scenario
from simulator.harness.run import Run
from simulator.kernel.limits import Limits
from simulator.services.redis.hosted import HostedRedis, host_redis
from simulator.services.redis.settings import Settings as RedisSettings
from simulator.services.s3.hosted import HostedS3, host_s3
from simulator.services.s3.program import S3Server
from simulator.services.s3.settings import PERSONALITIES
from simulator.services.s3.settings import Settings as S3Settings
from simulator.world.service import Restart, Service

PART = 1000
POLICY = Policy(
    bucket="films",
    root="/media",
    part_base_bytes=PART,
    part_memory_bytes=PART,
    idle_timeout_s=10.0,
    settle_s=1.0,
    lease_ttl_s=6.0,
    doubt_s=2.0,
    backoff_cap_s=4.0,
    abort_every_s=3.0,
    sweep_every_s=20.0,
)
LIMITS = Limits(time_max_ns=3600 * 10**9, events_max=200_000)
_DONE = {Standing.FINISHED, Standing.GONE, Standing.ELSEWHERE}


@dataclass
class Board:
    """What the test wants of the worker, and what the worker tells."""

    policy: Policy = POLICY
    die_at: int = 0
    """After so many effects the worker is killed, once; 0 for never."""
    hold_up: bool = False
    """While it is on, the worker does not end."""
    close: bool = False
    """The worker closes its processors and ends, to be started again."""
    forget_done: bool = False
    """The worker forgets which files it has seen to be done."""
    hidden: set[str] = field(default_factory=set)
    """Paths that the worker does not look at."""
    describe: Describe | None = None
    effects: list[str] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)
    metas: dict[str, Meta] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    async def effect(self, name: str, work: Awaitable[Any]) -> Any:
        """Carry it out, and perhaps never come back from it."""
        result = await work
        self.effects.append(name)
        if len(self.effects) == self.die_at:
            self.deaths.append(name)
            os.kill(os.getpid(), signal.SIGKILL)
        return result


class _MortalState(StreamState):
    board: Board

    async def run_as(self, script: str, stream: str, owner: str, epoch: int, *args: object) -> Any:
        return await self.board.effect(script, super().run_as(script, stream, owner, epoch, *args))


class _MortalStore(Store):
    board: Board

    async def _once(self, operation: str, words: dict[str, Any]) -> Any:
        return await self.board.effect(operation, super()._once(operation, words))


async def work(board: Board) -> None:
    """The worker: until every file of the folder is done, and nothing is left over."""
    logging.getLogger("pipelines.stream").setLevel(logging.DEBUG)
    policy = board.policy
    access = S3Access(
        endpoint="http://s3:9000",
        region="us-east-1",
        access_key="test",
        secret_key="test",
        read_timeout_s=5.0,
    )
    async with open_workshop(policy, access=access, redis_url="redis://redis:6379/0", describe=board.describe) as shop:
        shop.state.__class__, shop.store.__class__ = _MortalState, _MortalStore
        shop.state.board = shop.store.board = board  # type: ignore[attr-defined]
        await _Worker(board, shop).work()


class _Worker:
    def __init__(self, board: Board, shop: Workshop) -> None:
        self.board, self.shop = board, shop
        self.processors: dict[str, StreamProcessor] = {}
        self.done: dict[str, Seen | None] = {}

    async def work(self) -> None:
        await self._take_up()
        while not await self._round() or self.board.hold_up:
            await asyncio.sleep(0.5)
            if self.board.close:
                self.board.close = False
                await asyncio.gather(*(each.close() for each in self.processors.values()))
                raise SystemExit(3)
        for stream in await self.shop.state.known():
            meta = await self.shop.state.meta(stream)
            assert meta is not None
            self.board.metas[stream] = meta
        self.board.counts = await self.shop.state.counts()

    async def _take_up(self) -> None:
        while True:
            try:
                for left in await unfinished(self.shop):
                    self.processors[left.path] = StreamProcessor(left.path, self.shop, streams=left.streams)
                return
            except RedisTrouble:
                await asyncio.sleep(0.5)

    async def _round(self) -> bool:
        """Whether nothing is left to do."""
        paths = [os.path.join("/media", name) for name in sorted(os.listdir("/media"))]
        if self.board.forget_done:
            self.board.forget_done = False
            self.done.clear()
        paths = [path for path in paths if path not in self.board.hidden]
        for path in paths:
            if path not in self.processors and (path not in self.done or self.done[path] != look(path)):
                self.processors[path] = StreamProcessor(path, self.shop)
        await asyncio.gather(*(each.check_idle() for each in self.processors.values()))
        for path, each in list(self.processors.items()):
            if each.standing in _DONE:
                if each.standing is Standing.FINISHED:
                    self.done[path] = each.finished_as
                del self.processors[path]
        if not self._files_are_done(paths):
            return False
        try:
            # A sweep takes its time: what it found quiet may have been written to, and be another worker's by now.
            return await self._nothing_left_over() and self._files_are_done(paths) and not self.board.forget_done
        except RedisTrouble:
            return False

    def _files_are_done(self, paths: list[str]) -> bool:
        return not self.processors and all(self.done.get(path) == look(path) for path in paths)

    async def _nothing_left_over(self) -> bool:
        if await self._under_way():
            return False
        janitor = Janitor(self.shop.policy, self.shop.state, self.shop.store)
        await janitor.sweep()
        return not await self._under_way() and not (await self.shop.state.counts())["abort_queue"]

    async def _under_way(self) -> int:
        counts = await self.shop.state.counts()
        return counts["active"] + counts["pending_completion"]


# --- the world ------------------------------------------------------------------------------------------


@dataclass
class Site:
    """The hosts, as a story has them in its hands."""

    world: World
    s3: HostedS3
    redis: HostedRedis
    board: Board
    worker: Service

    async def do(self, act: Callable[..., Any], *args: Any) -> None:
        """Something happens on the worker's disk."""
        await self.world.host("worker").run(act, *args, name="recorder").wait()

    async def write(self, name: str, data: bytes, *, at: int | None = None) -> None:
        """Bytes are appended to a file, or written over what it has."""
        await self.do(_write, f"/media/{name}", data, at)

    async def finish(self) -> None:
        """Wait for the worker to end by itself."""
        self.board.hold_up = False
        while self.worker.running or self.worker.exit_codes[-1:] != [0]:
            await asyncio.sleep(1.0)

    async def put(self, key: str, data: bytes) -> None:
        """Somebody else writes to the bucket."""
        await self._elsewhere(lambda store: store.put(key, data, "text/plain"))

    async def put_part(self, key: str, upload_id: str, n: int, data: bytes) -> None:
        """A part that arrives late, or from someone who has lost the stream."""
        made = Digesting("crc32")
        made.update(data)
        await self._elsewhere(
            lambda store: store.upload_part(key, upload_id, n, data, made.digests(), [], checksum="crc32")
        )

    async def _elsewhere(self, act: Callable[[Store], Awaitable[Any]]) -> None:
        async def main() -> None:
            access = S3Access(endpoint="http://s3:9000", region="us-east-1", access_key="test", secret_key="test")
            async with Store(self.board.policy, access) as store:
                await act(store)

        await self.world.host("other").run(main).wait()

    def second_worker(self) -> Service:
        """Another one for the same folder."""
        board = Board(policy=self.board.policy, hold_up=True)
        return self.world.host("worker").run(work, board, name="worker2", restart=Restart(when="on-failure"))

    async def until_over(self, streams: int) -> None:
        """Wait until so many streams have come to their end."""
        assert self.redis.redis is not None
        while True:
            data = self.redis.redis.server.keyspace.databases[0].data
            if sum(len(data.get(f"streams:{status}".encode(), ())) for status in ("completed", "failed")) >= streams:
                return
            await asyncio.sleep(0.5)

    @property
    def objects(self) -> dict[str, bytes]:
        """What the bucket holds, by key."""
        bucket = self.s3.store.buckets["films"]
        found = {key: bucket.current(key) for key in bucket.versions}
        return {key: bytes(version.body) for key, version in found.items() if version is not None}

    @property
    def open_uploads(self) -> list[str]:
        return [upload.key for upload in self.s3.store.buckets["films"].open_uploads()]

    def statuses(self) -> dict[str, str]:
        """Streams by the end of their ids, with reasons."""
        return {
            stream.rpartition("/")[2].partition(".")[0] + "." + stream.rpartition(".")[2]: meta.reason or meta.status
            for stream, meta in sorted(self.board.metas.items())
        }


def _write(path: str, data: bytes, at: int | None) -> None:
    with open(path, "r+b" if at is not None else "ab") as file:
        if at is not None:
            file.seek(at)
        file.write(data)


Story = Callable[[Site], Awaitable[None]]


@dataclass
class Told:
    """How it went."""

    run: Run
    site: Site
    board: Board

    @property
    def states(self) -> list[tuple[str, str]]:
        """Status and phase of every change, in order, as the program told it."""
        told = [event.fields for event in self.run.trace.of("log", message="stream.state")]
        return [(fields["data"]["status"], fields["data"]["phase"]) for fields in told]

    def calls(self, operation: str) -> int:
        """So often was S3 asked."""
        return int(self.run.trace.of("s3.request", operation=operation).count())


def told(
    story: Story,
    *,
    board: Board | None = None,
    personality: str = "aws",
    seed: int = 1,
    faults: tuple[str, ...] = (),
    standby_lag_s: float | None = None,
) -> Told:
    """Play a story at a site whose worker runs from the start. Faults are `s3.KIND:...` and `redis.KIND:...`.

    `standby_lag_s`: how far the replica is behind to which Redis fails over.
    """
    board = board or Board()
    sites: list[Site] = []

    @scenario()
    async def played(world: World) -> None:
        """Files grow, and their streams come to an end."""
        settings = S3Settings(part_bytes_min=1, personality=PERSONALITIES[personality])
        s3 = host_s3(world.host("s3"), S3Server(settings=settings, buckets=("films",)))
        parameters = {"appendonly": "yes", "appendfsync": "always"}
        redis = host_redis(
            world.host("redis"),
            RedisSettings(persistent=True, prove_scripts=True, parameters=parameters, standby_lag_s=standby_lag_s),
        )
        worker = world.host("worker")
        worker.mount("/media")
        await asyncio.sleep(1.0)
        for fault in faults:
            name, _, text = fault.partition(".")
            (s3 if name == "s3" else redis).troubles.on(text)
        service = worker.run(work, board, name="worker", restart=Restart(when="on-failure", delay_s=0.2, factor=1.0))
        site = Site(world, s3, redis, board, service)
        sites.append(site)
        board.hold_up = True
        await story(site)
        await site.finish()

    found = run(played, seed=seed, limits=LIMITS)
    assert found.outcome.passed, (found.outcome.message, [*found.trace.of("log")][-5:])
    assert not found.trace.of("redis.script").count(), [event.fields for event in found.trace.of("redis.script")]
    return Told(found, sites[0], board)


def policy(**changes: Any) -> Policy:
    return replace(POLICY, **changes)
