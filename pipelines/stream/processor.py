"""StreamProcessor: one path, the stream of its file, and one pass after another over it.

    processor = StreamProcessor("/media/lobby.mp4", shop)
    await processor.process_file_write()       # at every hint that the file has changed
    await processor.check_idle()               # now and then; completes the stream when its file has been quiet

Every call makes a pass: look at the file and at what Redis holds, take the one step that `machine.next_step` names,
and again, until there is nothing to do. Nothing that a pass needs is in memory alone, so a pass may end anywhere, by
an error, a lost lease or a power cut, and the next one goes on, in this process or in another.

Calls raise nothing but what cancels them: trouble with S3, Redis or the disk puts the stream off.
"""

import asyncio
import errno
import logging
from collections.abc import Sequence
from enum import Enum
from typing import Final

from pipelines.common.retry import full_jitter
from pipelines.stream import completing, ending, finalize, resume, uploading
from pipelines.stream.answers import UPLOAD_GONE, S3Refusal
from pipelines.stream.binding import Bound, bind, take
from pipelines.stream.hold import Hold, Lost, refusal_word
from pipelines.stream.machine import Do, Sight, Step, next_step
from pipelines.stream.records import Meta
from pipelines.stream.source import Seen, ShortRead, look
from pipelines.stream.state import Answer, RedisTrouble
from pipelines.stream.workshop import Workshop

_log: Final = logging.getLogger("pipelines.stream")
_STEPS_MAX: Final = 500
"""A pass of more steps lets others run, and goes on when it is called again."""
_REDIS_WAIT_CAP_S: Final = 5.0
_GONE: Final = {"missing_file", "file_replaced"}
"""What is said of a file that left its path, unless it is found under another name."""


class Standing(Enum):
    """How a path stands after a pass."""

    NEW = "new"
    GROWING = "growing"
    """Its stream is ours, and waits for its file."""
    WAITING = "waiting"
    """Something went wrong; `next_try_in_s` says when it is tried again, by whichever call comes then."""
    ELSEWHERE = "elsewhere"
    """Another worker has it."""
    FINISHED = "finished"
    """Its stream is over, and the file is what it was then."""
    GONE = "gone"
    """There is no file, and no stream that is not over."""


class StreamProcessor:
    """The keeper of a path."""

    def __init__(self, path: str, shop: Workshop, *, streams: Sequence[str] = ()) -> None:
        self.path, self.shop = path, shop
        self.standing = Standing.NEW
        self.last_error = ""
        self.finished_as: Seen | None = None
        """The file as it was when its stream was found to be over."""
        self._streams = list(streams)
        self._hold: Hold | None = None
        self._ended: Meta | None = None
        self._task: asyncio.Task[None] | None = None
        self._again = self._closed = False
        self._failures = 0
        self._wait_until_s = 0.0

    def __repr__(self) -> str:
        return f"<{self.path}: {self.standing.value}, {self._hold or self._ended or 'no stream'}>"

    # --- what others call ---------------------------------------------------------------------------

    async def process_file_write(self) -> Standing:
        """The file may have changed: upload the ranges that are full. Calls that come meanwhile are one more pass."""
        return await self._run()

    async def process_file_delete(self) -> Standing:
        """The file may be gone; `stat` decides, twice, for a renamed file comes back under another name."""
        return await self._run()

    async def check_idle(self) -> Standing:
        """Complete the stream if its file has been quiet for long enough, and try again what was put off."""
        return await self._run()

    async def close(self) -> None:
        """Stop where it is, and give the lease back. Nothing is written that a power cut would not leave as well."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        hold = self._drop()
        if hold is not None and not hold.lost and not hold.meta.terminal:
            try:
                await hold.transit("release")
            except (RedisTrouble, Lost):
                pass

    def lose(self, reason: str) -> None:
        """The lease is lost: not one more step."""
        self.last_error = reason
        hold = self._drop()
        if hold is not None:
            hold.lost = True
        if self._task is not None:
            self._task.cancel()

    # --- what others may know -----------------------------------------------------------------------

    @property
    def meta(self) -> Meta | None:
        """The stream as Redis was last seen to have it."""
        return self._hold.meta if self._hold is not None else self._ended

    @property
    def stream(self) -> str | None:
        meta = self.meta
        return meta.id if meta is not None else None

    @property
    def held(self) -> bool:
        """Whether this process has the lease of a stream that is not over."""
        return self._hold is not None and not self._hold.lost

    @property
    def busy(self) -> bool:
        return self._task is not None

    @property
    def parts_in_flight(self) -> int:
        return self._hold.parts_in_flight if self._hold is not None else 0

    @property
    def next_try_in_s(self) -> float:
        """How long until something that was put off may be tried again; 0 for now."""
        until_s = max(self._wait_until_s, self._hold.wait_until_s if self._hold is not None else 0.0)
        return max(0.0, until_s - self.shop.clock.now_s())

    # --- passes -------------------------------------------------------------------------------------

    async def _run(self) -> Standing:
        if self._closed:
            return self.standing
        if self._task is not None:
            self._again = True
            return self.standing
        task = self._task = asyncio.create_task(self._passes(), name=f"pass:{self.path}")
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        finally:
            self._task = None
        if task.cancelled():
            self.standing = Standing.WAITING
        else:
            task.result()
        return self.standing

    async def _passes(self) -> None:
        self._again = True
        while self._again:
            self._again = False
            if self._wait_until_s > self.shop.clock.now_s():
                self.standing = Standing.WAITING
                return
            try:
                await self._pass()
                self._failures = 0
            except Exception as error:
                # Whatever it is, the stream is tried again later; `_trouble` logs what nobody expects with its frames.
                await self._trouble(error)

    async def _pass(self) -> None:
        for _ in range(_STEPS_MAX):
            if self._hold is None and not await self._bind():
                return
            hold = self._hold
            if hold is None:
                return
            if hold.wait_until_s > self.shop.clock.now_s():
                self.standing = Standing.WAITING
                return
            sight = hold.sight()
            step = next_step(hold.meta, sight, hold.plan)
            if step.do is Do.REST:
                self.standing = Standing.GROWING
                return
            try:
                await self._take(hold, step, sight)
            except (ShortRead, FileNotFoundError):
                await asyncio.sleep(0)  # It changed between the look and the reading: look again.
            except S3Refusal as refusal:
                if refusal.kind not in UPLOAD_GONE or hold.meta.intent or step.do is Do.ABORT:
                    raise
                await resume.upload_is_gone(hold)
        _log.warning("stream.steps", extra={"path": self.path, "steps_max": _STEPS_MAX})

    async def _take(self, hold: Hold, step: Step, sight: Sight) -> None:
        match step.do:
            case Do.CREATE:
                await resume.create(hold)
            case Do.RECONCILE:
                await resume.reconcile(hold, sight.size)
            case Do.TOUCH:
                await hold.touch(sight)
            case Do.UPLOAD:
                await uploading.upload(hold, sight.size)
            case Do.BEGIN_FINAL:
                meta = hold.meta
                await hold.transit("begin_final", meta.last_activity_at, meta.size_seen, meta.mtime_ns)
            case Do.DRAIN:
                await finalize.drain(hold)
            case Do.SALVAGE:
                await finalize.salvage(hold)
            case Do.COMMIT:
                await completing.commit(hold)
            case Do.PUBLISH:
                await ending.publish(hold)
            case Do.RESTART:
                await hold.restart(step.reason)
            case Do.MARK_ABORT:
                if step.reason not in _GONE or not await self._follow(hold):
                    await hold.transit("mark_abort", step.reason)
            case Do.ABORT:
                await ending.abort(hold)
            case Do.OVER:
                self._ended = hold.meta
                self._drop()

    async def _follow(self, hold: Hold) -> bool:
        """Whether the file has only got another name, which nobody told us of: a path is an attribute of it."""
        meta, find = hold.meta, self.shop.whereabouts
        found = await find(meta.dev, meta.ino) if find is not None else None
        if found is None:
            return False
        _log.info("stream.renamed", extra={"stream": meta.id, "path": self.path, "to": found})
        self.path = hold.path = found
        await hold.transit("touch", meta.size_seen, meta.mtime_ns, found)
        return True

    # --- the stream in hand -------------------------------------------------------------------------

    async def _bind(self) -> bool:
        """Get a stream in hand: one that was left unfinished, or the one that the file at the path has or needs."""
        shop = self.shop
        while self._streams:
            bound, answer = await take(shop, self._streams[0])
            del self._streams[0]
            if bound is Bound.OURS and answer is not None:
                return await self._keep(answer)
        seen = look(self.path)
        if seen is None:
            self.standing = Standing.GONE
            return False
        if self._linked_elsewhere(seen):
            self.standing = Standing.ELSEWHERE
            return False
        bound, answer = await bind(shop, self.path, seen)
        if bound is Bound.OURS and answer is not None:
            return await self._keep(answer)
        self.standing = Standing.ELSEWHERE if bound is Bound.ELSEWHERE else Standing.FINISHED
        if bound is Bound.FINISHED and answer is not None:
            self._ended, self.finished_as = answer.meta, seen
        return False

    def _linked_elsewhere(self, seen: Seen) -> bool:
        """Whether another path of this worker has the very file. If it was renamed, that one must let go."""
        other = self.shop.keepers.get((seen.dev, seen.ino))
        if other is None or other is self or not other.held:
            return False
        there = look(other.path)
        if there is not None and (there.dev, there.ino) == (seen.dev, seen.ino):
            return True
        other.lose("renamed")
        return False

    async def _keep(self, answer: Answer) -> bool:
        hold = self._hold = Hold(self.shop, answer, path=self.path)
        meta = hold.meta
        self.shop.leases.add(hold, self)
        self.shop.keepers[meta.dev, meta.ino] = self
        hold.tell_taken(answer)
        if meta.path != self.path:
            await hold.transit("touch", meta.size_seen, meta.mtime_ns, self.path)
        return True

    def _drop(self) -> Hold | None:
        hold, self._hold = self._hold, None
        if hold is not None:
            self.shop.leases.drop(hold)
            if self.shop.keepers.get((hold.meta.dev, hold.meta.ino)) is self:
                del self.shop.keepers[hold.meta.dev, hold.meta.ino]
        return hold

    # --- trouble ------------------------------------------------------------------------------------

    async def _trouble(self, error: Exception) -> None:
        """Put the stream off; if not even that is possible, wait a moment in this process."""
        self.standing = Standing.WAITING
        self.last_error = str(error) or type(error).__name__
        self._failures += 1
        if not isinstance(error, Lost | RedisTrouble | S3Refusal | OSError | ShortRead):
            _log.exception("stream.error", extra={"path": self.path, "stream": self.stream or ""}, exc_info=error)
        if isinstance(error, Lost):
            self._drop()
        elif self._hold is not None and not isinstance(error, RedisTrouble):
            try:
                await self._put_off(self._hold, error)
                return
            except Lost:
                self._drop()
            except RedisTrouble as trouble:
                error = trouble
        delay_s = full_jitter(self._failures, base_s=0.5, cap_s=_REDIS_WAIT_CAP_S)
        self._wait_until_s = self.shop.clock.now_s() + delay_s
        fields = {
            "path": self.path,
            "stream": self.stream or "",
            "error": self.last_error,
            "delay_s": round(delay_s, 3),
        }
        _log.warning("stream.wait", extra=fields)

    async def _put_off(self, hold: Hold, error: Exception) -> None:
        if isinstance(error, S3Refusal):
            await hold.put_off(refusal_word(error), kind=error.kind)
        elif isinstance(error, OSError):
            await hold.put_off(f"read: {errno.errorcode.get(error.errno or 0, type(error).__name__)}")
        else:
            await hold.put_off(f"internal: {type(error).__name__}")
        if hold.meta.terminal:
            self._again = True
