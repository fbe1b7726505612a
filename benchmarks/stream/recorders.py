"""Recorders that write film after film, and a worker that uploads them, for as long as one likes.

Each recorder appends a picture of a fragmented MP4 every second. When a film is an object, Redis says `completed` and
its bytes are compared with what was written, film and object are removed: an hour of a hundred recorders is 72 GB.
"""

import asyncio
import math
import os
import sys
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final

from simulator.faults import Kill, ServiceTrouble, may
from simulator.faults.plan import MenuItem
from simulator.harness.scenario import Scenario, scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import BUCKET, FOLDER, PROGRAM, SETTINGS, load_program
from simulator.scenarios.stream.films import Sample, fragment, head, picture
from simulator.services.ffprobe.hosted import host_ffprobe
from simulator.services.redis.hosted import HostedRedis, host_redis
from simulator.services.redis.settings import Settings as RedisSettings
from simulator.services.s3.hosted import HostedS3, host_s3
from simulator.services.s3.program import S3Server
from simulator.world.host import Host
from simulator.world.service import ALWAYS, NEVER

BYTES_PER_S: Final = 200_000
FILM_S: Final = 60
_LOOK_S: Final = 5.0
_PATIENCE_S: Final = 300.0
_REELS: Final = 10
"""So many recorders write different films; the others write the same as one of them, so that memory suffices."""


@lru_cache(maxsize=(FILM_S + 1) * _REELS)
def piece(reel: int, number: int) -> bytes:
    """What a recorder writes at a time: the head of a film (0), or one of its pictures."""
    if not number:
        return head(fragmented=True)
    made = Sample(BYTES_PER_S, 1000)
    return fragment(number, (number - 1) * 1000, made, picture(reel, number, made.size))


@dataclass
class Films:
    """What was recorded, and what has become of it."""

    pending: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By name, the reel and the number of pictures of films that are not removed yet."""
    recording: set[str] = field(default_factory=set)
    stored: int = 0
    stored_bytes: int = 0

    async def record(self, recorder: int, *, until_s: float) -> None:
        """The program of one recorder."""
        loop, reel = asyncio.get_running_loop(), recorder % _REELS
        begun_s = loop.time()
        # Recorders were not all switched on at the same moment.
        await asyncio.sleep(recorder * 7919 % 10_000 / 10_000)
        first = FILM_S * (recorder * 104_729 % 1000) // 1000
        number = 0
        while loop.time() - begun_s < until_s:
            name = f"recorder{recorder:04}-{number:04}"
            left = math.ceil(until_s - (loop.time() - begun_s))
            pictures = min(FILM_S if number else max(first, 1), left)
            await self._film(name, reel, pictures)
            number += 1

    async def _film(self, name: str, reel: int, pictures: int) -> None:
        self.pending[name] = (reel, pictures)
        self.recording.add(name)
        handle = os.open(f"{FOLDER}/{name}.mp4", os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.write(handle, piece(reel, 0))
            for number in range(1, pictures + 1):
                await asyncio.sleep(1)
                os.write(handle, piece(reel, number))
        finally:
            os.close(handle)
            self.recording.discard(name)


@dataclass
class Room:
    """Where films become objects, and where they are removed."""

    films: Films
    host: Host
    s3: HostedS3
    redis: HostedRedis

    def collect(self) -> list[str]:
        """Compare and remove the objects of films that are complete; the names of the films."""
        bucket = self.s3.store.buckets[BUCKET]
        done = []
        for key in [key for key in bucket.keys if not key.endswith(".json")]:
            name = key.partition(".")[0]
            if name in self.films.recording or self._status(key) != "completed":
                continue
            version = bucket.current(key)
            assert version is not None
            reel, pictures = self.films.pending[name]
            written = b"".join(piece(reel, number) for number in range(pictures + 1))
            if bytes(version.body) != written:
                continue  # An earlier revision of a film that was quiet for too long under trouble.
            del self.films.pending[name]
            self.films.stored += 1
            self.films.stored_bytes += version.size
            for each in [each for each in bucket.keys if each.partition(".")[0] == name]:
                found = bucket.current(each)
                assert found is not None
                self.s3.store.drop_version(bucket, found)
            done.append(name)
        return done

    def _status(self, key: str) -> str:
        if self.redis.redis is None:
            return ""
        stream = key.removesuffix(".mp4")
        held = self.redis.redis.server.keyspace.databases[0].peek(f"stream:{stream}:meta".encode())
        return held.fields.get(b"status", b"").decode() if held is not None else ""

    async def clear(self) -> None:
        """Remove what is complete, on the disk as well."""
        names = self.collect()
        if names:
            await self.host.run(lambda: _unlink(names), name="clear").wait()


def _unlink(names: list[str]) -> None:
    for name in names:
        os.unlink(f"{FOLDER}/{name}.mp4")


def _work(words: tuple[str, ...]) -> None:
    """What `python -m pipelines stream ...` does."""
    from pipelines.stream.cli import main

    sys.exit(main(list(words)))


def worker_words() -> tuple[str, ...]:
    """The options of the worker."""
    where = {"watch": FOLDER, "bucket": BUCKET, "s3-endpoint": "http://s3:9000", "redis": "redis://redis:6379/0"}
    keys = {"s3-access-key": "test", "s3-secret-key": "test"}
    given = where | keys | SETTINGS
    return ("run", *(word for name, value in given.items() for word in (f"--{name}", value)))


def hours_trouble(horizon_s: float) -> list[MenuItem]:
    """Some trouble in so much time: more of it in more."""
    times = max(1, round(horizon_s / 300))
    return [
        may(Kill("worker", PROGRAM), times_max=times, lasts_s=(1, 8)),
        may(
            ServiceTrouble("s3", "throttled:chance=0.3"),
            ServiceTrouble("s3", "error-before:chance=0.2"),
            ServiceTrouble("s3", "reset-after:chance=0.1"),
            times_max=times,
            lasts_s=(5, 30),
        ),
        may(
            ServiceTrouble("s3", "reply-lost:operation=CompleteMultipartUpload,seconds=10"),
            ServiceTrouble("s3", "error-in-200:operation=CompleteMultipartUpload"),
            times_max=times,
            lasts_s=(5, 30),
        ),
        may(Kill("redis"), ServiceTrouble("redis", "reply-lost:chance=0.05"), times_max=times, lasts_s=(1, 5)),
    ]


def recording(*, recorders: int, seconds: float) -> tuple[Scenario, Films]:
    """The scenario of so many recorders for so long, and what it will have recorded."""
    films = Films()

    async def many_recorders(world: Stage) -> None:
        """Whatever happens, every film becomes an object."""
        load_program()
        s3 = host_s3(world.host("s3"), S3Server(buckets=(BUCKET,)))
        persistent = RedisSettings(persistent=True, parameters={"appendonly": "yes", "appendfsync": "everysec"})
        redis = host_redis(world.host("redis"), persistent)
        host = world.host("worker", env={"HOME": "/var/empty", "PATH": "/usr/bin:/bin"})
        host.mount(FOLDER)
        host_ffprobe(host)
        words = worker_words()
        host.run(_work, words, name=PROGRAM, argv=["pipelines", *words], restart=ALWAYS)
        room = Room(films, host, s3, redis)
        services = [
            host.run(partial(films.record, number, until_s=seconds), name=f"recorder{number}", restart=NEVER)
            for number in range(recorders)
        ]
        world.drive()
        begun_s = asyncio.get_running_loop().time()
        while films.pending or any(service.running for service in services):
            await asyncio.sleep(_LOOK_S)
            await room.clear()
            late = asyncio.get_running_loop().time() - begun_s > seconds + _PATIENCE_S
            assert not late, f"{len(films.pending)} films are no objects yet"
        assert films.stored >= recorders
        assert not list(s3.store.buckets[BUCKET].open_uploads())

    made = scenario(faults=hours_trouble(seconds), horizon_s=seconds, name=f"bench-{recorders}")(many_recorders)
    return made, films
