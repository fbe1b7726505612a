"""SIGTERM: what is under way may end, leases are given back, and the next start goes on at once."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS, liveness
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=[*ALWAYS, liveness.taken_up_within(8.0)])
async def a_drained_worker_leaves_no_lease(world: Stage) -> None:
    """A worker that is told to end in the midst of a part ends with status 0, and its successor need not wait."""
    cluster = stream_cluster(world)
    operations = ("UploadPart", "CreateMultipartUpload", "CompleteMultipartUpload")
    operation = operations[world.engine.choices.draw(3, stream="story", site="worker", label="when")]
    at_event(world, "s3.request", cluster.service.terminate, operation=operation)
    cluster.camera.record("lobby.mp4", Film(seconds=18))
    await cluster.settle()

    assert cluster.service.exit_codes == [0]
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    assert cluster.meta("lobby.mp4")["attempt"] == "1"
