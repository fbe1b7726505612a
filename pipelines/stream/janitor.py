"""Janitor: what is left over. Uploads that were marked are aborted until they are gone; uploads that nobody refers to
are found and marked; what Redis has forgotten disappears from its sets.

Nothing is aborted for being old. An upload is given up only if its stream refers to another one or is over; one whose
stream Redis does not know at all may belong to someone who keeps his state elsewhere, and is only told of.
"""

import asyncio
import logging
import random
from typing import Final

from pipelines.stream.answers import UPLOAD_GONE, S3Refusal
from pipelines.stream.background import Background
from pipelines.stream.names import STATUSES, stream_of_key
from pipelines.stream.policy import Policy
from pipelines.stream.state import RedisTrouble, StreamState
from pipelines.stream.store import Store

_log: Final = logging.getLogger("pipelines.stream")


class Janitor(Background):
    """The upkeep of one worker. Several at once do no harm."""

    def __init__(self, policy: Policy, state: StreamState, store: Store) -> None:
        self._policy, self._state, self._store = policy, state, store

    async def _for_ever(self) -> None:
        until_sweep_s = 0.0
        while True:
            pause_s = self._policy.abort_every_s * random.uniform(0.75, 1.25)
            await asyncio.sleep(pause_s)
            until_sweep_s -= pause_s
            try:
                if until_sweep_s <= 0:
                    until_sweep_s = self._policy.sweep_every_s
                    await self.sweep()
                    await self.prune()
                await self.work_off()
            except (S3Refusal, RedisTrouble) as trouble:
                _log.warning("stream.upkeep", extra={"error": str(trouble)})
            except Exception:
                # A fault of ours: the upkeep goes on, or uploads that nobody wants would be paid for without end.
                _log.exception("stream.upkeep")

    async def work_off(self) -> int:
        """Abort what is queued and due; how many uploads are gone for good."""
        now_ms, gone = await self._state.now_ms(), 0
        for upload in await self._state.aborts_due(now_ms):
            bucket, key, upload_id = upload
            fields = {"bucket": bucket, "key": key, "upload_id": upload_id}
            try:
                was_there = await self._store.abort(key, upload_id, bucket=bucket)
                left = was_there and await self._is_open(bucket, key, upload_id)
            except S3Refusal as refusal:
                _log.warning("stream.abort", extra=fields | {"gone": False, "error": str(refusal)})
                left = True
            if left:
                # A part that was under way keeps an upload alive: again, once it has ended.
                await self._state.abort_later(upload, now_ms + round(self._policy.abort_every_s * 1000))
            else:
                await self._state.aborted(upload)
                _log.info("stream.abort", extra=fields | {"gone": True})
                gone += 1
        return gone

    async def _is_open(self, bucket: str, key: str, upload_id: str) -> bool:
        try:
            await self._store.list_parts(key, upload_id, bucket=bucket)
        except S3Refusal as refusal:
            if refusal.kind in UPLOAD_GONE:
                return False
            raise
        return True

    async def sweep(self) -> int:
        """Look for uploads below the prefix to which no stream refers; how many were queued."""
        policy, queued = self._policy, 0
        async for key, upload_id in self._store.uploads(policy.prefix):
            stream = stream_of_key(policy.prefix, key)
            if stream is None:
                continue
            answer = await self._state.run_as("orphaned", stream, "", 0, policy.bucket, key, upload_id, 0)
            if answer.ok:
                queued += 1
                _log.info("stream.orphan", extra={"stream": stream, "key": key, "upload_id": upload_id})
            elif answer.meta is None:
                _log.warning("stream.unknown_upload", extra={"stream": stream, "key": key, "upload_id": upload_id})
        return queued

    async def prune(self) -> int:
        """Drop from the sets and the index what Redis has forgotten (its time was over); how many."""
        state, pruned = self._state, 0
        for status in STATUSES:
            members = await state.members(status)
            there = {meta.id async for meta in state.metas(members)}
            for stream in sorted(set(members) - there):
                await state.run_as("repair", stream, "", 0)
                pruned += 1
        return pruned
