"""Together: what several clients do to each other: transactions, scripts, locks, waiting, messages, streams."""

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import LockError, ResponseError, WatchError

from tests.contract.redis.contract import Server


async def transactions(server: Server) -> None:
    redis, other = await server.client(), await server.client()

    async with redis.pipeline(transaction=True) as pipe:
        assert await pipe.set("a", 1).incr("a").lpush("a", 1).execute(raise_on_error=False) != []
        assert await redis.get("a") == "2"
    async with redis.pipeline(transaction=True) as pipe:
        await pipe.watch("a")
        await other.set("a", 10)
        pipe.multi()
        pipe.set("a", 11)
        with pytest.raises(WatchError):
            await pipe.execute()
    assert await redis.get("a") == "10"


async def scripts(server: Server) -> None:
    redis = await server.client()
    take = redis.register_script("""
        local left = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
        if left <= 0 then return redis.error_reply('EMPTY nothing left') end
        redis.call('SET', KEYS[1], left - 1, 'EX', 100)
        return {left - 1, 'left', redis.call('TTL', KEYS[1])}
    """)

    assert await take(keys=["bucket"], args=[2]) == [1, "left", 100]
    await redis.script_flush()
    assert await take(keys=["bucket"], args=[2]) == [0, "left", 100]
    with pytest.raises(ResponseError, match="EMPTY nothing left"):
        await take(keys=["bucket"], args=[2])


async def locks(server: Server) -> None:
    redis, other = await server.client(), await server.client()
    mine, theirs = redis.lock("lock", timeout=10), other.lock("lock", timeout=0.1)

    assert await mine.acquire()
    assert not await theirs.acquire(blocking=False)
    assert await mine.extend(5)
    await mine.release()
    assert await theirs.acquire(blocking=False)
    await asyncio.sleep(0.15)
    assert await mine.acquire(blocking=False)
    with pytest.raises(LockError):
        await theirs.release()


async def counting(server: Server) -> None:
    clients = [await server.client() for _ in range(10)]

    async def count(redis: Any) -> None:
        for _ in range(20):
            await redis.incr("n")

    await asyncio.gather(*map(count, clients))

    assert await clients[0].get("n") == "200"


async def waiting_in_order(server: Server) -> None:
    redis, served = await server.client(), list[tuple[int, str]]()

    async def wait(number: int) -> None:
        client = await server.client()
        _, value = await client.blpop(["q", "r"], timeout=5)
        served.append((number, value))

    tasks = []
    for number in range(3):
        tasks.append(asyncio.create_task(wait(number)))
        await asyncio.sleep(0.05)
    assert await redis.rpush("q", "a", "b") == 2
    await asyncio.sleep(0.05)
    assert sorted(served) == [(0, "a"), (1, "b")]
    await redis.lpush("r", "c")
    await asyncio.gather(*tasks)
    assert (2, "c") in served


async def waiting_in_vain(server: Server) -> None:
    redis = await server.client()
    loop = asyncio.get_running_loop()
    began_s = loop.time()

    assert await redis.blpop(["nothing"], timeout=0.2) is None
    assert await redis.bzpopmin(["nothing"], timeout=0.2) is None
    assert not await redis.xread({"nothing": "$"}, block=200)
    assert 0.55 < loop.time() - began_s < 2


async def moving(server: Server) -> None:
    redis, other = await server.client(), await server.client()
    waiting = asyncio.create_task(redis.blmove("todo", "doing", 5, "LEFT", "RIGHT"))
    await asyncio.sleep(0.05)

    await other.rpush("todo", "one", "two")

    assert await waiting == "one"
    assert await other.lrange("todo", 0, -1) == ["two"]
    assert await other.lrange("doing", 0, -1) == ["one"]


async def messages(server: Server) -> None:
    redis, heard = await server.client(), await server.client()
    async with heard.pubsub() as listener:
        await listener.subscribe("news")
        await listener.psubscribe("n*")
        kinds = [(await listener.get_message(timeout=5))["type"] for _ in range(2)]
        assert kinds == ["subscribe", "psubscribe"]
        assert await redis.publish("news", "hello") == 2
        assert await redis.publish("other", "hello") == 0
        found = [await listener.get_message(timeout=5) for _ in range(2)]
        assert [(each["type"], each["channel"], each["data"]) for each in found] == [
            ("message", "news", "hello"), ("pmessage", "news", "hello")
        ]  # fmt: skip
        assert await redis.pubsub_numsub("news") == [("news", 1)]
        await listener.unsubscribe()
        await listener.punsubscribe()


async def keyspace_events(server: Server) -> None:
    redis, heard = await server.client(), await server.client()
    await redis.config_set("notify-keyspace-events", "KEA")
    async with heard.pubsub(ignore_subscribe_messages=True) as listener:
        await listener.psubscribe("__keyevent@0__:*")
        await listener.get_message(timeout=1)
        await redis.set("k", "v", px=60)
        await asyncio.sleep(0.5)
        await redis.exists("k")
        seen = []
        while message := await listener.get_message(timeout=0.5):
            seen.append((message["channel"].partition(":")[2], message["data"]))
    assert seen == [("set", "k"), ("expire", "k"), ("expired", "k")]


async def groups(server: Server) -> None:
    redis = await server.client()
    await redis.xgroup_create("jobs", "workers", id="0", mkstream=True)
    with pytest.raises(ResponseError, match="BUSYGROUP"):
        await redis.xgroup_create("jobs", "workers")
    ids = [await redis.xadd("jobs", {"n": number}) for number in range(3)]
    assert ids == sorted(ids)

    def entries(reply: Any) -> Any:
        """RESP3 has a map of lists where RESP2 has pairs."""
        return next(iter(reply.values()))[0] if isinstance(reply, dict) else reply[0][1]

    mine = entries(await redis.xreadgroup("workers", "alice", {"jobs": ">"}, count=2))
    assert [fields for _, fields in mine] == [{"n": "0"}, {"n": "1"}]
    assert await redis.xack("jobs", "workers", ids[0]) == 1
    pending = await redis.xpending("jobs", "workers")
    assert (pending["pending"], pending["min"]) == (1, ids[1])
    _, claimed, _ = await redis.xautoclaim("jobs", "workers", "bob", min_idle_time=0)
    assert [each for each, _ in claimed] == [ids[1]]
    again = entries(await redis.xreadgroup("workers", "bob", {"jobs": "0"}))
    assert [each for each, _ in again] == [ids[1]]
    assert await redis.xlen("jobs") == 3


async def following(server: Server) -> None:
    redis, other = await server.client(), await server.client()
    reading = asyncio.create_task(redis.xread({"log": "$"}, block=5000))
    await asyncio.sleep(0.05)

    added = await other.xadd("log", {"f": "v"})

    assert added in repr(await reading)


async def cutting_off(server: Server) -> None:
    redis, other = await server.client(), await server.client()
    await other.client_setname("victim")
    number = await other.client_id()
    assert [each["name"] for each in await redis.client_list() if int(each["id"]) == number] == ["victim"]
    waiting = asyncio.create_task(other.blpop("nothing", timeout=5))
    await asyncio.sleep(0.05)

    (victim,) = [each["id"] for each in await redis.client_list() if each["cmd"] == "blpop"]
    assert await redis.client_kill_filter(_id=victim) == 1

    with pytest.raises(Lost):
        await waiting


STORIES = (
    transactions, scripts, locks, counting, waiting_in_order, waiting_in_vain, moving, messages, keyspace_events,
    groups, following, cutting_off,
)  # fmt: skip
