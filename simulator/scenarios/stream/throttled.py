"""S3 says SlowDown for minutes: the worker slows down, and nothing is lost or dropped."""

from simulator.faults import ServiceTrouble, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, conduct
from simulator.scenarios.stream.recorder import Film


@scenario(
    faults=[
        may(ServiceTrouble("s3", "throttled:chance=0.5"), times_max=2, lasts_s=(10, 40)),
        may(ServiceTrouble("s3", "throttled:operation=UploadPart"), times_max=2, lasts_s=(5, 30)),
        may(ServiceTrouble("s3", "throttled:operation=CompleteMultipartUpload,chance=0.9"), lasts_s=(20, 60)),
        may(ServiceTrouble("s3", "error-before:chance=0.4"), lasts_s=(5, 40)),
    ],
    oracles=[*ALWAYS, conduct.promises_are_kept],
    horizon_s=40,
)
async def throttling_costs_time_only(world: Stage) -> None:
    """While S3 throttles and errs, streams wait with what they promised, and end as completed."""
    cluster = stream_cluster(world)
    for number in range(3):
        cluster.camera.record(f"camera{number}.mp4", Film(seconds=25, starts_after_s=number))
    await cluster.settle()

    for name in cluster.files():
        assert cluster.meta(name)["status"] == "completed"
        assert cluster.meta(name)["attempt"] == "1", "nothing was begun anew"
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
