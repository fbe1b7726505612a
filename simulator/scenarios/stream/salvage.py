"""A file vanishes before all of it is uploaded, and the operator wants what there is."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, conduct, liveness, objects, states
from simulator.scenarios.stream.recorder import Film

OTHERWISE = (
    objects.whole_states_only,
    states.intents_add_up,
    conduct.only_idle_files_end,
    liveness.every_file_has_its_object,
)
"""What is salvaged is the beginning of a file, cut where a part ends: no state that the file was ever in."""


@scenario(oracles=[each for each in ALWAYS if each not in OTHERWISE])
async def what_vanished_is_salvaged(world: Stage) -> None:
    """With --salvage the parts of a file that vanished become an object, which is marked as short."""
    cluster = stream_cluster(world, salvage="")
    recording = cluster.camera.record("lobby.mp4", Film(seconds=18, bytes_per_s=700_000))
    await recording.done()
    await asyncio.sleep(2)
    whole = cluster.camera.recorded("lobby.mp4")
    inode = cluster.files()["lobby.mp4"]
    await cluster.camera.delete("lobby.mp4")
    await cluster.settle()

    meta = cluster.meta("lobby.mp4")
    assert (meta["status"], meta["short"]) == ("completed", "1")
    (found,) = cluster.bucket.of_inode(inode)
    assert 0 < len(found.body) < len(whole)
    assert whole.startswith(found.body)
