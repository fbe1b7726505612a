"""A writer that was quiet for long enough goes on, at the worst moment there is."""

from typing import Any, Final

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS, conduct
from simulator.scenarios.stream.recorder import Film

MOMENTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("log", {"message": "stream.state", "phase": "draining"}),
    ("s3.response", {"operation": "ListParts"}),
    ("log", {"message": "stream.state", "phase": "committing"}),
    ("s3.request", {"operation": "CompleteMultipartUpload"}),
    ("s3.response", {"operation": "CompleteMultipartUpload"}),
    ("sub.start", {}),
    ("log", {"message": "stream.state", "status": "completed"}),
)


@scenario(oracles=[*ALWAYS, conduct.promises_are_kept])
async def a_late_write_is_not_lost(world: Stage) -> None:
    """A write between the idle check and the end of the stream is in this object, or in the next revision."""
    cluster = stream_cluster(world)
    draw = world.engine.choices.draw
    kind, fields = MOMENTS[draw(len(MOMENTS), stream="story", site="writer", label="moment")]
    patches = draw(2, stream="story", site="writer", label="patches")
    wait_ns = draw(3, stream="story", site="writer", label="wait") * 400_000

    def write_now() -> None:
        world.engine.call_after(wait_ns, lambda: cluster.camera.host.run(write, name="late writer"))

    async def write() -> None:
        cluster.camera.write_now("lobby.mp4", b"a late word" * 5000, 40 if patches else None)

    at_event(world, kind, write_now, **fields)
    cluster.camera.record("lobby.mp4", Film(seconds=18))
    await cluster.settle()

    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    assert b"a late word" in cluster.camera.recorded("lobby.mp4")
    assert len(cluster.bucket.of_inode(cluster.files()["lobby.mp4"])) <= 2
