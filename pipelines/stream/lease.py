"""Leases: renewed on a timer of their own, whatever the streams are doing.

A lease only saves work: parts are checked by content, an intent has one value, a token marks the attempt. But a lease
that lapses during a long step makes two workers take a stream from each other for ever, so it is renewed every third
of its time. Whoever could not renew for all of it stops by itself.
"""

import asyncio
import logging
from typing import Final, Protocol

from pipelines.stream.background import Background
from pipelines.stream.clock import Clock
from pipelines.stream.records import Meta
from pipelines.stream.state import RedisTrouble, StreamState

_log: Final = logging.getLogger("pipelines.stream")
_AT_ONCE: Final = 500
"""So many leases are renewed by one request."""


class Leased(Protocol):
    """What a lease is held for."""

    meta: Meta
    granted_at_s: float
    lost: bool


class Tenant(Protocol):
    """Who works on it, and must stop when it is lost."""

    def lose(self, reason: str) -> None: ...


class Leases(Background):
    """The leases of one worker, and the watch on its clocks."""

    def __init__(self, state: StreamState, clock: Clock, *, ttl_s: float) -> None:
        self._state, self._clock, self.ttl_s = state, clock, ttl_s
        self._held: dict[str, tuple[Leased, Tenant]] = {}

    def __len__(self) -> int:
        return len(self._held)

    @property
    def ttl_ms(self) -> int:
        return round(self.ttl_s * 1000)

    def add(self, hold: Leased, tenant: Tenant) -> None:
        """Keep a lease that was just granted."""
        self._held[hold.meta.id] = (hold, tenant)

    def drop(self, hold: Leased) -> None:
        """Keep it no more."""
        if self._held.get(hold.meta.id, (None,))[0] is hold:
            del self._held[hold.meta.id]

    async def _for_ever(self) -> None:
        due_s = self._clock.now_s()
        while True:
            now_s = self._clock.now_s()
            due_s = max(due_s + self.ttl_s / 3, now_s)  # One that took all its time is followed by the next at once.
            await asyncio.sleep(due_s - now_s)
            if self._clock.check():
                fields = {"jumped_s": round(self._clock.jumped_s, 3)}
                _log.warning("stream.clock", extra=fields)
            await self._renew()
            self._let_go()

    async def _renew(self) -> None:
        """Renew as many as there is time for, those that wait longest first: what is renewed counts at once."""
        held = [pair for pair in self._held.values() if not pair[0].lost]
        held.sort(key=lambda pair: pair[0].granted_at_s)
        renewed = 0
        try:
            async with asyncio.timeout(self.ttl_s / 3):
                for renewed in range(0, len(held), _AT_ONCE):
                    await self._renew_some(held[renewed : renewed + _AT_ONCE])
        except (RedisTrouble, TimeoutError) as error:
            fields = {"what": "not renewed", "streams": len(held) - renewed, "error": repr(error)}
            _log.warning("stream.lease", extra=fields)
        except Exception as error:
            # A fault of ours: without renewals leases lapse, and who holds them must still be stopped in time.
            fields = {"what": "not renewed", "streams": len(held) - renewed, "error": repr(error)}
            _log.exception("stream.lease", extra=fields)

    async def _renew_some(self, held: list[tuple[Leased, Tenant]]) -> None:
        asked_at_s = self._clock.now_s()
        verdicts = await self._state.renew([hold.meta for hold, _ in held], self.ttl_ms)
        for hold, tenant in held:
            if verdicts.get(hold.meta.id) == "OK":
                hold.granted_at_s = max(hold.granted_at_s, asked_at_s)
            elif self._held.get(hold.meta.id, (None,))[0] is hold:
                self._lose(hold, tenant, "fenced")

    def _let_go(self) -> None:
        now_s = self._clock.now_s()
        for hold, tenant in list(self._held.values()):
            if now_s - hold.granted_at_s >= self.ttl_s:
                self._lose(hold, tenant, "not renewed")

    def _lose(self, hold: Leased, tenant: Tenant, reason: str) -> None:
        _log.warning("stream.lease", extra={"what": "lost", "stream": hold.meta.id, "reason": reason})
        hold.lost = True
        self.drop(hold)
        tenant.lose(reason)
