"""Somebody else's object lies at the key of a stream."""

import asyncio

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import BUCKET, stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film

FOREIGN = b"not a film of ours"


@scenario(oracles=ALWAYS)
async def a_foreign_object_is_not_overwritten(world: Stage) -> None:
    """An object of another writer stays as it is, and the recording is published under a key of its own."""
    cluster = stream_cluster(world)

    async def put() -> None:
        import aiobotocore.session as aio
        from aiobotocore.config import AioConfig

        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        plain = AioConfig(user_agent="stranger")  # botocore's own follows the hashes of strings.
        async with aio.get_session().create_client("s3", endpoint_url="http://s3:9000", config=plain, **keys) as s3:
            await s3.put_object(Bucket=BUCKET, Key=cluster.meta("lobby.mp4")["key"], Body=FOREIGN)

    phase = ("uploading", "draining")[world.engine.choices.draw(2, stream="story", site="s3", label="when")]
    writer = world.host("stranger")
    at_event(world, "log", lambda: writer.run(put), message="stream.state", phase=phase)
    cluster.camera.record("lobby.mp4", Film(seconds=14))
    await asyncio.sleep(1)
    await cluster.settle()

    inode = cluster.files()["lobby.mp4"]
    assert cluster.bucket.of_inode(inode)[0].body == FOREIGN
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    reasons = [stream.meta.get("reason") for stream in cluster.streams().values()]
    assert "key_taken" in reasons
