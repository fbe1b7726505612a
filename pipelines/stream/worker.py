"""Main: from what the watcher tells to the processors, one for each recording that is under way.

A path is looked at when the watcher tells of it, when a folder is read, when an idle check finds that it changed or has
been quiet for long enough, and when something that was put off is due. Every look is a turn of its processor; `stat`
decides what it means. `active_processors` holds the processors of streams that are ours and not over:

    CREATE  -> a StreamProcessor, which begins the stream in S3 and Redis
    WRITE   -> its process_file_write
    DELETE  -> its process_file_delete; when the stream has come to its end it leaves `active_processors`

A path whose stream is over is remembered by what its file was then, and one whose stream another worker has by the
time at which to ask again: neither costs more than a line of a dictionary.
"""

import asyncio
import logging
import random
from collections.abc import Iterable
from contextlib import aclosing
from enum import IntEnum
from typing import Final

import anyio.to_thread

from pipelines.stream.folder import Names, is_recording, scan, whereabouts
from pipelines.stream.logs import LOGGER
from pipelines.stream.names import StreamId
from pipelines.stream.processor import Standing, StreamProcessor
from pipelines.stream.records import PENDING
from pipelines.stream.resume import unfinished
from pipelines.stream.settings import Settings
from pipelines.stream.source import Seen, look
from pipelines.stream.state import RedisTrouble
from pipelines.stream.turns import Turns
from pipelines.stream.watcher import Hint, Watcher
from pipelines.stream.workshop import Workshop

_log: Final = logging.getLogger(LOGGER)

_FIRST_LOOKS: Final = 3
"""A stream that was taken up is looked at so often, whatever it says: it may have been quiet for long already."""
_REMEMBER_S: Final = 6 * 3600.0
"""What is over is looked at again after so long: Redis remembers it only for as long as somebody sees its file."""
_SOON_S: Final = 0.05
_CLOSE_S: Final = 5.0
_CLOSE_AT_ONCE: Final = 32


class Why(IntEnum):
    """Why a path is looked at; of several reasons the greatest."""

    IDLE = 1
    WRITE = 2
    DELETE = 3


class Looked:
    """What the idle check knows of a path: how its file was, since when, and how often it was looked at."""

    __slots__ = ("looks", "seen", "since_s")

    def __init__(self, seen: Seen | None, now_s: float) -> None:
        self.seen, self.since_s, self.looks = seen, now_s, 0


class Main:
    """All recordings below one folder, as far as they are ours."""

    def __init__(self, settings: Settings, shop: Workshop, watcher: Watcher) -> None:
        self.settings, self.shop, self.watcher = settings, shop, watcher
        self.root = watcher.root
        self.names = Names(settings.include, settings.exclude)
        self.active_processors: dict[str, StreamProcessor] = {}
        self.turns = Turns(self._turn, places=settings.streams_parallel)
        self.checked_s = asyncio.get_running_loop().time()
        """When the last idle check ended."""
        self._looked: dict[str, Looked] = {}
        self._finished: dict[str, tuple[Seen, float]] = {}
        self._elsewhere: dict[str, float] = {}
        self._due: dict[str, asyncio.TimerHandle] = {}
        self._left: dict[str, tuple[str, tuple[str, ...]]] = {}
        """Streams that somebody left unfinished: the path at which they are to be taken up, and their ids."""
        self._why: dict[str, Why] = {}
        shop.whereabouts = self.whereabouts

    async def whereabouts(self, dev: int, ino: int) -> str | None:
        """Where in our folder a file is, under whatever name."""
        return await anyio.to_thread.run_sync(whereabouts, self.root, self.names, dev, ino)

    # --- what runs until the end --------------------------------------------------------------------

    async def follow(self) -> None:
        """Take what the watcher tells, for ever."""
        async with aclosing(self.watcher.hints()) as hints:
            async for hint in hints:
                await self.take(hint)

    async def take(self, hint: Hint) -> None:
        """Give turns to what a hint is about; to what is gone last, for it may be here under another name."""
        if hint.folders:
            await self._read(hint.folders, hint.advice or "start")
        gone = []
        for path in hint.paths:
            if is_recording(path, self.names):
                self._ask_if_new(path)
            else:
                gone.append(path)
        for path in gone:
            self._ask_below(path)

    async def _read(self, folders: tuple[str, ...], why: str) -> None:
        """Read folders, and give turns to what is new in them."""
        found = await anyio.to_thread.run_sync(scan, folders, self.names)
        fields = {"advice": why, "files": len(found.files), "unreadable": len(found.unreadable)}
        _log.log(logging.WARNING if found.unreadable else logging.DEBUG, "watch.scan", extra=fields)
        for path in found.files:
            self._ask_if_new(path)
        if folders == (self.root,):
            self._forget_all_but(found.files)

    async def check_for_ever(self) -> None:
        """Look for idle files every `check_period`."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.settings.check_period_s)
            began_s = loop.time()
            await self.periodic_stale_stream_check()
            self.checked_s = loop.time()
            _log.debug("stream.check", extra={"streams": len(self._looked), "seconds": self.checked_s - began_s})

    async def periodic_stale_stream_check(self) -> None:
        """Give a turn to each stream whose file changed unnoticed, has been quiet for long enough, or is gone."""
        if not self.watcher.present():
            return  # A disk that is away says nothing about its files.
        names = list(self.active_processors)
        found = await anyio.to_thread.run_sync(_look_at_all, [self.active_processors[name].path for name in names])
        if None in found:
            # A file that was renamed unnoticed must be met again before its stream is given up as missing.
            await self._read((self.root,), "missing")
        now_s = asyncio.get_running_loop().time()
        for name, seen in zip(names, found, strict=True):
            if self._wants_turn(name, seen, now_s):
                self._ask(name, Why.IDLE)
        for path in [path for path, due_s in self._elsewhere.items() if due_s <= now_s]:
            del self._elsewhere[path]
            self._ask(path, Why.WRITE)

    def _wants_turn(self, name: str, seen: Seen | None, now_s: float) -> bool:
        processor = self.active_processors.get(name)
        if processor is None or processor.busy:
            return False
        known = self._looked.get(name)
        if known is None or known.seen != seen:
            known = self._looked[name] = Looked(seen, now_s)
        known.looks += 1
        pending = processor.meta is not None and processor.meta.status == PENDING
        quiet = now_s - known.since_s >= self.settings.idle_timeout_s
        return seen is None or pending or quiet or known.looks <= _FIRST_LOOKS

    async def take_over_for_ever(self) -> None:
        """Look for streams that nobody has any more, which no file at its path tells of."""
        while True:
            await asyncio.sleep(self.settings.lease_ttl_s * random.uniform(0.75, 1.25))
            try:
                await self.take_over()
            except RedisTrouble as trouble:
                _log.warning("worker.take_over", extra={"error": str(trouble)})

    async def take_over(self) -> int:
        """Take up what is unfinished below our folder and has no owner; how many streams."""
        state = self.shop.state
        streams = [*await state.members("active"), *await state.members(PENDING)]
        now_ms = await state.now_ms()
        mine = {processor.stream for processor in self.active_processors.values()}
        taken = 0
        async for meta in state.metas(stream for stream in streams if stream not in mine):
            if not meta.terminal and meta.lease_until <= now_ms and self._below(meta.path):
                self._take_up(meta.path, (meta.id,))
                taken += 1
        return taken

    async def resume(self) -> int:
        """Take up what an earlier run or another worker left, oldest first; how many streams."""
        found = [each for each in await unfinished(self.shop) if self._below(each.path)]
        ids = [StreamId.parse(stream) for each in found for stream in each.streams]
        self.watcher.expect({each.dev for each in ids if each is not None})
        # A crowd of workers that start together does not come to S3 together.
        await asyncio.sleep(random.uniform(0.0, min(1.0, len(found) / 1000)))
        # What was renamed meanwhile is met under its new name before its old one is missed.
        await self._read((self.root,), "resume")
        for each in found:
            self._take_up(each.path, each.streams)
        return len(found)

    def _take_up(self, path: str, streams: tuple[str, ...]) -> None:
        """A turn for streams that were left; where the path has a processor already, they get one of their own."""
        name = streams[0] if path in self.active_processors else path
        self._elsewhere.pop(path, None)
        self._finished.pop(path, None)
        self._left[name] = (path, streams)
        self._ask(name, Why.WRITE)

    async def close(self, within_s: float) -> bool:
        """Let what is under way end, then stop it, and give all leases back; whether all ended by itself."""
        for timer in self._due.values():
            timer.cancel()
        ended = await self.turns.close(within_s)
        places = asyncio.Semaphore(_CLOSE_AT_ONCE)

        async def close(processor: StreamProcessor) -> None:
            async with places:
                await processor.close()

        closing = [asyncio.create_task(close(each)) for each in self.active_processors.values()]
        if closing:
            _, late = await asyncio.wait(closing, timeout=_CLOSE_S)
            for task in late:
                task.cancel()
        return ended

    # --- turns --------------------------------------------------------------------------------------

    def _below(self, path: str) -> bool:
        return path.startswith(self.root.rstrip("/") + "/")

    def _ask_if_new(self, path: str) -> None:
        """A turn for a path, unless it is known that there is nothing to do."""
        if path in self._elsewhere:
            return
        if path in self._finished:
            then, at_s = self._finished[path]
            fresh = asyncio.get_running_loop().time() - at_s < _REMEMBER_S
            if fresh and _look(path) == then:
                return
        self._ask(path, Why.WRITE)

    def _ask(self, name: str, why: Why) -> None:
        self._why[name] = max(why, self._why.get(name, why))
        self.turns.ask(name)

    def _ask_below(self, gone: str) -> None:
        """Turns for what is at a path that is no recording (any more), or below it: a folder that was moved away."""
        below = gone + "/"
        for path in [path for path in self.active_processors if path == gone or path.startswith(below)]:
            self._ask(path, Why.DELETE)
        self._finished.pop(gone, None)

    def _forget_all_but(self, there: Iterable[str]) -> None:
        """After the whole folder was read: nothing is known of files that are not there."""
        known = set(there)
        for table in (self._finished, self._elsewhere):
            for path in [path for path in table if path not in known]:
                del table[path]

    async def _turn(self, name: str) -> None:
        """Let the processor of a path look at it."""
        why = self._why.pop(name, Why.IDLE)
        if not self.watcher.present():
            return
        timer = self._due.pop(name, None)
        if timer is not None:
            timer.cancel()
        processor = self._processor(name)
        act = {
            Why.DELETE: processor.process_file_delete,
            Why.WRITE: processor.process_file_write,
            Why.IDLE: processor.check_idle,
        }[why]
        self._settle(name, processor, await act())

    def _processor(self, name: str) -> StreamProcessor:
        path, streams = self._left.pop(name, (name, ()))
        processor = self.active_processors.get(name)
        if processor is None:
            processor = self.active_processors[name] = StreamProcessor(path, self.shop, streams=streams)
        return processor

    def _settle(self, name: str, processor: StreamProcessor, standing: Standing) -> None:
        """What follows from how a path stands."""
        loop, path = asyncio.get_running_loop(), processor.path
        if standing is Standing.WAITING:
            wait_s = max(_SOON_S, processor.next_try_in_s)
            self._due[name] = loop.call_later(wait_s, self._ask, name, Why.WRITE)
            return
        if standing in (Standing.GROWING, Standing.NEW):
            return
        self.active_processors.pop(name, None)
        self._looked.pop(name, None)
        if name != path:
            return
        now_s = loop.time()
        if standing is Standing.FINISHED and processor.finished_as is not None:
            self._finished[path] = (processor.finished_as, now_s)
        elif standing is Standing.ELSEWHERE:
            self._elsewhere[path] = now_s + self.settings.lease_ttl_s * random.uniform(0.5, 1.0)


def _look(path: str) -> Seen | None:
    try:
        return look(path)
    except OSError:
        return None


def _look_at_all(paths: list[str]) -> list[Seen | None]:
    return [_look(path) for path in paths]
