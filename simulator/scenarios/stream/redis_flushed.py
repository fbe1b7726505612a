"""Redis loses everything: evicted, or flushed by somebody who meant another one."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, liveness
from simulator.scenarios.stream.recorder import Film

OTHERWISE = (liveness.all_come_to_an_end,)
"""What was evicted comes to no end; the streams that take its place do."""


async def flush() -> None:
    """What `redis-cli flushall` sends."""
    reader, writer = await asyncio.open_connection("redis", 6379)
    writer.write(b"FLUSHALL\r\n")
    await reader.readline()
    writer.close()


@scenario(oracles=[each for each in ALWAYS if each not in OTHERWISE], settle_s=8000)
async def an_empty_redis_is_filled_again(world: Stage) -> None:
    """From the folder and the bucket alone every recording is published, and uploads nobody knows are found."""
    cluster = stream_cluster(world)
    draw = world.engine.choices.draw
    cluster.camera.record("lobby.mp4", Film(seconds=24, bytes_per_s=600_000))
    cluster.camera.record("gate.mp4", Film(shape="plain", seconds=6))
    await asyncio.sleep(2 + draw(30, stream="story", site="redis", label="when"))
    await world.host("stage").run(flush).wait()
    if draw(2, stream="story", site="worker", label="dies"):
        cluster.service.kill()
    await cluster.settle()

    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
