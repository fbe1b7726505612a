"""The worlds in which a story of films can be told: simulated hosts, and the machine itself."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import redis

from pipelines.stream.names import STATUSES
from simulator import run, scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import Cluster, stream_cluster
from simulator.scenarios.stream.kept import KEPT
from simulator.trace.query import Trace
from simulator.world.service import NEVER
from tests.parity.stream_story import BUCKET, SETTINGS, Raw, fold_sets, story
from tests.support.s3_proxy import Call, S3Proxy
from tests.support.stream_worker import Worker

_STOP_S: Final = 10.0


# --- simulated ----------------------------------------------------------------------------------------------


class SimulatedScene:
    """Hosts of the simulator; its trace tells all."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    async def start(self) -> None:
        self.cluster.start_worker(restart=NEVER)

    async def kill(self) -> None:
        worker = self.cluster.workers.pop()
        worker.kill()
        await worker.wait()

    async def append(self, name: str, data: bytes) -> None:
        await self.cluster.camera.append(name, data)

    async def patch(self, name: str, at: int, data: bytes) -> None:
        await self.cluster.camera.patch(name, at, data)

    async def place(self, name: str, data: bytes) -> None:
        await self.cluster.camera.put(name, data)

    async def delete(self, name: str) -> None:
        await self.cluster.camera.delete(name)

    async def meta(self, name: str) -> Mapping[str, str]:
        return self.cluster.meta(name) if self.cluster.streams(name) else {}


def simulated(*, seed: int = 1, faults: tuple[str, ...] = (), **settings: str) -> Raw:
    """What the simulator tells of the story; `faults` trouble its S3, `settings` differ from those of the story."""
    raw = Raw()
    given: dict[str, Any] = {name.replace("-", "_"): value for name, value in SETTINGS.items()} | settings

    @scenario()
    async def films(world: Stage) -> None:
        """A story is told."""
        cluster = stream_cluster(world, workers=0, owes=False, **given)
        for fault in faults:
            cluster.s3.troubles.on(fault)
        await asyncio.sleep(1)
        await story(SimulatedScene(cluster))
        for stream, held in cluster.streams().items():
            raw.metas[stream] = held.meta
            raw.parts[stream] = cluster.keyspace.hash_at(f"stream:{stream}:parts")
        keys = cluster.bucket.keys()
        for key in keys:
            found = cluster.bucket.at(key)
            assert found is not None
            raw.objects[key] = found.body

    found = run(films, seed=seed)
    assert found.outcome.passed, found.outcome.message
    _read(found.trace, raw)
    return raw


def _read(trace: Trace, raw: Raw) -> None:
    """Events, calls and sets, from the trace."""
    asked: dict[tuple[Any, ...], list[int]] = {}
    for event in trace.events:
        fields = event.fields
        if event.kind == "log" and fields.get("logger") == "pipelines.stream":
            raw.events.append({"event": fields["message"]} | (fields.get("data") or {}))
        elif event.kind == "note" and fields["text"] == KEPT and "sets" in fields["data"]:
            raw.sets.append((fields["data"]["stream"], tuple(fields["data"]["sets"])))
        elif event.kind in ("s3.request", "s3.response"):
            part = int(fields["part"]) if "part" in fields else None
            what = (fields["operation"], fields.get("bucket", ""), fields.get("key", ""))
            if event.kind == "s3.request":
                asked.setdefault((*what, part), []).append(fields["bytes"])
            else:
                size = asked[*what, part].pop(0)
                raw.calls.append(Call(*what, fields["status"], part, size))
    for (operation, bucket, key, part), sizes in asked.items():
        raw.calls += [Call(operation, bucket, key, 0, part, size) for size in sizes]


# --- real ---------------------------------------------------------------------------------------------------


class Monitor:
    """Follows a real Redis by MONITOR, and keeps what scripts make of the four sets."""

    def __init__(self, port: int) -> None:
        self.changes: list[tuple[str, tuple[str, ...]]] = []
        self._sets: dict[str, set[str]] = {status: set() for status in STATUSES}
        self._moves: list[tuple[str, str, str]] = []
        self._socket = socket.create_connection(("127.0.0.1", port), _STOP_S)
        self._socket.sendall(b"MONITOR\r\n")
        self._lines = self._socket.makefile("rb")
        assert self._lines.readline() == b"+OK\r\n"
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._follow, name="redis-monitor")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(_STOP_S)
        self._lines.close()
        self._socket.close()

    def _follow(self) -> None:
        for line in self._lines:
            self.see(line.decode("utf-8", "replace"))
        self._end_of_script()

    def see(self, line: str) -> None:
        """A line such as `+1763.5 [0 lua] "SADD" "streams:active" "lobby.1-2-0.0"`."""
        where, _, rest = line.partition("] ")
        if not where.endswith("lua"):
            self._end_of_script()
            return
        words = rest.strip().strip('"').split('" "')
        if words[0].upper() in ("SADD", "SREM") and words[1].startswith("streams:"):
            self._moves.append((words[0].upper(), words[1].removeprefix("streams:"), words[2]))

    def _end_of_script(self) -> None:
        self.changes += fold_sets(self._sets, self._moves)
        self._moves.clear()


class RealScene:
    """The machine: a folder, inotify, processes, `kill -9`, a real Redis, and an S3 behind a proxy that listens."""

    def __init__(self, folder: Path, words: tuple[str, ...], redis_port: int) -> None:
        self.folder, self.words = folder, words
        self.media, self.log = folder / "media", folder / "worker.log"
        self.media.mkdir()
        self.redis = redis.Redis(port=redis_port, decode_responses=True)
        self.workers: list[Worker] = []

    async def start(self) -> None:
        settings = [word for name, value in SETTINGS.items() if name != "log-format" for word in (f"--{name}", value)]
        self.workers.append(Worker(self.log, "--watch", self.media, *self.words, *settings))

    async def kill(self) -> None:
        self.workers[-1].kill()

    async def append(self, name: str, data: bytes) -> None:
        with open(self.media / name, "ab", buffering=0) as file:
            file.write(data)

    async def patch(self, name: str, at: int, data: bytes) -> None:
        with open(self.media / name, "r+b", buffering=0) as file:
            os.pwrite(file.fileno(), data, at)

    async def place(self, name: str, data: bytes) -> None:
        hidden = self.media / f".{name}.part"
        hidden.write_bytes(data)
        hidden.rename(self.media / name)

    async def delete(self, name: str) -> None:
        (self.media / name).unlink()

    async def meta(self, name: str) -> Mapping[str, str]:
        assert self.workers[-1].process.poll() is None, self.log.read_text()[-4000:]
        found = [meta for meta in self.metas().values() if meta["path"] == str(self.media / name)]
        return max(found, key=lambda meta: int(meta["created_at"]), default={})

    def metas(self) -> dict[str, dict[str, str]]:
        """What Redis keeps of every stream."""
        keys = [str(key) for key in self.redis.scan_iter("stream:*:meta")]
        return {key.split(":")[1]: self.redis.hgetall(key) for key in sorted(keys)}  # type: ignore[misc]

    def stop(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.stop(signal.SIGKILL)
        self.redis.close()


@contextmanager
def _scene(folder: Path, words: tuple[str, ...], redis_port: int) -> Iterator[RealScene]:
    scene = RealScene(folder, words, redis_port)
    try:
        yield scene
    finally:
        scene.stop()


def real(folder: Path, *, s3_url: str, keys: tuple[str, str], client: Any, redis_port: int) -> Raw:
    """What this machine tells of the story; `client` reads the bucket."""
    with S3Proxy(s3_url) as proxy, Monitor(redis_port) as monitor:
        words: tuple[str, ...] = (
            "--bucket",
            BUCKET,
            "--s3-endpoint",
            proxy.url,
            "--redis",
            f"redis://127.0.0.1:{redis_port}/0",
        )
        words += ("--s3-access-key", keys[0], "--s3-secret-key", keys[1])
        with _scene(folder, words, redis_port) as scene:
            asyncio.run(story(scene))
            assert scene.workers[-1].stop() == 0
            raw = Raw(
                metas=dict(scene.metas()), events=list(scene.workers[0].events())
            )  # The first reads all of the log.
            raw.parts = {stream: scene.redis.hgetall(f"stream:{stream}:parts") for stream in raw.metas}  # type: ignore[misc]
        listed = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        raw.objects = {each["Key"]: client.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed}
    raw.calls, raw.sets = proxy.calls, monitor.changes
    return raw
