"""Soak: files that grow for minutes, for real, under a worker that is killed again and again; then all is compared.

What is real: the disk, inotify, sockets, processes and `kill -9`. S3 and Redis are those of `simulator serve`.
Nothing may be lost: every file with bytes has an object that equals it, and no upload is left open.
"""

import hashlib
import json
import os
import random
import signal
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tests.soak.recorders import Recorder
from tests.support.served import Server, served
from tests.support.stream_worker import Worker, command, words_of

IDLE_S: Final = 4
LEASE_S: Final = 3
_SETTLE_S: Final = 180.0
_OPTIONS: Final = (
    *("--idle-timeout", str(IDLE_S), "--settle", "500ms", "--check-period", "500ms", "--rescan-period", "5"),
    *("--lease-ttl", str(LEASE_S), "--part-size", "5MiB", "--drain-timeout", "5"),
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done to a worker, and for how long."""

    files: int = 8
    minutes: float = 1.0
    kill_every_s: float = 8.0
    rate_bytes_s: int = 500_000
    workers: int = 1
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of it."""

    streams: int
    """Recordings that were written."""
    bytes_written: int
    kills: int
    pauses: int
    losses: tuple[str, ...]
    """Recordings without an object that equals them."""
    duplicates: int
    """Objects beyond one for each recording: a pause longer than the idle time makes a revision."""
    uploads_left: int
    failed: int
    parts: int
    bytes_uploaded: int
    wasted_bytes: int
    """What was sent beyond what objects hold: parts that were under way at a kill, headers that were patched."""
    memory_max_bytes: int
    seconds: float

    @property
    def sound(self) -> bool:
        return not self.losses and not self.uploads_left and self.streams > 0

    def words(self) -> str:
        """The report, for people."""
        share = self.wasted_bytes / self.bytes_uploaded if self.bytes_uploaded else 0.0
        lines = [
            f"streams   {self.streams}, {self.bytes_written / 1e6:.1f} MB, in {self.seconds:.0f} s",
            f"kills     {self.kills}, and {self.pauses} pauses longer than a lease",
            f"losses    {len(self.losses)} {' '.join(self.losses[:10])}".rstrip(),
            f"doubles   {self.duplicates}",
            f"left      {self.uploads_left} uploads, {self.failed} failed streams",
            f"uploaded  {self.parts} parts, {self.bytes_uploaded / 1e6:.1f} MB, {share:.1%} of it in vain",
            f"memory    {self.memory_max_bytes / 1e6:.0f} MB at most",
        ]
        return "\n".join(lines) + "\n"


class Tormentor:
    """Keeps workers running, and kills or pauses them at random."""

    def __init__(self, plan: Plan, folder: Path, words: list[str], rng: random.Random) -> None:
        self._plan, self._folder, self._words, self._rng = plan, folder, words, rng
        self.kills = self.pauses = self.memory_max_bytes = 0
        self.logs = [folder / f"worker{number}.log" for number in range(plan.workers)]
        self.workers = [Worker(log, *words) for log in self.logs]

    def torment(self, until_s: float) -> None:
        while time.monotonic() < until_s:
            time.sleep(min(self._rng.uniform(0.2, 2 * self._plan.kill_every_s), max(0.0, until_s - time.monotonic())))
            number = self._rng.randrange(len(self.workers))
            self._measure(self.workers[number])
            if self._rng.random() < 0.2:
                self._pause(self.workers[number])
            else:
                self.workers[number].kill()
                self.kills += 1
                self.workers[number] = Worker(self.logs[number], *self._words)

    def _pause(self, worker: Worker) -> None:
        """A virtual machine that is moved: when it goes on, its leases are others'."""
        worker.process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE_S * 1.5)
        worker.process.send_signal(signal.SIGCONT)
        self.pauses += 1

    def _measure(self, worker: Worker) -> None:
        """The most memory that a worker has held."""
        try:
            status = Path(f"/proc/{worker.process.pid}/status").read_text()
        except OSError:
            return
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "x 0")
        self.memory_max_bytes = max(self.memory_max_bytes, int(peak.split()[1]) * 1024)

    def stop(self) -> None:
        for worker in self.workers:
            self._measure(worker)
            if worker.process.poll() is None:
                worker.stop()

    def kill(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()

    def sent(self) -> list[int]:
        """The sizes of all parts that workers were told were stored."""
        sizes = []
        for log in self.logs:
            for line in log.read_text(errors="replace").splitlines():
                if '"event": "stream.part"' in line and line.endswith("}"):
                    sizes.append(int(json.loads(line)["size"]))
        return sizes


def soak(plan: Plan, *, say: Any = lambda text: None) -> Report:
    """Play a plan; what came of it."""
    began_s = time.monotonic()
    rng = random.Random(plan.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        media = folder / "media"
        media.mkdir()
        where = ("--s3-port", "0", "--redis-port", "0", "--data", folder / "served", "--bucket", "films")
        server = stack.enter_context(served("all", *where))
        tormentor = Tormentor(plan, folder, ["--watch", str(media), *words_of(server), *_OPTIONS], rng)
        stack.callback(tormentor.kill)

        until_s = time.monotonic() + plan.minutes * 60
        recorders = [
            Recorder(f"cam{number}", media, plan.rate_bytes_s, random.Random(rng.random()), until_s, IDLE_S * 1.5)
            for number in range(plan.files)
        ]
        threads = [recorder.start() for recorder in recorders]
        say(f"{plan.files} recorders for {plan.minutes:g} minutes, a kill every {plan.kill_every_s:g} s")
        tormentor.torment(until_s)
        for thread in threads:
            thread.join()
        say(f"all is written after {tormentor.kills} kills; waiting for the streams to end")
        _settled(server, media)
        tormentor.stop()
        return _judged(server, media, recorders, tormentor, time.monotonic() - began_s)


def _rows(server: Server) -> tuple[dict[str, int], list[dict[str, Any]]]:
    told = command("status", "--all", "--json", *words_of(server)).json
    return told["counts"], told["streams"]


def _settled(server: Server, media: Path) -> None:
    """Wait until no stream is under way and every file has one, or patience ends."""
    until_s = time.monotonic() + _SETTLE_S
    files = {str(path) for path in media.rglob("*") if path.is_file() and path.stat().st_size}
    while time.monotonic() < until_s:
        counts, rows = _rows(server)
        done = {row["path"] for row in rows if row["status"] == "completed"}
        if not counts["active"] + counts["pending_completion"] + counts["abort_queue"] and files <= done:
            return
        time.sleep(1.0)


def _digest(chunks: Any) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _judged(server: Server, media: Path, recorders: list[Recorder], tormentor: Tormentor, seconds: float) -> Report:
    """Compare every file with its latest object."""
    client = server.client()
    counts, rows = _rows(server)
    latest: dict[str, dict[str, Any]] = {}
    completed = [row for row in rows if row["status"] == "completed"]
    for row in sorted(completed, key=lambda row: int(row["stream"].rpartition(".")[2])):
        latest[row["path"]] = row
    losses, streams = [], 0
    for path in sorted(path for path in media.rglob("*") if path.is_file()):
        if not path.stat().st_size:
            continue
        streams += 1
        row_of = latest.get(str(path))
        with open(path, "rb") as file:
            here = hashlib.file_digest(file, "sha256").hexdigest()
        there = ""
        if row_of is not None:
            body = client.get_object(Bucket="films", Key=row_of["key"])["Body"]
            there = _digest(body.iter_chunks(1 << 20))
        if here != there:
            losses.append(os.path.relpath(path, media))
    sizes = tormentor.sent()
    stored = sum(row["size"] for row in completed)
    return Report(
        streams=streams,
        bytes_written=sum(recorder.bytes_written for recorder in recorders),
        kills=tormentor.kills,
        pauses=tormentor.pauses,
        losses=tuple(losses),
        duplicates=len(completed) - len(latest),
        uploads_left=len(client.list_multipart_uploads(Bucket="films").get("Uploads", [])),
        failed=counts["failed"],
        parts=len(sizes),
        bytes_uploaded=sum(sizes),
        wasted_bytes=max(0, sum(sizes) - stored),
        memory_max_bytes=tormentor.memory_max_bytes,
        seconds=seconds,
    )


def as_json(report: Report) -> str:
    return json.dumps(asdict(report) | {"losses": len(report.losses), "lost": list(report.losses)}) + "\n"
