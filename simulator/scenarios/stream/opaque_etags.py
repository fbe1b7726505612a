"""ETags that are no digests, as where KMS keys encrypt a bucket, and ETags that lose their quotes on the way."""

import asyncio
from typing import Final

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS, conduct, states
from simulator.scenarios.stream.recorder import Film
from simulator.scenarios.stream.redis_flushed import flush
from simulator.services.s3.settings import Settings, personality

SERVERS: Final = ("kms", "kms:etag_quotes=headers-only", "aws:etag_quotes=headers-only")
WATCHED: Final = (
    *(each for each in ALWAYS if each is not states.intents_add_up),
    states.intents_add_up_without_digests,
    conduct.promises_are_kept,
)
CHECKSUMS: Final = ("crc32", "sha256", "none")


@scenario(oracles=WATCHED)
async def an_etag_need_not_be_a_digest(world: Stage, *, server: str = "", checksum: str = "") -> None:
    """Parts are known by their checksum: a worker that dies and a Redis that forgets cost no byte and no object."""
    draw = world.engine.choices.draw
    server = server or SERVERS[draw(len(SERVERS), stream="story", site="s3", label="server")]
    checksum = checksum or CHECKSUMS[draw(len(CHECKSUMS), stream="story", site="s3", label="checksum")]
    cluster = stream_cluster(world, s3=Settings(personality=personality(server)), checksum=checksum)
    died_after = 1 + draw(3, stream="story", site="worker", label="part")
    at_event(world, "s3.response", cluster.service.kill, operation="UploadPart", part=str(died_after), status=200)
    await cluster.camera.record("lobby.mp4", Film(seconds=20, bytes_per_s=900_000)).done()
    await asyncio.sleep(60)
    sent = [str(event.fields["part"]) for event in world.trace.of("s3.request", operation="UploadPart")]
    assert cluster.meta("lobby.mp4")["status"] == "completed"
    assert cluster.meta("lobby.mp4")["attempt"] == "1"
    await world.host("stage").run(flush).wait()
    cluster.service.kill()  # Else it remembers what is over.
    await asyncio.sleep(60)
    await cluster.settle()

    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    again = {n for n in sent if sent.count(n) > 1}
    objects = len(cluster.bucket.of_inode(cluster.files()["lobby.mp4"]))
    if checksum == "none" and server.startswith("kms"):
        assert again <= {str(died_after)}, "what is recorded is not sent again, whatever its ETag"
        assert objects <= 2
    else:
        assert not again, f"the parts {sorted(again)} were sent again"
        assert objects == 1, "it is stored a second time"
