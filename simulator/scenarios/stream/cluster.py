"""Cluster: an S3, a Redis, and a worker that runs `pipelines.stream` itself, with recorders beside it.

    cluster = stream_cluster(world)                       # hosts s3, redis, worker
    cluster.camera.record("lobby.mp4", Film(seconds=60))
    await world.settle()                                  # nothing is owed: every file has its object
    cluster.bucket["lobby.mp4"].body                      # the newest object of that file
    cluster.meta("lobby.mp4")["status"]

The program is not changed and not told: it gets options, a disk, and names that resolve.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

from simulator.errors import Misuse
from simulator.harness.stage import Stage
from simulator.kernel.state import outside
from simulator.scenarios.stream.kept import STATUSES, Keyspace, Stream, WatchedRedis
from simulator.scenarios.stream.keys import inode_of, order
from simulator.scenarios.stream.published import WatchedStore, tell_final
from simulator.scenarios.stream.recorder import Camera
from simulator.scenarios.stream.summary import Tally, tell_summary
from simulator.services.ffprobe.hosted import HostedFfprobe, host_ffprobe
from simulator.services.redis.settings import Settings as RedisSettings
from simulator.services.s3.hosted import HostedS3, host_s3
from simulator.services.s3.program import S3Server
from simulator.services.s3.settings import Settings as S3Settings
from simulator.services.s3.store import Bucket, Version
from simulator.world.disk.inspect import cat
from simulator.world.disk.notify import Inotify, Notice
from simulator.world.disk.settings import DiskSettings
from simulator.world.host import Host
from simulator.world.service import ALWAYS, Restart, Service
from simulator.world.world import World

FOLDER: Final = "/media"
BUCKET: Final = "films"
PROGRAM: Final = "stream"
MIB: Final = 1 << 20
SETTINGS: Final = {
    "idle-timeout": "10s",
    "settle": "1s",
    "check-period": "2s",
    "rescan-period": "15s",
    "lease-ttl": "10s",
    "probe-timeout": "5s",
    "part-size": "5MiB",
}
"""Shorter times than the defaults: runs are told in minutes, not in hours."""


@dataclass(frozen=True)
class Found:
    """An object, as plain data."""

    key: str
    body: bytes
    etag: str
    token: str


class BucketView:
    """The bucket that the worker fills: by key, by inode, and by the name of a file that is there."""

    def __init__(self, cluster: "Cluster") -> None:
        self._cluster, self._s3, self._name = cluster, cluster.s3, BUCKET

    def __getitem__(self, name: str) -> Found:
        """The newest object of a file."""
        found = self.of_inode(self._cluster.files()[name])
        if not found:
            raise AssertionError(f"no object of {name} is in the bucket; it holds {self.keys() or 'nothing'}")
        return found[-1]

    def keys(self) -> list[str]:
        """All keys, descriptions included."""
        bucket = self._s3.store.buckets.get(self._name)
        return [key for key in bucket.keys if _there(bucket, key)] if bucket is not None else []

    def uploads(self) -> list[str]:
        """Keys of the uploads that are open."""
        bucket = self._s3.store.buckets.get(self._name)
        return [upload.key for upload in bucket.open_uploads()] if bucket is not None else []

    def at(self, key: str) -> Found | None:
        """The object at a key."""
        bucket = self._s3.store.buckets.get(self._name)
        version = bucket.current(key) if bucket is not None else None
        return _found(version) if version is not None and not version.marker else None

    def of_inode(self, inode: int) -> list[Found]:
        """The objects of one file, oldest revision first."""
        keys = [key for key in self.keys() if not key.endswith(".json") and inode_of(key) == inode]
        return [found for key in sorted(keys, key=order) if (found := self.at(key)) is not None]


def _there(bucket: Bucket, key: str) -> bool:
    version = bucket.current(key)
    return version is not None and not version.marker


def _found(version: Version) -> Found:
    return Found(version.key, bytes(version.body), version.etag.strip('"'), version.metadata.get("sp-token", ""))


@dataclass
class Cluster:
    """The hosts and what stands on them."""

    world: World
    s3: HostedS3
    redis: WatchedRedis
    worker: Host
    camera: Camera
    ffprobe: HostedFfprobe
    tally: Tally
    options: dict[str, str] = field(default_factory=dict)
    workers: list[Service] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<cluster: {self.s3}, {self.redis}, {len(self.workers)} workers, {self.camera}>"

    @property
    def bucket(self) -> BucketView:
        return BucketView(self)

    @property
    def service(self) -> Service:
        """The first worker."""
        return self.workers[0]

    def start_worker(self, *, restart: Restart = ALWAYS, **settings: str) -> Service:
        """One more worker on the same folder; `settings` are options, with underscores for dashes."""
        options = self.options | {name.replace("_", "-"): value for name, value in settings.items()}
        words = [word for name, value in options.items() for word in _option(name, value)]
        name = PROGRAM if not self.workers else f"{PROGRAM}-{len(self.workers) + 1}"
        started = self.worker.run(_work, tuple(words), name=name, argv=["pipelines", *words], restart=restart)
        self.workers.append(started)
        return started

    # --- what Redis and S3 hold -----------------------------------------------------------------------

    @property
    def keyspace(self) -> Keyspace:
        found = self.redis.keyspace
        assert found is not None, "Redis has not started yet"
        return found

    def streams(self, name: str = "") -> dict[str, Stream]:
        """All streams that Redis keeps, or those of one file name, oldest first."""
        keyspace = self.redis.keyspace
        if keyspace is None:
            return {}
        path = self.camera.path(name)
        found = {each: keyspace.stream(each) for each in keyspace.streams()}
        return {each: stream for each, stream in found.items() if not name or stream.meta.get("path") == path}

    def meta(self, name: str) -> dict[str, str]:
        """What Redis keeps of the latest stream of a file."""
        found = self.streams(name)
        if not found:
            raise AssertionError(f"Redis keeps no stream of {name}; it keeps {list(self.streams()) or 'none'}")
        return max(found.values(), key=lambda stream: int(stream.meta.get("created_at", 0))).meta

    def files(self) -> dict[str, int]:
        """The files that are there: names below the folder, and their inodes."""
        disk = self.camera.host.disks[0]
        return {
            path.lstrip("/"): inode.number
            for inode, path in disk.paths().items()
            if not inode.is_directory and not path.rpartition("/")[2].startswith(".")
        }

    def read(self, name: str) -> bytes:
        """What a file holds now."""
        return cat(self.camera.host.disks[0], f"/{name}")

    def is_kept(self, name: str) -> bool:
        """Whether the newest object of a file is what it holds.

        A power cut may take bytes of a file whose recording was completed and leave its size and time as they were:
        nothing tells of that, and the object still has them.
        """
        inode, held = self.files()[name], self.read(name)
        objects = self.bucket.of_inode(inode)
        if not objects or objects[-1].body == held:
            return bool(objects) or not held
        meta, stamp_ns = self.meta(name), self._stamp_ns(inode)
        unseen = (int(meta["size_seen"]), int(meta["mtime_ns"])) == (len(held), stamp_ns)
        return self.camera.spoiled.get(inode) == len(held) and unseen and self.camera.was_once(inode, objects[-1].body)

    def _stamp_ns(self, inode: int) -> int:
        return self.camera.host.disks[0].inodes[inode].meta.mtime_ns

    async def settle(self) -> None:
        """Let the world come to rest, and tell in the trace what every file and its object then are."""
        assert isinstance(self.world, Stage), "a cluster of a scenario"
        await self.world.settle()
        tell_final(self)
        tell_summary(self)

    # --- what is owed ---------------------------------------------------------------------------------

    def owed(self) -> str | None:
        """In words, what is still to be done before all is quiet."""
        return next(self._owed(), None)

    def _owed(self) -> Iterator[str]:
        busy = self.camera.busy()
        if busy:
            yield f"{busy[0]} is still being recorded"
        for name, stream in self.streams().items():
            if stream.meta.get("status") not in ("completed", "failed"):
                yield f"{name} is {stream.meta.get('status')}/{stream.meta.get('phase')}"
        for name in self.files():
            if not self.is_kept(name):
                yield f"{name} ({len(self.read(name))} bytes) has no object like it"
        if self.bucket.uploads():
            yield f"an upload of {self.bucket.uploads()[0]} is open"
        if self.redis.keyspace is not None and self.redis.keyspace.queue():
            yield "uploads wait to be aborted"


class _Deaf(Inotify):
    """What a kernel knows of a folder that is another machine's: watches are granted, and nothing comes of them."""

    def put(self, notice: Notice) -> None:
        pass


def _option(name: str, value: str) -> list[str]:
    return [f"--{name}", value] if value else [f"--{name}"]


def _work(words: tuple[str, ...]) -> None:
    """What `python -m pipelines stream ...` does."""
    from pipelines.stream.cli import main

    sys.exit(main(list(words)))


def load_program() -> None:
    """Import the program before any of it runs, as an installed program is there before it is started."""
    with outside():
        try:
            import pipelines.stream.cli
            import pipelines.stream.program  # noqa: F401

            import_module("lupa.lua51")  # The program keeps its state with scripts, which the simulated Redis runs.
        except ImportError as error:
            hint = "pip install 'soundstage[clients,lua]'; in a checkout: scripts/prepare clients lua"
            raise Misuse(f"the program needs a library that is not there: {error.name}", hint=hint) from None


def stream_cluster(
    world: World,
    *,
    workers: int = 1,
    redis: dict[str, str] | None = None,
    redis_settings: dict[str, Any] | None = None,
    s3: S3Settings | None = None,
    owes: bool = True,
    notices_max: int = 16_384,
    watches_max: int = 1 << 20,
    disk: DiskSettings | None = None,
    share: bool = False,
    **settings: str,
) -> Cluster:
    """Hosts s3, redis and worker. `redis` are its parameters, `settings` the worker's options.

    With `share` the recorders and their disk are on a host of their own, `camera`, and the worker has the folder from
    there, with no word of what changes in it, as from a file server.
    `notices_max` and `watches_max` bound what the worker's kernel has room for: events of files, and watches.
    """
    load_program()
    tally = Tally()
    if world.engine.recorder is not None:
        world.engine.recorder.subscribe(tally.see)
    objects = WatchedStore()
    store = host_s3(world.host("s3"), S3Server(buckets=(BUCKET,), settings=s3 or S3Settings(), store=objects))
    parameters = {"appendonly": "yes", "appendfsync": "always"} | (redis or {})
    kept = WatchedRedis(
        world.host("redis"), RedisSettings(persistent=True, parameters=parameters, **(redis_settings or {}))
    )
    machine = world.host("worker", env={"HOME": "/var/empty", "PATH": "/usr/bin:/bin"})
    studio = world.host("camera") if share else machine
    media = studio.mount(FOLDER, settings=disk)
    if share:
        machine.files.mount(FOLDER, media)
    vars(machine)["inotify"] = lambda on_ready: (_Deaf if share else Inotify)(notices_max, watches_max, on_ready)
    made = Cluster(world, store, kept, machine, Camera(world, studio, FOLDER), host_ffprobe(machine), tally)
    objects.cluster = made
    given = {name.replace("_", "-"): value for name, value in settings.items()}
    places = {"watch": FOLDER, "bucket": BUCKET, "s3-endpoint": "http://s3:9000", "redis": "redis://redis:6379/0"}
    keys = {"s3-access-key": "test", "s3-secret-key": "test"}
    made.options = {"run": ""} and places | keys | SETTINGS | given
    for _ in range(workers):
        made.start_worker()
    if owes:
        world.owes(made.owed)
    return made


__all__ = ["BUCKET", "FOLDER", "MIB", "STATUSES", "BucketView", "Cluster", "Found", "stream_cluster"]
