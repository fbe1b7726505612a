"""Values: texts, numbers, hashes, sets, expiry, and what is refused."""

import asyncio

import pytest
from redis.exceptions import NoScriptError, ResponseError

from tests.contract.redis.contract import Server


async def texts(server: Server) -> None:
    redis = await server.client()

    assert await redis.set("k", "one") is True
    assert await redis.set("k", "two", nx=True) is None
    assert await redis.set("k", "two", xx=True, get=True) == "one"
    assert await redis.append("k", "!") == 4
    assert await redis.getrange("k", -2, -1) == "o!"
    assert await redis.mset({"a": "1", "b": ""}) is True
    assert await redis.mget("a", "b", "c") == ["1", "", None]
    assert await redis.getdel("a") == "1"
    assert await redis.exists("a", "b", "k") == 2


async def numbers(server: Server) -> None:
    redis = await server.client()

    assert await redis.incr("n") == 1
    assert await redis.incrby("n", 2**62) == 2**62 + 1
    with pytest.raises(ResponseError, match="increment or decrement would overflow"):
        await redis.incrby("n", 2**62)
    assert await redis.incrbyfloat("f", "0.1") == 0.1
    assert await redis.incrbyfloat("f", "0.2") == 0.3
    await redis.set("text", "x")
    with pytest.raises(ResponseError, match="value is not an integer or out of range"):
        await redis.incr("text")


async def binary(server: Server) -> None:
    redis = await server.client(decode_responses=False)
    value = bytes(range(256)) * 8192

    await redis.set(b"\x00\r\n\xff", value)

    assert await redis.get(b"\x00\r\n\xff") == value
    assert await redis.strlen(b"\x00\r\n\xff") == len(value)
    assert await redis.setbit("bits", 7, 1) == 0
    assert await redis.get("bits") == b"\x01"
    assert await redis.bitcount("bits") == 1


async def hashes(server: Server) -> None:
    redis = await server.client()

    assert await redis.hset("h", mapping={"a": "1", "b": "2"}) == 2
    assert await redis.hset("h", "a", "3") == 0
    assert await redis.hincrby("h", "a", 4) == 7
    assert await redis.hgetall("h") == {"a": "7", "b": "2"}
    assert await redis.hmget("h", "b", "c") == ["2", None]
    assert await redis.hdel("h", "a", "b", "c") == 2
    assert await redis.exists("h") == 0


async def sets(server: Server) -> None:
    redis = await server.client()

    assert await redis.sadd("s", "a", "b", "c") == 3
    assert await redis.sadd("t", "b", "c", "d") == 3
    assert set(await redis.sinter("s", "t")) == {"b", "c"}
    assert await redis.sunionstore("u", "s", "t") == 4
    assert {await redis.spop("u") for _ in range(4)} == {"a", "b", "c", "d"}
    assert await redis.exists("u") == 0
    assert await redis.smismember("s", ["a", "x"]) == [1, 0]


async def sorted_sets(server: Server) -> None:
    redis = await server.client()

    assert await redis.zadd("z", {"a": 1, "b": 2, "c": 2}) == 3
    assert await redis.zadd("z", {"a": 5}, gt=True, ch=True) == 1
    scored = [tuple(pair) for pair in await redis.zrange("z", 0, -1, withscores=True)]
    assert scored == [("b", 2.0), ("c", 2.0), ("a", 5.0)]
    assert await redis.zrangebyscore("z", "(2", "+inf") == ["a"]
    assert await redis.zincrby("z", 1.5, "b") == 3.5
    assert await redis.zrevrank("z", "a") == 0
    assert await redis.zremrangebyrank("z", 0, 0) == 1
    assert await redis.zcard("z") == 2


async def expiry(server: Server) -> None:
    redis = await server.client()

    await redis.set("k", "v", px=80)
    assert 0 < await redis.pttl("k") <= 80
    await redis.set("kept", "v", ex=100)
    assert await redis.expire("kept", 50, gt=True) is False
    assert await redis.persist("kept") is True
    assert await redis.ttl("kept") == -1
    await asyncio.sleep(0.12)
    assert await redis.get("k") is None
    assert await redis.ttl("k") == -2
    assert await redis.set("once", "v", nx=True, px=50)
    await asyncio.sleep(0.08)
    assert await redis.set("once", "w", nx=True)


async def wrong_kinds(server: Server) -> None:
    redis = await server.client()
    await redis.rpush("l", "x")

    with pytest.raises(ResponseError, match="WRONGTYPE Operation against a key holding the wrong kind of value"):
        await redis.get("l")
    with pytest.raises(ResponseError, match="unknown command 'NOTHING', with args beginning with: 'a' "):
        await redis.execute_command("NOTHING", "a")
    with pytest.raises(ResponseError, match="wrong number of arguments for 'get' command"):
        await redis.execute_command("GET")
    with pytest.raises(NoScriptError):
        await redis.evalsha("0" * 40, 0)
    with pytest.raises(ResponseError, match="no such key"):
        await redis.rename("nothing", "k")


async def dumps(server: Server) -> None:
    redis = await server.client(decode_responses=False)
    await redis.rpush("l", *range(200))
    await redis.zadd("z", {"a": 1.5, "b": float("inf")})
    await redis.xadd("x", {"f": "v"}, id="5-1")

    for key in ("l", "z", "x"):
        data = await redis.dump(key)
        await redis.restore(f"{key}2", 0, data)
        with pytest.raises(ResponseError, match="BUSYKEY"):
            await redis.restore(f"{key}2", 0, data)
        with pytest.raises(ResponseError, match="DUMP payload version or checksum are wrong"):
            await redis.restore("broken", 0, data[:-1] + bytes([data[-1] ^ 1]))
    assert await redis.lrange("l2", 198, -1) == [b"198", b"199"]
    assert [tuple(pair) for pair in await redis.zrange("z2", 0, -1, withscores=True)][1] == (b"b", float("inf"))
    assert await redis.xrange("x2") == [(b"5-1", {b"f": b"v"})]


async def scans(server: Server) -> None:
    redis = await server.client()
    async with redis.pipeline(transaction=False) as pipe:
        for number in range(1000):
            pipe.set(f"key:{number}", number)
            pipe.hset("h", str(number), number)
        await pipe.execute()

    found = [key async for key in redis.scan_iter("key:*", count=50)]
    fields = [field async for field, _ in redis.hscan_iter("h", count=50)]

    assert set(found) == {f"key:{number}" for number in range(1000)}
    assert set(fields) == {str(number) for number in range(1000)}
    assert await redis.dbsize() == 1001


STORIES = (texts, numbers, binary, hashes, sets, sorted_sets, expiry, wrong_kinds, dumps, scans)
