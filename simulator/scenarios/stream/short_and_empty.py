"""A file of no bytes has nothing to complete; one of few bytes is one short part."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS


@scenario(oracles=ALWAYS)
async def an_empty_file_fails_until_it_has_bytes(world: Stage) -> None:
    """An empty file is aborted as no_parts and revived by its first byte; a byte is enough for an object."""
    cluster = stream_cluster(world)
    await asyncio.sleep(1)
    await cluster.camera.put("empty.mp4", b"")
    await cluster.camera.put("tiny.mp4", b"x")
    await asyncio.sleep(25)
    first = dict(cluster.meta("empty.mp4"))
    objects = cluster.bucket.keys()
    await cluster.camera.append("empty.mp4", b"after all")
    await cluster.settle()

    assert (first["status"], first["reason"]) == ("failed", "no_parts")
    assert not [key for key in objects if key.startswith("empty")]
    assert not world.trace.count("s3.response", operation="CompleteMultipartUpload", code="MalformedXML")
    assert cluster.bucket["tiny.mp4"].body == b"x"
    assert cluster.bucket["empty.mp4"].body == b"after all"
    assert cluster.meta("empty.mp4")["rev"] == "1"
