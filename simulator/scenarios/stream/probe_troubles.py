"""ffprobe is missing, hangs, dies, or is told of a film that is broken: the recording is published all the same."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film

TROUBLES = ("missing", "broken", "hangs", "killed", "half")


@scenario(oracles=ALWAYS)
async def ffprobe_fails_no_recording(world: Stage, *, trouble: str = "") -> None:
    """Whatever befalls ffprobe, the stream is completed, and its metadata says what went wrong."""
    cluster = stream_cluster(world)
    known = [each for each in TROUBLES if each in cluster.ffprobe.troubles.surface]
    trouble = trouble or known[world.engine.choices.draw(len(known), stream="story", site="worker", label="trouble")]
    cluster.ffprobe.troubles.on(trouble)
    cluster.camera.record("lobby.mp4", Film(seconds=6))
    await cluster.settle()

    meta = cluster.meta("lobby.mp4")
    assert (meta["status"], meta["metadata_status"]) == ("completed", "error"), trouble
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
