"""A worker falls asleep while S3 takes a part from it, and wakes just when another one has taken the stream over."""

from typing import Any, Final

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.owners import owner_of
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film
from simulator.world.service import Service

MOMENTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("log", {"message": "stream.taken"}),
    ("s3.request", {"operation": "ListParts"}),
    ("s3.request", {"operation": "UploadPart"}),
    ("log", {"message": "stream.state", "phase": "draining"}),
)


@scenario(oracles=ALWAYS)
async def who_wakes_too_late_changes_nothing(world: Stage) -> None:
    """What a worker hears of S3 when the stream is no longer its own it keeps to itself."""
    cluster = stream_cluster(world, workers=2)
    kind, fields = MOMENTS[world.engine.choices.draw(len(MOMENTS), stream="story", site="worker", label="moment")]
    asleep: list[Service] = []

    def fall_asleep() -> None:
        asleep.append(owner_of(cluster, "lobby.mp4"))
        asleep[0].pause()
        at_event(world, kind, asleep[0].resume, **fields)

    at_event(world, "s3.request", fall_asleep, operation="UploadPart")
    cluster.camera.record("lobby.mp4", Film(seconds=30, bytes_per_s=600_000))
    await cluster.settle()

    assert asleep, "nobody has sent a part"
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    assert (cluster.meta("lobby.mp4")["status"], cluster.meta("lobby.mp4")["epoch"]) == ("completed", "2")
