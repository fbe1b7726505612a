"""Reads give less than was asked for, or nothing at all, of bytes that `stat` already counts: as from a file server."""

from typing import Any, Final

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film
from simulator.world.disk.verdict import Verdict
from simulator.world.gate import Act

_LARGE: Final = 256 * 1024
"""Reads of parts are larger than this, and those of ffprobe are not."""


@scenario(oracles=ALWAYS)
async def a_short_read_is_no_end(world: Stage) -> None:
    """A part that comes in pieces is whole, and one whose bytes are not to be read yet is waited for, never cut."""
    cluster = stream_cluster(world)
    draw = world.engine.choices.draw
    struck = {"short": 0, "empty": 0}

    def judge(act: Act) -> Any:
        if act.kind != "fs.read" or act.size < _LARGE:
            return None
        how = draw(6, stream="story", site="worker", label="how a read goes")
        if how < 3:
            return None
        struck["empty" if how == 5 else "short"] += 1
        return Verdict(bytes_max=0 if how == 5 else 1 + draw(act.size, stream="story", site="worker", label="bytes"))

    world.gate.add("short reads", judge)
    cluster.camera.record("lobby.mp4", Film(seconds=20, bytes_per_s=800_000))
    cluster.camera.record("gate.mp4", Film(shape="plain", seconds=16, bytes_per_s=700_000))
    await cluster.settle()

    assert all(struck.values()), f"no read was {[how for how, times in struck.items() if not times]}"
    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
        assert cluster.meta(name)["attempt"] == "1"
        assert len(cluster.streams(name)) == 1
