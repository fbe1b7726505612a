"""To read an idle file takes longer than a lease lasts, and nothing is asked of Redis meanwhile."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import FOLDER, stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film
from simulator.world.disk.verdict import Verdict
from simulator.world.gate import Act


@scenario(oracles=ALWAYS, settle_s=240)
async def a_long_reading_keeps_its_lease(world: Stage) -> None:
    """Of two workers the one that reads has the stream for as long as it reads, and the other waits."""
    cluster = stream_cluster(world, workers=2)
    by_s = 3 + world.engine.choices.draw(4, stream="story", site="disk", label="slow")

    def slow(act: Act) -> Verdict | None:
        hit = act.host == "worker" and act.kind == "fs.read" and act.target.startswith(FOLDER)
        return Verdict(latency_ns=by_s * 10**9) if hit else None

    def slow_down() -> None:
        rule = world.gate.add("slow reads", slow)
        at_event(world, "log", lambda: world.gate.lift(rule), message="stream.state", phase="committing")

    at_event(world, "log", slow_down, message="stream.state", phase="draining")
    cluster.camera.record("lobby.mp4", Film(seconds=20, bytes_per_s=600_000))
    await cluster.settle()

    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    assert cluster.meta("lobby.mp4")["epoch"] == "1", "the stream was taken from a worker that had it"
