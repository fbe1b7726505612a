"""A worker promises an object, and sleeps over its lease while the file changes: its heir has a promise to keep."""

from typing import Any

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.owners import owner_of
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film

_LATE = b"a word that came after the promise"


@scenario(oracles=ALWAYS)
async def a_promise_binds_whoever_comes_next(world: Stage) -> None:
    """What was promised is published as it was promised, by the next owner, and what was written since after it."""
    cluster = stream_cluster(world, workers=2)
    draw = world.engine.choices.draw
    patches = draw(2, stream="story", site="writer", label="patches")
    asleep_s = 13 + draw(20, stream="story", site="worker", label="asleep")

    def sleep() -> None:
        sleeper = owner_of(cluster, "lobby.mp4")
        sleeper.pause()
        world.engine.call_after(asleep_s * 10**9, sleeper.resume)
        cluster.camera.host.run(write, name="late writer")

    def write() -> None:
        cluster.camera.write_now("lobby.mp4", _LATE, 40 if patches else None)

    # Redis has the promise, and nobody has sent Complete.
    at_event(world, "note", sleep, changed=_promised)
    cluster.camera.record("lobby.mp4", Film(seconds=18, bytes_per_s=600_000))
    await cluster.settle()

    first, second = cluster.bucket.of_inode(cluster.files()["lobby.mp4"])
    assert _LATE not in first.body, "that was promised before"
    assert second.body == cluster.camera.recorded("lobby.mp4")
    assert {stream.meta["status"] for stream in cluster.streams("lobby.mp4").values()} == {"completed"}


def _promised(changed: Any) -> bool:
    return bool(changed) and changed.get("phase") == "committing"
