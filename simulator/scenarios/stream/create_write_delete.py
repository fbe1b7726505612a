"""A file is created, written and deleted, and each reaches the processor that the first of them made."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=ALWAYS)
async def a_deleted_recording_fails(world: Stage) -> None:
    """A recording that is deleted while it grows fails with missing_file, and leaves neither object nor upload."""
    cluster = stream_cluster(world)
    recording = cluster.camera.record("lobby.mp4", Film(seconds=20, bytes_per_s=600_000))
    await recording.done()
    await asyncio.sleep(1)
    before = dict(cluster.meta("lobby.mp4"))
    await cluster.camera.delete("lobby.mp4")
    await cluster.settle()

    assert before["status"] == "active"
    assert int(before["bytes_sent"]) > 0, "it was uploaded while it grew"
    meta = cluster.meta("lobby.mp4")
    assert (meta["status"], meta["reason"]) == ("failed", "missing_file")
    assert cluster.bucket.keys() == []
    assert world.trace.count("s3.response", operation="AbortMultipartUpload", status=204) >= 1
