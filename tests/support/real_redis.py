"""The real redis-server in a folder and on a port of its own: `with RealRedis() as real: real.port`."""

import os
import shutil
import socket
import subprocess
import time
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Self

from tests.support.ports import free_port

ABSENT: Final = "needs the real redis-server; scripts/test installs it"
_READY_S: Final = 20.0


def installed() -> bool:
    """Whether one is there."""
    return shutil.which("redis-server") is not None


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Return once a process answers PING on a port."""
    until = time.monotonic() + _READY_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"no Redis answers on port {port}")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as asked:
            asked.sendall(b"*1\r\n$4\r\nPING\r\n")
            return b"PONG" in asked.recv(64)
    except OSError:
        return False


class RealRedis:
    """One process; `--name value` pairs of redis.conf are its words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory()
        self.port = free_port()
        settings = ["--port", str(self.port), "--dir", self._folder.name, "--enable-debug-command", "yes"]
        self._process = subprocess.Popen(
            ["redis-server", *settings, *self.words],
            env={**os.environ, "LC_ALL": "C"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.port, self._process)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait(20)
        self._folder.cleanup()
