"""Films that were cut: ffprobe takes some of them for whole, a walk over their boxes does not."""

import asyncio
import json

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import BucketView, stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(oracles=ALWAYS)
async def a_cut_film_is_called_cut(world: Stage) -> None:
    """A film that ends half-way, one that was never closed, and no film at all are published and told apart."""
    cluster = stream_cluster(world)
    fast = cluster.camera.record("fast.mp4", Film(shape="faststart", seconds=5))
    cluster.camera.record("whole.mp4", Film(shape="faststart", seconds=5))
    cluster.camera.record("open.mp4", Film(shape="plain", seconds=5, closes=False))
    await fast.done()
    await cluster.camera.truncate("fast.mp4", 1_000_000)
    await cluster.camera.put("noise.mp4", b"no film" * 1000)
    await asyncio.sleep(1)
    await cluster.settle()

    told = {name: json.loads(_description(cluster.bucket, cluster.meta(name)["key"])) for name in cluster.files()}
    whole = {name: found["container"]["whole"] for name, found in told.items()}
    assert whole["whole.mp4"] == "complete"
    assert whole["fast.mp4"] == "cut", "ffprobe finds nothing wrong with it"
    assert whole["open.mp4"] == "cut"
    assert whole["noise.mp4"] != "complete"


def _description(bucket: BucketView, key: str) -> bytes:
    found = bucket.at(f"{key}.json")
    assert found is not None, f"nothing describes {key}"
    return bytes(found.body)
