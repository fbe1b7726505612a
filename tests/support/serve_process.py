"""`python -m simulator serve` as a process of its own: started on free ports, awaited, stopped.

What it says when it is ready is a line with the address of each service: `ready s3 http://127.0.0.1:40123`.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_ROOT: Final = Path(__file__).parents[2]
_READY_S: Final = 30.0
_STOP_S: Final = 15.0
_URL: Final = re.compile(r"\b(?:http|redis)://[\w.\[\]:]+")


class Served:
    """One `serve` process; `url` (of the first service) and `urls` are known when the `with` block begins."""

    def __init__(self, *words: str, services: Sequence[str] = ("s3",)) -> None:
        self.words = words
        self.services = services
        self.urls: list[str] = []
        self.ready_s = 0.0
        self.said = ""
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return self.urls[0]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulator", "serve", "--quiet", *self.words],
            cwd=_ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        while len(self.urls) < len(self.services):
            line = self._process.stdout.readline()
            self.said += line
            if not line or time.perf_counter() - began > _READY_S:
                self.stop()
                raise RuntimeError(f"serve {' '.join(self.words)} is not ready: {self.said}")
            self.urls += _URL.findall(line)
        self.ready_s = time.perf_counter() - began
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; its exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            out, _ = self._process.communicate(timeout=_STOP_S)
            self.said += out or ""
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        return self._process.returncode
