"""Each trouble of a Redis, as an unmodified redis.asyncio meets it in the simulated world."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from simulator.services.redis.settings import Settings
from simulator.services.redis.troubles import SURFACE
from tests.support.stories.redis_world import client, played


async def set_it(redis: Any) -> Any:
    return await redis.set("k", "v")


async def greet(redis: Any) -> None:
    await redis.ping()


CASES = {
    "request-lost:operation=SET": ("ConnectionError", 1.0, False),
    "request-lost:operation=SET,seconds=20": ("TimeoutError", 5.0, False),
    "reply-lost:operation=SET": ("ConnectionError", 1.0, True),
    "reply-lost:operation=SET,seconds=20": ("TimeoutError", 5.0, True),
    "late:operation=SET,seconds=2": ("", 2.0, True),
    "late:operation=SET,seconds=20": ("TimeoutError", 5.0, False),
    "late-reply:operation=SET,seconds=2": ("", 2.0, True),
    "twice:operation=SET": ("", 0.0, True),
    "cut-reply:operation=SET": ("ConnectionError", 0.0, True),
    "reset-before:operation=SET": ("ConnectionError", 0.0, False),
    "reset-after:operation=SET": ("ConnectionError", 0.0, True),
    "slow:operation=SET,seconds=3": ("", 3.0, True),
    "loading:operation=SET": ("BusyLoadingError", 0.0, False),
    "busy:operation=SET": ("ResponseError", 0.0, False),
    "oom:operation=SET": ("OutOfMemoryError", 0.0, False),
    "readonly:operation=SET": ("ReadOnlyError", 0.0, False),
    "masterdown:operation=SET": ("MasterDownError", 0.0, False),
    "misconf:operation=SET": ("ResponseError", 0.0, False),
    "error:operation=SET,code=TRYAGAIN later": ("TryAgainError", 0.0, False),
    "maxclients:operation=SET": ("ConnectionError", 0.0, False),
    "failover:operation=SET": ("ConnectionError", 0.0, False),
    "restart:operation=SET": ("ConnectionError", 0.0, False),
    "forget-scripts:operation=SET": ("", 0.0, True),
}


@pytest.mark.parametrize("fault", CASES)
def test_a_trouble_is_met_as_it_would_be_met_in_earnest(fault: str) -> None:
    error, took_s, kept = CASES[fault]

    seen = played(set_it, fault=fault, before=greet)

    assert seen.error.partition(":")[0] == error, seen.error
    assert seen.took_s == pytest.approx(took_s, abs=0.2)
    assert ("k" in seen.kept) == kept
    assert seen.met == [fault.partition(":")[0]]


def test_every_kind_is_shown_here() -> None:
    assert {fault.partition(":")[0] for fault in CASES} == set(SURFACE)


def test_a_command_that_arrives_twice_counts_twice() -> None:
    async def count(redis: Any) -> list[Any]:
        return [await redis.incr("n"), await redis.incr("n")]

    assert played(count, fault="twice:operation=INCRBY,times=1").value == [2, 3]


def test_a_transaction_that_arrives_twice_counts_twice_as_a_whole() -> None:
    async def count(redis: Any) -> list[Any]:
        async with redis.pipeline(transaction=True) as pipe:
            first = await pipe.incr("n").rpush("l", "x").execute()
        async with redis.pipeline(transaction=True) as pipe:
            await pipe.watch("n")
            pipe.multi()
            return [first, await pipe.incr("n").execute(), await redis.llen("l")]

    assert played(count, fault="twice").value == [[2, 2], [3], 2]


def test_loading_and_busy_pass_by_themselves() -> None:
    async def patient(redis: Any) -> list[str]:
        said = []
        for _ in range(4):
            try:
                said.append(str(await redis.set("k", "v")))
            except Exception as error:
                said.append(type(error).__name__)
            await asyncio.sleep(0.4)
        return said

    seen = played(patient, fault="loading:operation=SET,seconds=1,times=1")
    assert seen.value == ["BusyLoadingError", "BusyLoadingError", "BusyLoadingError", "True"]
    seen = played(patient, fault="busy:operation=SET,seconds=0.5,times=1")
    assert seen.value[0].endswith("Error")
    assert seen.value[-1] == "True"


def test_script_kill_ends_a_busy_script() -> None:
    async def kill(redis: Any) -> list[Any]:
        said = []
        try:
            await redis.get("k")
        except Exception as error:
            said.append(str(error)[:35])
        said += [await redis.script_kill(), await redis.get("k")]
        return said

    seen = played(kill, fault="busy:operation=GET,seconds=60,times=1")

    assert seen.value == ["BUSY Redis is busy running a script.", True, None] or seen.value[1:] == [True, None]


def test_a_slow_command_holds_everybody_up() -> None:
    async def two(redis: Any) -> list[float]:
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def timed(name: str, after_s: float) -> float:
            async with client() as other:
                await other.ping()
                await asyncio.sleep(after_s)
                await other.get(name)
            return round(loop.time() - began, 1)

        return list(await asyncio.gather(timed("slow", 0.5), timed("quick", 1)))

    assert played(two, fault="slow:operation=GET,key=slow,seconds=2").value == pytest.approx([2.5, 2.5], abs=0.1)


def test_a_failover_loses_what_the_standby_had_not_heard() -> None:
    async def write(redis: Any) -> list[Any]:
        await redis.set("early", 1)
        await asyncio.sleep(2)
        await redis.set("late", 1)
        said = "nothing happened"
        try:
            await redis.set("last", 1)
        except Exception as error:
            said = type(error).__name__
        return [said, await redis.get("early"), await redis.get("late"), await redis.get("last")]

    seen = played(write, fault="failover:operation=SET,key=last,times=1", settings=Settings(standby_lag_s=1.0))

    assert seen.value == ["ConnectionError", "1", None, None]
    assert seen.found is not None
    assert [event.fields["lost"] for event in seen.found.trace.of("redis.failover")] == [1]


def test_a_restart_keeps_what_was_written_and_is_away_for_a_while() -> None:
    async def write(redis: Any) -> list[Any]:
        await redis.set("kept", 1)
        said = []
        for _ in range(3):
            try:
                said.append(await redis.get("kept"))
            except Exception as error:
                said.append(type(error).__name__)
            await asyncio.sleep(0.3)
        return said

    settings = Settings(persistent=True, parameters={"appendonly": "yes"})
    seen = played(write, fault="restart:operation=GET,times=1", settings=settings)

    assert seen.value == ["ConnectionError", "ConnectionError", "1"]


def test_a_standby_of_a_server_that_was_restarted_has_what_was_loaded() -> None:
    async def write(redis: Any) -> Any:
        await redis.set("early", 1)
        return None

    async def read(redis: Any) -> Any:
        for _ in range(2):
            with suppress(Exception):
                await redis.get("strike")
            await asyncio.sleep(3)
        return await redis.get("early")

    async def kill(world: Any, hosted: Any) -> None:
        await asyncio.sleep(0.5)
        hosted.service.kill()

    settings = Settings(persistent=True, parameters={"appendonly": "yes"}, standby_lag_s=1.0)
    fault = "failover:operation=GET,key=strike,skip=1,times=1"
    seen = played(read, fault=fault, before=write, settings=settings, during=kill)

    assert seen.value == "1", seen.error
