"""Redis has parts of a stream and no upload that they belong to: they are worth nothing."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, states
from simulator.scenarios.stream.recorder import Film
from simulator.scenarios.stream.sets_repaired import tell_redis

OTHERWISE = (states.bytes_sent_is_the_sum,)
"""An operator who deletes fields need not make the others agree."""


@scenario(oracles=[each for each in ALWAYS if each not in OTHERWISE])
async def parts_without_an_upload_are_sent_again(world: Stage) -> None:
    """A stream whose upload id is lost begins another attempt from the file, and the old upload is aborted."""
    cluster = stream_cluster(world)
    recording = cluster.camera.record("lobby.mp4", Film(seconds=16, bytes_per_s=700_000))
    await recording.done()
    cluster.service.kill()
    (stream,) = cluster.streams()
    await world.host("stage").run(tell_redis, f'HSET stream:{stream}:meta upload_id ""').wait()
    await asyncio.sleep(1)
    await cluster.settle()

    meta = cluster.meta("lobby.mp4")
    assert (meta["status"], meta["attempt"], meta["restart_reason"]) == ("completed", "2", "no_upload_id")
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
