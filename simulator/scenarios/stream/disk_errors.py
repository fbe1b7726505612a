"""The disk fails while it is read, now and then, or is slow."""

from simulator.faults import DiskFails, SlowDisk, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(
    faults=[
        may(DiskFails("worker", "/media", one_in=3), DiskFails("worker", "/media"), times_max=2, lasts_s=(2, 30)),
        may(SlowDisk("worker", 0.3, "/media"), lasts_s=(5, 30)),
    ],
    oracles=ALWAYS,
    horizon_s=20,
)
async def a_failing_disk_is_waited_for(world: Stage) -> None:
    """EIO uploads no zeros and ends no stream; when the disk reads again, the stream goes on."""
    cluster = stream_cluster(world)
    recording = cluster.camera.record("lobby.mp4", Film(seconds=12, bytes_per_s=900_000))
    await recording.done()
    await cluster.settle()

    assert cluster.bucket["lobby.mp4"].body == cluster.read("lobby.mp4")
