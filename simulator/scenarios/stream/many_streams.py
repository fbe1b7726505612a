"""A worker starts and finds a crowd of unfinished streams."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, peace
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=[*ALWAYS, peace.parts_in_flight(4), peace.few_connections(s3=16, redis=24)])
async def a_crowd_is_resumed_in_order(world: Stage, *, cameras: int = 60) -> None:
    """After a crash all streams go on, with no more requests at a time than the limit, none begun anew."""
    cluster = stream_cluster(world, requests_parallel="8")
    for number in range(cameras):
        film = Film(seconds=30, beat_s=5.0, bytes_per_s=2_000, starts_after_s=number * 0.1)
        cluster.camera.record(f"camera{number:03}.mp4", film)
    await asyncio.sleep(20)
    cluster.service.kill()
    await cluster.settle()

    assert len(cluster.files()) == cameras
    assert {stream.meta["status"] for stream in cluster.streams().values()} == {"completed"}
    assert {stream.meta["attempt"] for stream in cluster.streams().values()} == {"1"}
