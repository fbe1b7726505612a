"""Somebody has moved what is over into another set: no transition comes any more that would put it right."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, states
from simulator.scenarios.stream.recorder import Film
from simulator.scenarios.stream.sets_repaired import tell_redis

WATCHED = [*(each for each in ALWAYS if each is not states.one_set), states.one_set_in_the_end]


@scenario(oracles=WATCHED)
async def what_is_over_is_where_it_belongs(world: Stage) -> None:
    """A stream that is over, and in a wrong set or in none, is put where it belongs by the next start."""
    cluster = stream_cluster(world)
    draw = world.engine.choices.draw
    cluster.camera.record("lobby.mp4", Film(seconds=4))
    await cluster.camera.put("empty.mp4", b"")
    await asyncio.sleep(30)
    over = {stream: found.meta["status"] for stream, found in cluster.streams().items()}
    commands = []
    for stream, status in over.items():
        wrong = ("", "active", "failed" if status == "completed" else "completed")[
            draw(3, stream="story", site="redis", label=f"set of {status}")
        ]
        commands += [f"SREM streams:{status} {stream}"] + ([f"SADD streams:{wrong} {stream}"] if wrong else [])
    await world.host("stage").run(tell_redis, *commands).wait()
    cluster.service.kill()
    await asyncio.sleep(10)
    await cluster.settle()

    assert sorted(over.values()) == ["completed", "failed"]
    assert {stream: found.meta["status"] for stream, found in cluster.streams().items()} == over
