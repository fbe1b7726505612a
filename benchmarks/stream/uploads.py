"""Uploads for real: `python -m pipelines stream` and boto3's transfer manager in turns, with one server.

Files are moved into the folder that is watched, whole. Of ours two moments count: when S3 has acknowledged the last
part (`parts`), and when the last object is there (`objects`), from which the time is taken off in which the worker,
by the rules of its protocol, only waits to see whether a file goes on to grow.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self

from benchmarks.stream.files import LOADS, PART_BYTES, Load, make
from benchmarks.stream.transfer import client_of
from tests.fidelity.servers import SERVERS
from tests.support.real_redis import RealRedis
from tests.support.stream_worker import Worker, environment, working

Say = Callable[[str], None]
BUCKET: Final = "films"
_IDLE_S: Final = 8.0
_SETTINGS: Final = {
    "idle-timeout": f"{_IDLE_S}",
    "settle": "0.1",
    "check-period": "0.05",
    "part-size": f"{PART_BYTES}",
    "lease-ttl": "30",
    # A camera's film is described by ffprobe, which is a process for each: that is no part of an upload.
    "probe": "no",
}
_PATIENCE_S: Final = 600.0
_FIRST_PARTS: Final = 20
_PIECE_BYTES: Final = 1 << 20


class Manager:
    """The process of boto3."""

    def __init__(self, url: str, user: tuple[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stream.transfer", url, *user],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._process:
            pass

    def upload(self, paths: list[Path]) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"bucket": BUCKET, "paths": [str(path) for path in paths]}) + "\n")
        self._process.stdin.flush()
        found: dict[str, float] = json.loads(self._process.stdout.readline())
        return found


class Site:
    """A server, a Redis, a worker that watches a folder, and boto3's manager."""

    def __init__(self, folder: Path, client: Any, worker: Worker, manager: Manager) -> None:
        self.folder, self.client, self.worker, self.manager = folder, client, worker, manager
        self.media, self._kept = folder / "media", folder / "kept"
        self._round = 0

    def ours(self, load: Load) -> dict[str, float]:
        """One load by the worker."""
        paths = self._made(load)
        names = {path.stem for path in paths}
        cpu_s, began_s = _cpu_s(self.worker.process.pid), time.time()
        for path in paths:
            path.rename(self.media / path.name)
        moments = self._until_published(names)
        cpu_s = _cpu_s(self.worker.process.pid) - cpu_s
        self._check({path.stem: self.media / path.name for path in paths})
        self._clear()
        full = load.size // PART_BYTES * load.count
        parts = sorted(moments["part"])
        assert not full or len(parts) >= full
        return {
            "objects_s": max(moments["object"]) - began_s - waited_s(moments),
            "cpu_s": cpu_s,
            **({"parts_s": parts[full - 1] - began_s, "first_s": parts[0] - began_s} if full else {}),
        }

    def theirs(self, load: Load) -> dict[str, float]:
        """One load by boto3."""
        paths = self._made(load)
        found = self.manager.upload(paths)
        self._check({path.stem: path for path in paths})
        self._clear()
        return {"objects_s": found["seconds"], "cpu_s": found["cpu_s"]}

    def first_parts(self, count: int) -> list[float]:
        """Seconds from the write that fills a part to its acknowledgement, of files that were growing already."""
        return [self._first_part(f"grows{number:03}") for number in range(count)]

    def _first_part(self, name: str) -> float:
        with open(self.media / f"{name}.mp4", "ab", buffering=0) as file:
            file.write(os.urandom(PART_BYTES - _PIECE_BYTES))
            time.sleep(0.2)
            rest = os.urandom(_PIECE_BYTES)
            began_s = time.time()
            file.write(rest)

        def parts() -> list[dict[str, Any]]:
            told = self.worker.events("stream.part")
            return [each for each in told if each["stream"].partition(".")[0] == name]

        self.worker.until(lambda told: parts())
        return _at(parts()[0]) - began_s

    def _made(self, load: Load) -> list[Path]:
        self._round += 1
        return make(self.folder / f"made{self._round}", load, seed=self._round)

    def _until_published(self, names: set[str]) -> dict[str, list[float]]:
        """When parts of these files were acknowledged, and when they were objects."""

        def of_these(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [each for each in told if each.get("stream", "").partition(".")[0] in names]

        def published(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
            states = [each for each in of_these(told) if each["event"] == "stream.state"]
            return [each for each in states if each["phase"] == "done"]

        self.worker.until(lambda told: len(published(told)) == len(names), patience_s=_PATIENCE_S)
        told = of_these(self.worker.events())
        wrong = [each for each in told if each["event"] in ("stream.retry", "stream.failed", "stream.error")]
        assert not wrong, wrong[:3]
        return {
            "begun": [_at(each) for each in told if each.get("phase") == "uploading"],
            "part": [_at(each) for each in told if each["event"] == "stream.part"],
            "idle": [_at(each) for each in told if each.get("phase") == "draining"],
            "object": [_at(each) for each in told if each.get("phase") == "publishing"],
        }

    def _check(self, files: dict[str, Path]) -> None:
        """Every file is an object of its size, and the first is it byte for byte."""
        found = {
            each["Key"].partition(".")[0]: each
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
            for each in page.get("Contents", ())
            if not each["Key"].endswith(".json")
        }
        assert found.keys() == files.keys(), sorted(found.keys() ^ files.keys())[:5]
        for name, path in files.items():
            assert found[name]["Size"] == path.stat().st_size, name
        name, path = next(iter(files.items()))
        body = self.client.get_object(Bucket=BUCKET, Key=found[name]["Key"])["Body"]
        with open(path, "rb") as file:
            while here := file.read(_PIECE_BYTES):
                assert body.read(len(here)) == here, name

    def _clear(self) -> None:
        """Nothing is left for the next round: no object, and no bytes of a file.

        The files themselves stay, empty and elsewhere: another one with the inode of a recording that was published
        might be that recording, and would be read and compared before it is uploaded.
        """
        for path in [*self.media.iterdir(), *self.folder.glob("made*/*")]:
            os.truncate(path.rename(self._kept / path.name), 0)
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for each in page.get("Contents", ()):
                self.client.delete_object(Bucket=BUCKET, Key=each["Key"])
        for made in self.folder.glob("made*"):
            shutil.rmtree(made)


def waited_s(moments: dict[str, list[float]]) -> float:
    """How long nothing was done: between what was done while files may have grown, and the first that was idle."""
    idle_s = min(moments["idle"])
    before = [at_s for at_s in (*moments["begun"], *moments["part"]) if at_s < idle_s]
    return idle_s - max(before, default=idle_s)


def _at(told: dict[str, Any]) -> float:
    return datetime.fromisoformat(told["at"]).replace(tzinfo=UTC).timestamp()


def _cpu_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def site(server: str) -> Iterator[Site]:
    """Everything that is needed, with a server of that name."""
    with ExitStack() as stack:
        # A disk that has other work to do is not what is measured here.
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-stream-", dir=memory)))
        for name in ("media", "kept"):
            (folder / name).mkdir()
        url, users = stack.enter_context(SERVERS[server][1]())
        redis = stack.enter_context(RealRedis("--appendonly", "yes", "--save", ""))
        client = client_of(url, *users.first)
        client.create_bucket(Bucket=BUCKET)
        words: list[object] = ["--watch", folder / "media", "--bucket", BUCKET, "--s3-endpoint", url]
        words += ["--redis", redis.url, "--s3-access-key", users.first[0], "--s3-secret-key", users.first[1]]
        words += [word for name, value in _SETTINGS.items() for word in (f"--{name}", value)]
        worker = stack.enter_context(working(folder / "worker.log", *words))
        worker.until_told("watch.begun")
        manager = stack.enter_context(Manager(url, users.first))
        yield Site(folder, client, worker, manager)


def measure_uploads(server: str, *, rounds: int, quick: bool, say: Say) -> dict[str, Any]:
    """By load and uploader, one figure for each round; and the seconds from a write to its part."""
    loads = [load.shrunk(8) if quick else load for load in LOADS]
    taken: dict[str, dict[str, list[dict[str, float]]]] = {load.name: {"ours": [], "boto3": []} for load in loads}
    with site(server) as here:
        for load in loads:
            small = Load(load.name, load.title, min(load.count, 4), min(load.size, 2 * PART_BYTES))
            here.ours(small)  # The first of each kind pays for imports and connections.
            here.theirs(small)
        for number in range(1, rounds + 1):
            for load in loads:
                say(f"{server}, round {number} of {rounds}: {load.title}")
                taken[load.name]["ours"].append(here.ours(load))
                taken[load.name]["boto3"].append(here.theirs(load))
        say(f"{server}: from a write to its part")
        latencies = here.first_parts(_FIRST_PARTS // 4 if quick else _FIRST_PARTS)
    return {
        "title": SERVERS[server][0],
        "loads": {load.name: {"title": load.title, "bytes": load.bytes} for load in loads},
        "taken": taken,
        "first_part_s": latencies,
    }


def ratios(found: Mapping[str, Any], load: str, moment: str) -> list[float]:
    """How many times as fast we were, in each round."""
    taken = found["taken"][load]
    pairs = zip(taken["ours"], taken["boto3"], strict=True)
    return [theirs["objects_s"] / ours[moment] for ours, theirs in pairs if moment in ours]
