"""Bytes that are uploaded change while no worker runs, and the file vanishes before its stream is completed."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import MIB, stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film
from simulator.scenarios.stream.salvage import OTHERWISE


@scenario(oracles=[each for each in ALWAYS if each not in OTHERWISE])
async def what_changed_meanwhile_is_not_salvaged(world: Stage) -> None:
    """Who takes a stream up reads again what was uploaded: what --salvage then completes is what the file held."""
    cluster = stream_cluster(world, salvage="")
    await cluster.camera.record("lobby.mp4", Film(seconds=18, bytes_per_s=700_000)).done()
    await asyncio.sleep(2)
    inode = cluster.files()["lobby.mp4"]
    at = world.engine.choices.draw(10 * MIB - 100, stream="story", site="writer", label="at")
    cluster.service.kill()
    await cluster.camera.patch("lobby.mp4", at, b"other bytes than were sent")
    await asyncio.sleep(14)  # The lease of the dead is over, and there is an heir.
    held = cluster.camera.recorded("lobby.mp4")
    await cluster.camera.delete("lobby.mp4")
    await cluster.settle()

    (found,) = cluster.bucket.of_inode(inode)
    assert len(found.body) == 10 * MIB, "the parts that were full"
    assert held.startswith(found.body), "bytes that the file had no more were published with those that it had"
