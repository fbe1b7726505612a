"""Somebody has put streams into sets where they do not belong; the next start puts that right."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, states
from simulator.scenarios.stream.recorder import Film


async def tell_redis(*commands: str) -> None:
    """What an operator types into redis-cli."""
    reader, writer = await asyncio.open_connection("redis", 6379)
    for command in commands:
        writer.write(f"{command}\r\n".encode())
        await reader.readline()
    writer.close()


@scenario(oracles=[each for each in ALWAYS if each is not states.one_set])
async def sets_follow_the_hash(world: Stage) -> None:
    """A stream that no set names, or the wrong one, is found by its hash and finished."""
    cluster = stream_cluster(world)
    cluster.camera.record("lobby.mp4", Film(seconds=20))
    await asyncio.sleep(8)
    (stream,) = cluster.streams()
    wrong = ("completed", "failed", "pending_completion")[
        world.engine.choices.draw(3, stream="story", site="redis", label="set")
    ]
    cluster.service.kill()
    commands = (f"SREM streams:active {stream}", f"SADD streams:{wrong} {stream}", "SADD streams:active ghost.1-2-1.0")
    await world.host("stage").run(tell_redis, *commands).wait()
    await cluster.settle()

    assert {name: found.sets for name, found in cluster.streams().items()} == {stream: ("completed",)}
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
