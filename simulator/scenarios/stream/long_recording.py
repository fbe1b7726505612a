"""A camera that films all day is never too old: nothing is aborted for its age."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, conduct
from simulator.scenarios.stream.recorder import Film

OTHERS = [each for each in ALWAYS if each is not conduct.only_idle_files_end]


@scenario(oracles=[*OTHERS, conduct.promises_are_kept, conduct.only_idle_files_end_after(900.0)], settle_s=30_000)
async def age_aborts_nothing(world: Stage, *, hours: float = 1.6) -> None:
    """While a recording grows for hours the bucket is swept several times, and its one upload lives."""
    cluster = stream_cluster(world, idle_timeout="15m", check_period="1m", rescan_period="5m", lease_ttl="5m")
    film = Film(seconds=hours * 3600, bytes_per_s=1_200, beat_s=300.0)
    cluster.camera.record("yard.mp4", film)
    await cluster.settle()

    assert world.trace.count("s3.request", operation="AbortMultipartUpload") == 0
    assert world.trace.count("s3.response", operation="CreateMultipartUpload", status=200) == 1
    assert cluster.bucket["yard.mp4"].body == cluster.camera.recorded("yard.mp4")
