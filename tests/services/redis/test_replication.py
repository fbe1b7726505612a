"""A replica hears of everything a while later; what it had not heard of is lost when it takes over."""

import asyncio
from typing import Any

from simulator import World, run, scenario
from simulator.services.redis.hosted import host_redis
from simulator.services.redis.settings import Settings
from tests.support.stories.redis_world import client


def story(act: Any, *, lag_s: float = 0.0, seed: int = 1) -> Any:
    """Let a client speak to a master and its replica."""
    said: list[Any] = []

    async def program() -> None:
        async with client("master") as master, client("replica") as replica:
            await asyncio.sleep(2)
            said.append(await act(master, replica))

    @scenario()
    async def pair(world: World) -> None:
        """A master, a replica, a client."""
        host_redis(world.host("master"), Settings())
        settings = Settings(replica_of=("master", 6379), replica_lag_s=lag_s)
        host_redis(world.host("replica"), settings)
        await world.host("client").run(program).wait()

    found = run(pair, seed=seed)
    assert found.outcome.passed, found.outcome.message
    return said[0]


def test_a_replica_has_what_was_there_before_and_what_comes_after() -> None:
    async def act(master: Any, replica: Any) -> list[Any]:
        await master.set("a", 1)
        await master.set("gone", 1, px=100)
        async with master.pipeline(transaction=True) as pipe:
            await pipe.incr("a").rpush("l", 1, 2).execute()
        acknowledged = await master.wait(1, 1000)
        await asyncio.sleep(0.3)
        info = await replica.info("replication")
        return [acknowledged, await replica.get("a"), await replica.lrange("l", 0, -1), await replica.get("gone"),
                info["role"], info["master_link_status"]]  # fmt: skip

    assert story(act) == [1, "2", ["1", "2"], None, "slave", "up"]


def test_a_replica_refuses_to_be_written_to() -> None:
    async def act(master: Any, replica: Any) -> str:
        try:
            await replica.set("a", 1)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return ""

    assert story(act).startswith("ReadOnlyError: You can't write against a read only replica")


def test_what_a_lagging_replica_had_not_heard_is_lost_when_it_is_promoted() -> None:
    async def act(master: Any, replica: Any) -> list[Any]:
        await master.set("early", 1)
        await asyncio.sleep(3)
        await master.set("late", 1)
        acknowledged = await master.wait(1, 500)
        await replica.replicaof("NO", "ONE")
        return [acknowledged, await replica.get("early"), await replica.get("late"), await replica.set("new", 1)]

    assert story(act, lag_s=2.0) == [0, "1", None, True]


def test_a_link_that_breaks_is_taken_up_where_it_was() -> None:
    async def act(master: Any, replica: Any) -> list[Any]:
        await master.set("a", 1)
        await master.client_kill_filter(_type="replica")
        await master.set("b", 1)
        await asyncio.sleep(3)
        stats = await master.info("stats")
        return [await replica.get("a"), await replica.get("b"), stats["sync_full"], stats["sync_partial_ok"]]

    assert story(act) == ["1", "1", 1, 1]
