"""S3 begins an upload and its answer is lost: the client asks again, and the first upload is given up."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film

WAYS = ("reply-lost:seconds=5,", "reset-after:", "cut-body:", "error-after:", "twice:")


@scenario(oracles=ALWAYS)
async def a_lost_create_leaves_no_upload(world: Stage) -> None:
    """An upload whose id was never heard of is aborted, and the recording goes into another one."""
    cluster = stream_cluster(world)
    way = WAYS[world.engine.choices.draw(len(WAYS), stream="story", site="s3", label="way")]
    cluster.s3.troubles.on(f"{way}operation=CreateMultipartUpload,times=1")
    cluster.camera.record("lobby.mp4", Film(seconds=8))
    await cluster.settle()

    assert world.trace.count("s3.response", operation="CreateMultipartUpload", status=200) == 2, way
    assert world.trace.count("s3.response", operation="AbortMultipartUpload", status=204) == 1
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
