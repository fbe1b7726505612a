"""A file is deleted when all of it is promised or published: that comes too late to fail its stream."""

from typing import Any, Final

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film

MOMENTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("log", {"message": "stream.state", "phase": "committing"}),
    ("s3.request", {"operation": "CompleteMultipartUpload"}),
    ("s3.response", {"operation": "CompleteMultipartUpload"}),
    ("sub.start", {}),
    ("log", {"message": "stream.state", "status": "completed"}),
)


@scenario(oracles=ALWAYS)
async def what_is_promised_is_published(world: Stage) -> None:
    """A stream whose file vanishes after the promise, or while ffprobe looks at it, is completed all the same."""
    cluster = stream_cluster(world)
    draw = world.engine.choices.draw
    kind, fields = MOMENTS[draw(len(MOMENTS), stream="story", site="disk", label="moment")]
    held: list[bytes] = []

    def delete() -> None:
        held.append(cluster.camera.recorded("lobby.mp4"))
        cluster.worker.run(cluster.camera.delete_now, "lobby.mp4", name="files")

    at_event(world, kind, delete, **fields)
    if draw(2, stream="story", site="worker", label="dies"):
        at_event(world, kind, cluster.service.kill, **fields)
    cluster.camera.record("lobby.mp4", Film(seconds=16))
    await cluster.settle()

    meta = cluster.meta("lobby.mp4")
    assert (meta["status"], meta["metadata_status"] in ("ok", "error")) == ("completed", True)
    (found,) = cluster.bucket.of_inode(int(meta["ino"]))
    assert found.body == held[0]
