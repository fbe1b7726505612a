"""A worker sleeps for longer than its lease, in the midst of its work, and wakes as if nothing had been."""

from typing import Any, Final

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film

MOMENTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("s3.response", {"operation": "CreateMultipartUpload"}),
    ("s3.request", {"operation": "UploadPart"}),
    ("s3.response", {"operation": "UploadPart", "part": "2"}),
    ("log", {"message": "stream.state", "phase": "draining"}),
    ("log", {"message": "stream.state", "phase": "committing"}),
    ("s3.response", {"operation": "CompleteMultipartUpload"}),
    ("log", {"message": "stream.state", "phase": "publishing"}),
)


@scenario(oracles=ALWAYS)
async def a_worker_that_overslept_harms_nothing(world: Stage) -> None:
    """Of two workers one is frozen for longer than its lease; the other takes over, and one object is published."""
    cluster = stream_cluster(world, workers=2)
    draw = world.engine.choices.draw
    kind, fields = MOMENTS[draw(len(MOMENTS), stream="story", site="worker", label="moment")]
    asleep_ns = (11 + draw(30, stream="story", site="worker", label="asleep")) * 10**9

    def freeze() -> None:
        holder = next((each for each in cluster.workers if each.process and _owns(cluster.streams(), each)), None)
        sleeper = holder or cluster.service
        sleeper.pause()
        world.engine.call_after(asleep_ns, sleeper.resume)

    at_event(world, kind, freeze, **fields)
    cluster.camera.record("lobby.mp4", Film(shape="plain", seconds=20, bytes_per_s=600_000))
    await cluster.settle()

    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    assert cluster.meta("lobby.mp4")["status"] == "completed"
    assert len(cluster.streams()) == 1


def _owns(streams: dict[str, Any], service: Any) -> bool:
    """Whether a worker has one of the streams: owners bear the number of their process."""
    return any(f"-{service.process.pid}-" in stream.meta.get("owner", "") for stream in streams.values())
