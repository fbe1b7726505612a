"""A server in a process of its own, on a free port, and clients for it."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
from botocore.config import Config

from tests.support.command import ROOT, TIMEOUT_S, command, environment


class Server:
    """`python -m simulator serve`, started and ready."""

    def __init__(self, *words: str | Path, **env: str) -> None:
        self.process = subprocess.Popen(
            command("serve", *words),
            cwd=ROOT,
            env=environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline().split()
        assert ready[:1] == ["ready"], self.finish()
        self.urls = dict(zip(ready[1::2], ready[2::2], strict=True))

    def client(self, **options: Any) -> Any:
        """A client of boto3 that never tries twice, unless it is told to."""
        settings = {"retries": {"max_attempts": 0}, "signature_version": "s3v4"} | options
        return boto3.client(
            "s3",
            endpoint_url=self.urls["s3"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
            config=Config(**settings),
        )

    def health(self) -> dict[str, Any]:
        with urlopen(f"{self.urls['s3']}/_soundstage/health") as answer:
            found = json.load(answer)
        assert isinstance(found, dict)
        return found

    def kill(self) -> None:
        """`kill -9`: not one more line of it runs."""
        self.process.kill()
        self.process.wait(TIMEOUT_S)
        self._close()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """The exit code after a signal."""
        self.process.send_signal(number)
        code = self.process.wait(TIMEOUT_S)
        self._close()
        return code

    def finish(self) -> str:
        """What it says on stderr until its end."""
        out, err = self.process.communicate(timeout=TIMEOUT_S)
        return f"{out}{err}"

    def _close(self) -> None:
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@contextmanager
def served(*words: str | Path) -> Iterator[Server]:
    """A server on a free port, for as long as the block lasts."""
    server = Server("--port", "0", *words) if "all" not in words else Server(*words)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
        server._close()
