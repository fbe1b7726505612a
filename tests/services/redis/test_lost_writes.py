"""What is lost is what was not synced, and nothing else: a killed process loses nothing, a power cut the unsynced rest.

A power cut may leave a hole in what was not synced. Then the server refuses to start, as the real one does, until
somebody has repaired its file: what counts is what the file holds before the hole.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from simulator import World
from simulator.services.redis.hosted import HostedRedis
from simulator.services.redis.settings import Settings
from tests.support.stories.redis_world import client, played

POLICIES = ("always", "everysec", "no")
STEP_S = 0.01
FILE = Path("/var/lib/redis/appendonlydir/appendonly.aof.1.incr.aof")


@dataclass
class After:
    """What there is when all is over."""

    acknowledged: int = 0
    on_disk: int = 0
    served: list[int] | None = field(default_factory=list)
    """None when the server refused to start."""


def after(policy: str, harm: str, seed: int) -> After:
    """Push numbers until the server goes away; see what is there later."""
    found = After()

    async def push(redis: Any) -> None:
        try:
            while True:
                await redis.rpush("numbers", found.acknowledged)
                found.acknowledged += 1
                await asyncio.sleep(STEP_S)
        except Exception:
            await asyncio.sleep(5)
        try:
            async with client() as fresh:
                found.served = [int(item) for item in await fresh.lrange("numbers", 0, -1)]
        except Exception:
            found.served = None

    def look() -> None:
        found.on_disk = FILE.read_bytes().partition(b"\0")[0].count(b"RPUSH\r\n$7\r\nnumbers\r\n")

    async def strike(world: World, hosted: HostedRedis) -> None:
        await asyncio.sleep(2.345)
        if harm == "power":
            hosted.host.crash()
            await asyncio.sleep(0.5)
            hosted.host.boot()
        else:
            hosted.service.kill()
        hosted.host.run(look, name="look")

    parameters = {"appendonly": "yes", "appendfsync": policy}
    played(push, settings=Settings(persistent=True, parameters=parameters), during=strike, seed=seed)
    return found


@pytest.mark.parametrize("policy", POLICIES)
def test_a_killed_process_loses_nothing_that_was_acknowledged(policy: str) -> None:
    for seed in range(3):
        found = after(policy, "kill", seed)
        assert found.acknowledged > 100
        assert found.served is not None
        assert found.served == list(range(len(found.served)))
        assert 0 <= len(found.served) - found.acknowledged <= 1


@pytest.mark.parametrize("policy", POLICIES)
def test_after_a_power_cut_it_serves_what_the_disk_kept_or_refuses(policy: str) -> None:
    for seed in range(6):
        found = after(policy, "power", seed)
        assert found.on_disk <= found.acknowledged + 1
        if found.served is not None:
            assert found.served == list(range(len(found.served)))
            assert found.on_disk - 1 <= len(found.served) <= found.on_disk


def test_how_much_of_the_end_is_lost_is_what_the_policy_allows() -> None:
    lost: dict[str, list[int]] = {policy: [] for policy in POLICIES}
    for policy, losses in lost.items():
        for seed in range(6):
            found = after(policy, "power", seed)
            losses.append(found.acknowledged - found.on_disk)
            assert policy != "always" or found.served is not None

    assert max(lost["always"]) <= 0
    assert 0 < max(lost["everysec"]) <= 1.1 / STEP_S
    assert max(lost["no"]) > max(lost["everysec"])
