"""Embedded: an S3 and a Redis of one's own, as a child process that ends with us.

The child is `python -m simulator serve all`: a program that is started, not a module that is imported. What it keeps is
in a folder; where it listens stands in `embedded.json` there, so that `status` and the others find it while a worker
runs. Should it end by itself it is started anew, at the same addresses. Should we be killed, the kernel ends it.
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pipelines.stream.kinds import Secret
from pipelines.stream.logs import LOGGER
from pipelines.stream.settings import Settings

_log = logging.getLogger(LOGGER)

_READY_S: Final = 30.0
_STOP_S: Final = 15.0
_PAUSE_S: Final = 1.0
_PAUSE_MAX_S: Final = 30.0
_KEY: Final = "test"  # The server's own default; it listens on the loopback address alone.

# The kernel sends the child SIGTERM when its parent ends, however that ends; it may have ended before that was asked.
_LAUNCH: Final = """
import ctypes, os, runpy, sys
prctl = getattr(ctypes.CDLL(None), "prctl", None)
if prctl is not None:
    prctl(1, 15)
if os.getppid() != int(sys.argv.pop(1)):
    sys.exit(1)
runpy.run_module("simulator", run_name="__main__", alter_sys=True)
"""


class NotReady(Exception):
    """The child did not come up; the text has what it said."""


@dataclass(frozen=True)
class Endpoints:
    """Where the child listens."""

    s3: str
    redis: str

    def into(self, settings: Settings) -> Settings:
        """Settings that lead there."""
        return replace(settings, s3_endpoint=self.s3, redis=self.redis, s3_access_key=_KEY, s3_secret_key=Secret(_KEY))


class Embedded:
    """The child, from its start to its end."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.data
        self.bucket = settings.bucket
        self.endpoints: Endpoints | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    async def start(self) -> Endpoints:
        """Start it, and wait until it can be asked."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.endpoints = await self._begin()
        self._keeper = asyncio.create_task(self._keep())
        return self.endpoints

    async def _begin(self) -> Endpoints:
        ports = (
            [urlsplit(url).port or 0 for url in (self.endpoints.s3, self.endpoints.redis)] if self.endpoints else [0, 0]
        )
        words = ["serve", "all", "--quiet", "--data", str(self.folder), "--bucket", self.bucket]
        words += ["--s3-port", str(ports[0]), "--redis-port", str(ports[1])]
        with open(self.folder / "embedded.log", "ab") as said:
            begin = said.tell()
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _LAUNCH, str(os.getpid()), *words),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=said,
                start_new_session=True,  # Ctrl-C is for us; the child ends last.
            )
        assert self._child.stdout is not None
        try:
            line = await asyncio.wait_for(self._child.stdout.readline(), _READY_S)
        except TimeoutError:
            line = b""
        told = line.decode().split()
        named = dict(zip(told[1::2], told[2::2], strict=False))
        if told[:1] != ["ready"] or not {"s3", "redis"} <= named.keys():
            await self._end()
            raise NotReady(
                _tail(self.folder / "embedded.log", begin) or f"it did not say that it is ready within {_READY_S:g} s"
            )
        found = Endpoints(named["s3"], named["redis"])
        note = {"pid": self._child.pid, "s3": found.s3, "redis": found.redis}
        (self.folder / "embedded.json").write_text(json.dumps(note), encoding="utf-8")
        _log.info("embedded.ready", extra=note | {"data": str(self.folder)})
        return found

    async def _keep(self) -> None:
        """Start it anew whenever it ends by itself."""
        pause_s = _PAUSE_S
        while True:
            assert self._child is not None
            code = await self._child.wait()
            _log.error("embedded.ended", extra={"exit_code": code, "pause_s": pause_s})
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _PAUSE_MAX_S)
            try:
                await self._begin()
                pause_s = _PAUSE_S
            except (OSError, NotReady) as error:
                _log.error("embedded.failed", extra={"cause": str(error)})

    async def stop(self) -> None:
        """End it, in peace if it lets itself be ended."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self._end()
        with contextlib.suppress(OSError):
            (self.folder / "embedded.json").unlink()

    async def _end(self) -> None:
        if self._child is None or self._child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._child.terminate()
        try:
            await asyncio.wait_for(self._child.wait(), _STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()


def _tail(path: Path, begin: int) -> str:
    """What was written to the log since then, the end of it."""
    try:
        with open(path, "rb") as file:
            file.seek(begin)
            return file.read()[-2000:].decode("utf-8", "replace").strip()
    except OSError:
        return ""


async def running(settings: Settings) -> Endpoints | None:
    """Where a worker's child listens at the moment, if there is one."""
    try:
        note = json.loads((settings.data / "embedded.json").read_text(encoding="utf-8"))
        found = Endpoints(str(note["s3"]), str(note["redis"]))
        os.kill(int(note["pid"]), 0)
        _, writer = await asyncio.wait_for(
            asyncio.open_connection(urlsplit(found.redis).hostname, urlsplit(found.redis).port), 2.0
        )
    except (OSError, ValueError, KeyError, TimeoutError):
        return None
    writer.close()
    return found


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[Settings]:
    """Settings whose S3 and Redis can be asked: as they are, or of a child that runs, or of one for this while."""
    if not settings.embedded:
        yield settings
        return
    if (found := await running(settings)) is not None:
        yield found.into(settings)
        return
    child = Embedded(settings)
    try:
        yield (await child.start()).into(settings)
    finally:
        await child.stop()
