"""Events get lost: the queue of the kernel overflows, and folders appear that have files in them already."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=ALWAYS)
async def lost_events_lose_no_file(world: Stage, *, notices_max: int = 3) -> None:
    """With a queue of three notices almost every event is lost, and every file has its object all the same."""
    cluster = stream_cluster(world, notices_max=notices_max)
    for number in range(6):
        film = Film(seconds=6, bytes_per_s=60_000, starts_after_s=number * 0.7)
        cluster.camera.record(f"day{number % 2}/hour{number}/camera.mp4", film)
    await cluster.settle()

    assert len(cluster.files()) == 6
    for name in cluster.files():
        assert cluster.meta(name)["status"] == "completed"
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
