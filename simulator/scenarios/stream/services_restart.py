"""S3 and Redis go away and come back, and the network between them and the worker breaks."""

from simulator.faults import Held, Kill, Partition, PowerCycle, Reset, SlowLink, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(
    faults=[
        may(Kill("s3"), PowerCycle("s3"), times_max=3, lasts_s=(0.5, 20)),
        may(Kill("redis"), times_max=3, lasts_s=(0.5, 15)),
        may(
            Partition("worker", "s3"),
            Partition("worker", "redis"),
            Partition("s3", "worker", one_way=True),
            times_max=2,
        ),
        may(Reset("worker", "s3", one_in=5), Reset("worker", "redis", one_in=8), times_max=2, lasts_s=(1, 15)),
        may(Held("worker", "redis"), Held("s3", "worker", one_way=True), times_max=2, lasts_s=(1, 12)),
        may(SlowLink("worker", "s3", by_s=1.5), SlowLink("worker", "redis", by_s=0.7), lasts_s=(5, 30)),
    ],
    oracles=ALWAYS,
    horizon_s=40,
)
async def services_come_and_go(world: Stage) -> None:
    """Whatever goes away in the midst of an upload or of a promise comes back to a stream that has waited."""
    cluster = stream_cluster(world)
    cluster.camera.record("lobby.mp4", Film(seconds=20, bytes_per_s=600_000))
    cluster.camera.record("gate.mp4", Film(shape="plain", seconds=16))
    await cluster.settle()

    for name in cluster.files():
        assert cluster.meta(name)["status"] == "completed"
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
