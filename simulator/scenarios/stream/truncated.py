"""A file is cut while it is uploaded, as by a rotation that copies and truncates."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=ALWAYS)
async def a_truncated_file_begins_anew(world: Stage) -> None:
    """What was uploaded of bytes that are gone is forgotten; what the file then holds is published."""
    cluster = stream_cluster(world)
    recording = cluster.camera.record("lobby.mp4", Film(seconds=16, bytes_per_s=700_000))
    await recording.done()
    keep = world.engine.choices.draw(3_000_000, stream="story", site="disk", label="keep")
    await cluster.camera.truncate("lobby.mp4", keep)
    await asyncio.sleep(world.engine.choices.draw(14, stream="story", site="disk", label="wait"))
    await cluster.camera.append("lobby.mp4", b"and on it goes" * 1000)
    await cluster.settle()

    assert cluster.meta("lobby.mp4")["status"] == "completed"
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
