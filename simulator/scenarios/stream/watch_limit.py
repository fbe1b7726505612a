"""The machine gives no more watches: the folder is read from time to time instead."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=ALWAYS)
async def without_watches_the_folder_is_read(world: Stage) -> None:
    """Where no watch is left, files are found by reading the folder, late and all of them."""
    left = world.engine.choices.draw(2, stream="story", site="worker", label="watches")
    cluster = stream_cluster(world, watches_max=left)
    cluster.camera.record("lobby.mp4", Film(seconds=14))
    cluster.camera.record("day1/gate.mp4", Film(shape="plain", seconds=8, starts_after_s=4))
    await cluster.settle()

    assert len(cluster.files()) == 2
    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
