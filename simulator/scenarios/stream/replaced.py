"""Another file takes the name of one that is still uploaded; and a number of a file is used again."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=ALWAYS)
async def a_replaced_file_is_another_stream(world: Stage) -> None:
    """Two recordings under one name are two objects or one and a failure, and never one made of both."""
    cluster = stream_cluster(world)
    first = cluster.camera.record("lobby.mp4", Film(seconds=18, seed=1))
    second = cluster.camera.record("new.mp4.tmp", Film(seconds=16, seed=2, starts_after_s=8.0), to="lobby.mp4")
    await first.done()
    await second.done()
    third = cluster.camera.record("lobby.mp4", Film(seconds=15, seed=3, starts_after_s=2.0))
    await third.done()
    await cluster.settle()

    assert list(cluster.files()) == ["lobby.mp4"]
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    reasons = {stream.meta.get("reason") for stream in cluster.streams().values()}
    assert reasons <= {"", None, "file_replaced", "missing_file"}, reasons
