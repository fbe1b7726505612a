"""Hold: one stream in the hands of this process, from the grant of its lease to its end or its loss.

Every transition goes through `transit`, one at a time, and brings the stream as Redis then has it.
"""

import asyncio
import logging
from typing import Final

from pipelines.common.retry import full_jitter
from pipelines.stream.answers import Kind, S3Refusal
from pipelines.stream.machine import Sight
from pipelines.stream.names import token_of
from pipelines.stream.plan import PartPlan
from pipelines.stream.records import Meta
from pipelines.stream.source import Seen, look
from pipelines.stream.state import Answer
from pipelines.stream.stillness import Stillness
from pipelines.stream.workshop import Workshop

_log: Final = logging.getLogger("pipelines.stream")
_DENIALS: Final = {Kind.DENIED: "access_denied", Kind.NO_BUCKET: "no_such_bucket"}


class Lost(Exception):
    """The stream is another's now, or Redis does not know it any more."""


class Hold:
    """What this process knows of a stream beyond what Redis does."""

    def __init__(self, shop: Workshop, answer: Answer, *, path: str) -> None:
        assert answer.meta is not None
        self.shop, self.policy = shop, shop.policy
        self.meta: Meta = answer.meta
        self.path = path
        self.plan = PartPlan.named(self.meta.part_plan)
        self.stillness = Stillness()
        self.reconciled = False
        self.checksum = ""
        """The algorithm by which parts of the upload bear checksums, as S3 says."""
        self.ahead: set[int] = set()
        """Parts that are recorded beyond the contiguous ones."""
        self.parts_in_flight = 0
        self.lost = False
        self.wait_until_s = 0.0
        self.doubt_until_s = 0.0
        """Until then a part may be under way that nobody waits for."""
        self.granted_at_s = shop.clock.now_s()
        self.jumps = shop.clock.jumps
        self._touched_at_s = -1e9
        self._last_activity_ms_ago = max(0, answer.now_ms - self.meta.last_activity_at)
        self._one_at_a_time = asyncio.Lock()
        self._note_wait(answer)

    def __repr__(self) -> str:
        meta = self.meta
        return f"<{meta.id}: {meta.status}/{meta.phase}, {meta.bytes_sent} bytes, attempt {meta.attempt}>"

    # --- transitions --------------------------------------------------------------------------------

    async def transit(self, script: str, *args: object) -> Answer:
        """A transition; what comes back is what the stream is from now on."""
        async with self._one_at_a_time:
            if self.lost:
                raise Lost
            before = self.meta
            answer = await self.shop.state.run(script, before, *args)
            if answer.verdict in {"FENCED", "GONE"} or answer.meta is None:
                self.lost = True
                _log.info("stream.lost", extra={"stream": before.id, "script": script, "verdict": answer.verdict})
                raise Lost
            self.meta = answer.meta
            self._note_wait(answer)
            self._tell(before)
            return answer

    def _note_wait(self, answer: Answer) -> None:
        left_s = max(0, self.meta.next_retry_at - answer.now_ms) / 1000 if self.meta.next_retry_at else 0.0
        self.wait_until_s = self.shop.clock.now_s() + left_s if left_s else 0.0

    def tell_taken(self, answer: Answer) -> None:
        """Say that the stream is in our hands, newly begun or found."""
        begun = self.meta.epoch == 1 and self.meta.created_at == answer.now_ms
        _log.info("stream.state" if begun else "stream.taken", extra=self._fields() | {"epoch": self.meta.epoch})

    def _tell(self, before: Meta) -> None:
        after = self.meta
        if (before.status, before.phase, before.attempt) == (after.status, after.phase, after.attempt):
            return
        _log.info("stream.state", extra=self._fields())
        if after.status == "failed":
            _log.warning("stream.failed", extra=self._fields())

    def _fields(self) -> dict[str, object]:
        names = ("path", "key", "status", "phase", "attempt", "bytes_sent", "reason")
        return {"stream": self.meta.id} | {name: getattr(self.meta, name) for name in names}

    async def put_off(self, reason: str, *, kind: Kind | None = None) -> None:
        """Try again later, for so many times; the count and the time are Redis', so a restart forgets neither."""
        meta, policy = self.meta, self.policy
        denial = _DENIALS.get(kind) if kind is not None else None
        count = meta.retry_count + 1
        if denial and meta.retry_reason == denial and count >= policy.denied_count_max:
            await self.transit("fail", denial, "1", round(policy.failed_ttl_s * 1000))
            return
        if count > policy.retry_count_max and meta.phase not in {"aborting", "publishing"}:
            await self.transit("mark_abort", "retries")
            return
        delay_s = full_jitter(max(count, meta.attempt - 1), base_s=policy.backoff_base_s, cap_s=policy.backoff_cap_s)
        words = denial or reason
        fields = {"stream": meta.id, "reason": words, "count": count, "delay_s": round(delay_s, 3)}
        _log.warning("stream.retry", extra=fields)
        await self.transit("put_off", count, round(delay_s * 1000), words)

    # --- what is seen of the file -------------------------------------------------------------------

    def owns(self, seen: Seen | None) -> bool:
        """Whether a file is the one of this stream."""
        return seen is not None and (seen.dev, seen.ino) == (self.meta.dev, self.meta.ino)

    def sight(self) -> Sight:
        """Look at the path, and say what this process knows."""
        now_s, policy, still = self.shop.clock.now_s(), self.policy, self.stillness
        if self.jumps != self.shop.clock.jumps:
            self.jumps = self.shop.clock.jumps
            still.rearm(now_s)
            self._last_activity_ms_ago = 0
        seen = look(self.path)
        if seen is None or not self.owns(seen):
            still.look_in_vain(now_s)
            gone = still.gone(now_s, policy.settle_s)
            return Sight(present=False, other=seen is not None, gone=gone, salvage=policy.salvage)
        first = still.size < 0
        still.look(now_s, seen.size, seen.mtime_ns)
        if first:
            still.remember(self.meta.size_seen, self.meta.mtime_ns, self._last_activity_ms_ago / 1000)
        full = self.plan.full_parts(min(seen.size, self.plan.bytes_max))
        return Sight(
            present=True,
            size=seen.size,
            mtime_ns=seen.mtime_ns,
            idle=still.idle(now_s, policy.idle_timeout_s, policy.settle_s),
            settled=still.settled(now_s, policy.settle_s),
            reconciled=self.reconciled,
            missing_parts=full - self.meta.contiguous > len(self.ahead),
            touch_due=now_s - self._touched_at_s >= policy.touch_every_s,
        )

    def unmoved(self, seen: Seen | None) -> bool:
        """Whether a file is still as Redis has it, and is the one of this stream."""
        same = seen is not None and (seen.size, seen.mtime_ns) == (self.meta.size_seen, self.meta.mtime_ns)
        return same and self.owns(seen)

    async def touch(self, sight: Sight) -> None:
        """Write down that the file has changed: that is activity."""
        before = self.meta
        await self.transit("touch", sight.size, sight.mtime_ns, self.path)
        self._touched_at_s = self.shop.clock.now_s()
        tail = before.contiguous
        if before.status != self.meta.status and tail > self.plan.full_parts(before.size_seen):
            # It was the last part of a file that goes on after all.
            await self.transit("drop_parts", before.upload_id, before.attempt, tail)

    def touch_soon(self) -> None:
        """Parts were sent: what was seen of the file is to be written down with them."""
        self._touched_at_s = -1e9

    # --- doubts -------------------------------------------------------------------------------------

    def doubt(self) -> None:
        """A part was sent of which nobody knows whether it is still under way."""
        self.doubt_until_s = self.shop.clock.now_s() + self.policy.doubt_s

    async def restart(self, reason: str, *, attempt: int = 0) -> None:
        """All anew from the file: another attempt, and nothing of the last one counts."""
        meta = self.meta
        following = attempt or meta.attempt + 1
        await self.transit("restart", meta.attempt, following, token_of(meta.id, following), reason)
        self.ahead.clear()
        self.reconciled = False
        if self.meta.attempt > 2:
            await self.put_off(f"restart: {reason}")  # Once is an accident; whatever does it again may go on doing it.


def refusal_word(error: S3Refusal) -> str:
    """A refusal as a stream's retry reason."""
    return f"{error.operation}: {error.code}"
