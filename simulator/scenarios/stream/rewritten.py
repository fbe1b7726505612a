"""The head of an MP4 is patched when it is closed, and with faststart all of it moves: what was uploaded is stale."""

from simulator.faults import Kill, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(faults=[may(Kill("worker", "stream"), times_max=2, lasts_s=(0.5, 5))], oracles=ALWAYS, horizon_s=40)
async def rewritten_bytes_are_sent_again(world: Stage) -> None:
    """Plain and faststart films are published as they are after their close, whoever dies meanwhile."""
    cluster = stream_cluster(world)
    cluster.camera.record("plain.mp4", Film(shape="plain", seconds=18, bytes_per_s=700_000))
    cluster.camera.record("fast.mp4", Film(shape="faststart", seconds=18, bytes_per_s=700_000))
    await cluster.settle()

    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
        assert len(cluster.streams(name)) == 1
    sent = world.trace.count("s3.response", operation="UploadPart", part="1", status=200)
    assert sent >= 4, "the first part of each was sent while it grew, and again after the close"
