"""An upload is swept while its recording grows: all anew from the file, whatever lies at the key."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=ALWAYS)
async def a_swept_upload_is_begun_again(world: Stage) -> None:
    """A lifecycle rule that sweeps an upload, early or just before its Complete, costs time and no byte."""
    cluster = stream_cluster(world)
    operations = ("UploadPart", "ListParts", "CompleteMultipartUpload")
    operation = operations[world.engine.choices.draw(3, stream="story", site="s3", label="when")]
    cluster.s3.troubles.on(f"upload-expiry:operation={operation},skip=0,times=1")
    cluster.camera.record("lobby.mp4", Film(seconds=20, bytes_per_s=600_000))
    await asyncio.sleep(1)
    await cluster.settle()

    meta = cluster.meta("lobby.mp4")
    assert (meta["status"], meta["attempt"]) == ("completed", "2"), f"swept at {operation}"
    assert cluster.bucket["lobby.mp4"].token.endswith("/2")
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
