"""The worker dies at every step of a stream, and the next one goes on from there."""

from typing import Any, Final

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS, liveness
from simulator.scenarios.stream.recorder import Film

MOMENTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "before the upload is begun": ("s3.request", {"operation": "CreateMultipartUpload"}),
    "after the upload is begun, before its id is kept": (
        "s3.response",
        {"operation": "CreateMultipartUpload", "status": 200},
    ),
    "while a part is sent": ("s3.request", {"operation": "UploadPart"}),
    "after a part is there, before it is kept": ("s3.response", {"operation": "UploadPart", "part": "2"}),
    "after a part is kept": ("log", {"message": "stream.part", "n": 2}),
    "when the file is idle": ("log", {"message": "stream.state", "phase": "draining"}),
    "when all is promised": ("log", {"message": "stream.state", "phase": "committing"}),
    "while it is completed": ("s3.request", {"operation": "CompleteMultipartUpload"}),
    "after it is completed, before that is kept": ("s3.response", {"operation": "CompleteMultipartUpload"}),
    "when it is published": ("log", {"message": "stream.state", "phase": "publishing"}),
    "while ffprobe looks at it": ("sub.start", {}),
    "after its description is put": ("s3.response", {"operation": "PutObject", "status": 200}),
}


@scenario(oracles=[*ALWAYS, liveness.taken_up_within(30.0)])
async def a_worker_that_dies_is_succeeded(world: Stage, *, moment: str = "") -> None:
    """From wherever a worker dies, and wherever its successor dies as well, the recording is published once."""
    cluster = stream_cluster(world)
    names = list(MOMENTS)
    for number in range(2):
        drawn = world.engine.choices.draw(len(names), stream="story", site=f"death {number}", label="moment")
        kind, fields = MOMENTS[moment or names[drawn]]
        at_event(world, kind, cluster.service.kill, skip=number, **fields)
    cluster.camera.record("lobby.mp4", Film(shape="plain", seconds=20, bytes_per_s=600_000))
    await cluster.settle()

    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    assert cluster.meta("lobby.mp4")["status"] == "completed"
    assert len(cluster.bucket.keys()) == 2, "the recording and its description"
