"""An abort that does not work at once is kept in mind, and worked off."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=ALWAYS)
async def aborts_are_tried_until_they_work(world: Stage) -> None:
    """S3 refuses to abort, the worker dies with the abort undone, a part comes late: in the end no upload is open."""
    cluster = stream_cluster(world)
    draw = world.engine.choices.draw
    failures = 1 + draw(12, stream="story", site="s3", label="failures")
    cluster.s3.troubles.on(f"error-before:operation=AbortMultipartUpload,times={failures}")
    if draw(2, stream="story", site="worker", label="dies"):
        at_event(world, "s3.request", cluster.service.kill, operation="AbortMultipartUpload")
    recording = cluster.camera.record("lobby.mp4", Film(seconds=18))
    if draw(2, stream="story", site="s3", label="late"):
        cluster.s3.troubles.on("late:operation=UploadPart,times=1,seconds=25")
    await recording.done()
    await cluster.camera.delete("lobby.mp4")
    await cluster.settle()

    assert cluster.meta("lobby.mp4")["reason"] == "missing_file"
    assert cluster.bucket.uploads() == []
