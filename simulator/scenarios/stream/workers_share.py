"""Several workers on one folder share the work by lease, and whoever dies is succeeded."""

from simulator.faults import Kill, Terminate, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, liveness
from simulator.scenarios.stream.recorder import Film


@scenario(
    faults=[
        may(
            Kill("worker", "stream"),
            Kill("worker", "stream-2"),
            Kill("worker", "stream-3"),
            times_max=4,
            lasts_s=(1, 30),
        ),
        may(Terminate("worker", "stream"), Terminate("worker", "stream-2"), times_max=2, lasts_s=(1, 30)),
    ],
    oracles=[*ALWAYS, liveness.taken_up_within(45.0)],
    horizon_s=40,
)
async def workers_share_a_folder(world: Stage, *, workers: int = 3, cameras: int = 5) -> None:
    """No stream has two owners, none is without one for long, and each recording is published once."""
    cluster = stream_cluster(world, workers=workers)
    for number in range(cameras):
        cluster.camera.record(f"camera{number}.mp4", Film(seconds=14 + number, starts_after_s=2.0 * number))
    await cluster.settle()

    for name, inode in cluster.files().items():
        assert len(cluster.bucket.of_inode(inode)) == 1, f"{name} was published more than once"
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
