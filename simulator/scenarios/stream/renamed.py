"""A recorder writes under one name, and gives the file another when it is done."""

from simulator.faults import Kill, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(faults=[may(Kill("worker", "stream"), times_max=2, lasts_s=(0.5, 12))], oracles=ALWAYS, horizon_s=30)
async def a_rename_keeps_the_stream(world: Stage) -> None:
    """A file that is renamed while it is uploaded, or into another folder, remains one stream and one object."""
    cluster = stream_cluster(world)
    cluster.camera.record("lobby.tmp.mp4", Film(seconds=16, bytes_per_s=600_000), to="lobby.mp4")
    cluster.camera.record("in/gate.part", Film(shape="plain", seconds=17), to="gate.mp4")
    await cluster.settle()

    assert sorted(cluster.files()) == ["gate.mp4", "lobby.mp4"]
    for name, inode in cluster.files().items():
        assert len(cluster.bucket.of_inode(inode)) == 1
        assert cluster.meta(name)["path"] == cluster.camera.path(name)
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
    assert len(cluster.streams()) == 2
