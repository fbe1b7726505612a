"""Main, in a simulated world: what happens to files reaches its processor, and a disk that is away fails no stream."""

import asyncio
import os
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pipelines.stream.program  # noqa: F401 - as an installed program is there before it is started
from pipelines.stream.cli import main
from simulator import World, run, scenario
from simulator.harness.run import Run
from simulator.services.ffprobe.hosted import host_ffprobe
from simulator.services.redis.hosted import host_redis
from simulator.services.s3.hosted import HostedS3, host_s3
from simulator.services.s3.program import S3Server
from simulator.world.host import Host
from simulator.world.service import Service

WORDS = (
    *("--bucket", "films", "--s3-endpoint", "http://s3:9000", "--s3-access-key", "test", "--s3-secret-key", "test"),
    *("--redis", "redis://redis:6379/0", "--log-format", "json", "--lease-ttl", "6"),
    *("--idle-timeout", "10", "--settle", "1", "--check-period", "1", "--rescan-period", "20"),
)
DATA = random.Random(1).randbytes(100_000)


@dataclass
class Site:
    """A worker's host, and what S3 has."""

    world: World
    host: Host
    s3: HostedS3
    words: tuple[str, ...]
    worker: Service = field(init=False)

    def start(self) -> Service:
        """Start the worker, or start it again."""
        self.worker = self.host.run(lambda: sys.exit(main(list(self.words))), name="stream")
        return self.worker

    async def do(self, act: Callable[..., object], *args: Any) -> None:
        """Something happens on the disk."""
        await self.host.run(act, *args, name="recorder").wait()

    @property
    def objects(self) -> dict[str, bytes]:
        """Recordings in the bucket, by the names they began with."""
        bucket = self.s3.store.buckets["films"]
        found = {key: bucket.current(key) for key in bucket.versions if not key.endswith(".json")}
        return {key.partition(".")[0]: bytes(each.body) for key, each in found.items() if each is not None}


def played(story: Callable[[Site], Awaitable[None]], *words: str, root: str = "/media", stop: bool = True) -> Run:
    """A story with a worker that runs from the start, and is stopped at the end."""

    @scenario()
    async def story_of_a_worker(world: World) -> None:
        """Files come and go below a worker."""
        s3 = host_s3(world.host("s3"), S3Server(buckets=("films",)))
        host_redis(world.host("redis"))
        host = world.host("worker")
        host_ffprobe(host)
        for path in ("/media", "/other", "/links"):
            host.mount(path)
        await asyncio.sleep(1)
        site = Site(world, host, s3, ("--watch", root, *WORDS, *words))
        await site.do(os.symlink, "/media", "/links/media")
        service = site.start()
        await asyncio.sleep(3)
        await story(site)
        if stop:
            service.terminate()
            assert await service.wait() == 0

    found = run(story_of_a_worker, seed=1)
    assert found.outcome.passed, found.outcome.message
    assert found.trace.of("log", message="worker.fault").count() == 0
    return found


def told(found: Run, message: str, field: str) -> list[Any]:
    return [event.fields["data"][field] for event in found.trace.of("log", message=message).events]


def write(path: str, data: bytes) -> None:
    with open(path, "ab") as file:
        file.write(data)


def point_to(folder: str) -> None:
    """The watched link leads to another disk."""
    os.symlink(folder, "/links/new")
    os.rename("/links/new", "/links/media")


def test_create_write_and_quiet_make_an_object() -> None:
    async def story(site: Site) -> None:
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(5)
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(20)
        assert site.objects == {"a": DATA + DATA}

    found = played(story)

    assert told(found, "stream.state", "status")[0] == "active"
    assert told(found, "stream.metadata", "status") == ["error"]


def test_a_file_that_is_deleted_leaves_no_upload_and_its_reason() -> None:
    async def story(site: Site) -> None:
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(5)
        await site.do(os.unlink, "/media/a.mp4")
        await asyncio.sleep(8)
        assert list(site.s3.store.buckets["films"].open_uploads()) == []

    assert told(played(story), "stream.failed", "reason") == ["missing_file"]


def test_a_folder_that_is_renamed_takes_its_streams_along() -> None:
    async def story(site: Site) -> None:
        await site.do(os.mkdir, "/media/monday")
        await site.do(write, "/media/monday/a.mp4", DATA)
        await asyncio.sleep(5)
        await site.do(os.rename, "/media/monday", "/media/tuesday")
        await site.do(write, "/media/tuesday/a.mp4", DATA)
        await asyncio.sleep(30)
        assert site.objects == {"monday/a": DATA + DATA}

    assert told(played(story), "stream.failed", "reason") == []


def test_a_disk_that_is_away_for_a_while_fails_no_stream() -> None:
    async def story(site: Site) -> None:
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(5)
        await site.do(point_to, "/other")
        await asyncio.sleep(60)
        await site.do(point_to, "/media")
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(40)
        assert site.objects == {"a": DATA + DATA}

    found = played(story, root="/links/media")

    assert told(found, "stream.failed", "reason") == []
    assert told(found, "watch.begun", "advice") == ["start", "root-back"]


def test_a_disk_that_is_not_mounted_yet_fails_no_stream() -> None:
    async def story(site: Site) -> None:
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(5)
        site.worker.terminate()
        await site.worker.wait()
        await site.do(point_to, "/other")
        again = site.start()
        await asyncio.sleep(60)
        await site.do(point_to, "/media")
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(40)
        assert site.objects == {"a": DATA + DATA}
        again.terminate()
        assert await again.wait() == 0

    found = played(story, root="/links/media", stop=False)

    assert told(found, "stream.failed", "reason") == []


def test_what_is_over_is_left_alone_until_its_file_changes() -> None:
    async def story(site: Site) -> None:
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(20)
        before = site.s3.store.buckets["films"].versions.keys()
        assert len(before) == 2
        await asyncio.sleep(300)
        assert site.s3.store.buckets["films"].versions.keys() == before
        await site.do(write, "/media/a.mp4", DATA)
        await asyncio.sleep(40)
        assert len(site.s3.store.buckets["films"].versions) == 4

    found = played(story)

    assert sorted(set(told(found, "stream.state", "stream")))[1].endswith(".1")


def test_names_that_are_not_chosen_are_left_alone() -> None:
    async def story(site: Site) -> None:
        for name in ("a.mp4", "b.txt", ".c.mp4", "d.mov"):
            await site.do(write, f"/media/{name}", DATA)
        await asyncio.sleep(30)
        assert site.objects.keys() == {"a", "d"}

    played(story, "--include", "*.mp4,*.mov")


def test_a_hundred_files_at_once_are_all_stored() -> None:
    def write_all() -> None:
        for number in range(100):
            write(f"/media/f{number}.mp4", DATA[:1000])

    async def story(site: Site) -> None:
        await site.do(write_all)
        await asyncio.sleep(60)
        assert len(site.objects) == 100

    played(story)
