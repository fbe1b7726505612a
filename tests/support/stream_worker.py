"""A worker of `python -m pipelines stream` in a process of its own, and what it said."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.support.command import ROOT, Done
from tests.support.served import Server

PATIENCE_S: Final = 60.0
QUICK: Final = (
    *("--idle-timeout", "1", "--settle", "200ms", "--check-period", "200ms", "--rescan-period", "2"),
    *("--lease-ttl", "2", "--part-size", "5MiB", "--drain-timeout", "10"),
)
_POLL_S: Final = 0.05


def words_of(server: Server, *, bucket: str = "films") -> list[str]:
    """The options that lead to a server, less the secret, which is for the environment."""
    return ["--s3-endpoint", server.urls["s3"], "--redis", server.urls["redis"], "--bucket", bucket]


def environment() -> dict[str, str]:
    """Where the checkout is found, and the credentials of a server in a test; nothing of the user's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SOUNDSTAGE_"))}
    ours = {"PYTHONPATH": str(ROOT), "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return kept | ours | {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONDONTWRITEBYTECODE": "1"}


def command(*words: object, **env: str) -> Done:
    """A command of the stream pipeline, to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "stream", *map(str, words)],
        env=environment() | env,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace"))


class Worker:
    """A worker that runs, until it is stopped or killed."""

    def __init__(self, log: Path, *words: object) -> None:
        self.log = log
        self._begin = log.stat().st_size if log.exists() else 0
        with open(log, "ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipelines", "stream", *map(str, words), "--log-format", "json"],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """What it has told so far."""
        with open(self.log, "rb") as file:
            file.seek(self._begin)
            lines = file.read().decode().splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [each for each in told if name is None or each["event"] == name]

    def until(self, enough: Callable[[list[dict[str, Any]]], object], *, patience_s: float = PATIENCE_S) -> None:
        """Wait until it has told enough."""
        until_s = time.monotonic() + patience_s
        while not enough(self.events()):
            assert self.process.poll() is None, (
                f"it ended with {self.process.returncode}: {self.log.read_text()[-4000:]}"
            )
            assert time.monotonic() < until_s, f"it did not tell enough: {self.log.read_text()[-4000:]}"
            time.sleep(_POLL_S)

    def until_told(self, event: str, times: int = 1, **fields: object) -> None:
        """Wait until it has told of an event with these fields, so often."""

        def enough(told: list[dict[str, Any]]) -> bool:
            wanted = {"event": event} | fields
            return sum(wanted.items() <= {**each}.items() for each in map(_hashable, told)) >= times

        self.until(enough)

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """The exit code after a signal."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def _hashable(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | int | float) else str(value) for name, value in told.items()}


@contextmanager
def working(log: Path, *words: object) -> Iterator[Worker]:
    """A worker, for as long as the block lasts."""
    worker = Worker(log, *words)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.kill()


def grow(path: Path, data: bytes, *, pieces: int = 4, pause_s: float = 0.1) -> None:
    """Write as a recorder does, a piece at a time, at the end of what is there."""
    step = -(-len(data) // pieces)
    with open(path, "ab", buffering=0) as file:
        for start in range(0, len(data), step):
            file.write(data[start : start + step])
            time.sleep(pause_s)


def objects(server: Server, bucket: str = "films") -> dict[str, bytes]:
    """All that is in a bucket."""
    client = server.client()
    found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {each["Key"]: client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found}


def recordings(server: Server) -> dict[str, bytes]:
    """The recordings in the bucket, by the names of their files."""
    stored = {key: body for key, body in objects(server).items() if not key.endswith(".json")}
    return {key.partition(".")[0]: body for key, body in stored.items()}
