"""Unmodified redis.asyncio works with this Redis over real sockets as over simulated ones; runs repeat themselves."""

import asyncio
from random import Random
from typing import Any

from simulator.services.redis.program import Redis
from simulator.services.redis.settings import Settings
from tests.support.redis_desk import Desk
from tests.support.stories.redis_world import client, played


async def everything(redis: Any) -> list[Any]:
    """A little of all: values, pipelines, scripts, locks, messages, waiting."""
    said: list[Any] = [await redis.set("k", "v", ex=100), await redis.get("k"), await redis.ttl("k")]
    async with redis.pipeline(transaction=True) as pipe:
        said += await pipe.incr("n").hset("h", mapping={"a": 1}).hgetall("h").execute()
    said.append(await redis.register_script("return redis.call('INCR', KEYS[1])")(keys=["n"]))
    async with redis.lock("lock", timeout=5):
        said.append(await redis.lock("lock", timeout=5).acquire(blocking=False))
    async with redis.pubsub(ignore_subscribe_messages=True) as listener:
        await listener.subscribe("news")
        await listener.get_message(timeout=1)
        await redis.publish("news", "hello")
        said.append((await listener.get_message(timeout=1))["data"])
    waiting = asyncio.create_task(redis.blpop("l", timeout=5))
    await asyncio.sleep(0.05)
    await redis.rpush("l", "x")
    return [*said, list(await waiting)]


EXPECTED = [True, "v", 100, 1, 1, {"a": "1"}, 2, False, "hello", ["l", "x"]]


def test_over_real_sockets_with_either_protocol() -> None:
    async def main() -> list[list[Any]]:
        found = []
        for protocol in (2, 3):
            redis = Redis(Settings(host="127.0.0.1", port=0))
            await redis.start()
            async with client("127.0.0.1", port=redis.port, protocol=protocol) as connected:
                found.append(await everything(connected))
            await redis.stop()
        return found

    two, three = asyncio.run(main())
    assert two == three == EXPECTED


def test_in_the_simulated_world_twice_the_same() -> None:
    one, two = played(everything, seed=5), played(everything, seed=5)

    assert one.value == EXPECTED
    assert one.found is not None
    assert two.found is not None
    assert one.found.digest == two.found.digest
    commands = [event.fields["command"] for event in one.found.trace.of("redis.command", host="redis")]
    assert {"set", "hset", "evalsha", "subscribe", "blpop"} <= set(commands)


def test_an_hour_of_waiting_costs_nothing_and_ends_on_time() -> None:
    async def wait(redis: Any) -> list[Any]:
        loop = asyncio.get_running_loop()
        await redis.set("k", 1, ex=3600)
        await asyncio.sleep(3599)
        there, began_s = await redis.get("k"), loop.time()
        await asyncio.sleep(2)
        async with client(socket_timeout=None) as patient:
            popped = await patient.blpop("nothing", timeout=3600)
        return [there, await redis.get("k"), popped, round(loop.time() - began_s, 1)]

    assert played(wait).value == ["1", None, None, 3602.0]


def test_secrets_stay_out_of_the_trace() -> None:
    desk = Desk()
    client_ = desk.client()
    client_.line("CONFIG SET requirepass hunter2")
    client_.line("AUTH hunter2")
    client_.line("SET k hunter2")

    assert "hunter2" not in repr(desk.told)
    assert [fields["command"] for kind, fields in desk.told] == ["config|set", "auth", "set"]


def test_whatever_is_sent_the_server_goes_on() -> None:
    desk = Desk()
    rng = Random(3)
    for _ in range(300):
        stranger = desk.client()
        pieces = [b"*2\r\n", b"$3\r\nGET\r\n", b"$-1\r\n", b"\r\n", b"$99999999999\r\n", b"*1\r\n", b"PING\r\n",
                  b"\x00\xff", b"EVAL x 0\r\n", b'"', b"*-5\r\n", b":1\r\n"]  # fmt: skip
        for _ in range(rng.randrange(1, 8)):
            stranger.send(rng.choice(pieces))
        stranger.leave()

    assert desk.client().line("PING") == b"+PONG\r\n"
    assert not desk.server.sessions or len(desk.server.sessions) == 1


def test_ten_thousand_idle_clients_are_no_burden() -> None:
    desk = Desk()
    clients = [desk.client() for _ in range(9_999)]

    assert desk.client().line("PING") == b"+PONG\r\n"
    assert clients[-1].line("PING") == b"+PONG\r\n"
