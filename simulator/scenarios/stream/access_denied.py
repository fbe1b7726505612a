"""S3 refuses access: that is counted in Redis, and a stream that is refused again and again fails."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, liveness
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=[each for each in ALWAYS if each is not liveness.every_file_has_its_object])
async def denials_are_counted_across_restarts(world: Stage) -> None:
    """AccessDenied ends a stream after three tries, whichever worker made them, and leaves its upload open."""
    cluster = stream_cluster(world, owes=False)
    cluster.s3.troubles.on("error-before:operation=UploadPart,status=403,code=AccessDenied")
    cluster.camera.record("lobby.mp4", Film(seconds=16))
    for _ in range(1 + world.engine.choices.draw(3, stream="story", site="worker", label="deaths")):
        await asyncio.sleep(9)
        cluster.service.kill()
    world.owes(lambda: "the stream goes on" if cluster.meta("lobby.mp4")["status"] != "failed" else None)
    await world.settle()

    meta = cluster.meta("lobby.mp4")
    assert (meta["status"], meta["reason"]) == ("failed", "access_denied")
    assert cluster.bucket.uploads() == [meta["key"]], "its upload is left open, so that `retry` can go on with it"
    assert world.trace.count("s3.response", operation="UploadPart", code="AccessDenied") <= 8
