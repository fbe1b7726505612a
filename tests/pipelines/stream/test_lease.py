"""Leases of thousands of streams are renewed some at a time, and those that were renewed do not lapse with the rest."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pipelines.stream.clock import Clock
from pipelines.stream.lease import Leases
from pipelines.stream.records import Meta
from pipelines.stream.state import RedisTrouble
from tests.support.processes import OneHost

TTL_S = 30.0


@dataclass
class Held:
    meta: Meta
    granted_at_s: float
    lost: bool = False


class Keeper:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def lose(self, reason: str) -> None:
        self.reasons.append(reason)


class Redis:
    """What `renew` needs of a StreamState: every second request is answered, and the others end as they are told to."""

    def __init__(self, otherwise: str) -> None:
        self.otherwise, self.sizes = otherwise, list[int]()

    async def renew(self, metas: Sequence[Meta], ttl_ms: int) -> dict[str, str]:
        self.sizes.append(len(metas))
        await asyncio.sleep(0.2)
        if len(self.sizes) % 2:
            return {meta.id: "OK" for meta in metas}
        if self.otherwise == "hangs":
            await asyncio.sleep(1_000)
        if self.otherwise == "fails":
            raise RedisTrouble("no answer")
        raise ValueError("a fault of ours")


def reasons(otherwise: str, streams: int, seconds: float) -> tuple[list[str], list[int]]:
    """Why streams were lost, and how many leases each request was about."""

    async def main() -> tuple[list[str], list[int]]:
        state: Any = Redis(otherwise)
        clock, keeper = Clock(), Keeper()
        leases = Leases(state, clock, ttl_s=TTL_S)
        for number in range(streams):
            leases.add(Held(Meta(f"s{number}"), clock.now_s()), keeper)
        async with leases:
            await asyncio.sleep(seconds)
        return keeper.reasons, state.sizes

    found: tuple[list[str], list[int]] = OneHost().run(lambda: asyncio.run(main()))
    return found


@pytest.mark.parametrize("otherwise", ["hangs", "fails", "is wrong"])
def test_leases_that_were_renewed_stand_although_the_request_for_the_others_was_in_vain(otherwise: str) -> None:
    lost, sizes = reasons(otherwise, 1_000, 300)

    assert lost == [], "each half is renewed every second time, which is often enough"
    assert set(sizes) == {500}


def test_a_lease_that_is_renewed_by_nobody_is_let_go_when_it_is_over() -> None:
    lost, _ = reasons("fails", 2_000, 300)

    assert set(lost) == {"not renewed"}
    assert 0 < len(lost) <= 1_000, "what is left can be renewed in time"
