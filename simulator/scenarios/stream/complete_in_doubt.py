"""Complete works, and nobody hears of it: only what is at the key, and whose token it bears, can tell."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, conduct
from simulator.scenarios.stream.recorder import Film
from simulator.services.s3.settings import PERSONALITIES, Settings

WAYS = (
    "reply-lost:seconds=5,",
    "reset-after:",
    "cut-body:",
    "error-after:",
    "error-in-200-after:",
    "error-in-200:",
    "twice:",
    "reset-before:",
    "malformed-chunk:",
)


@scenario(oracles=[*ALWAYS, conduct.promises_are_kept])
async def a_complete_in_doubt_is_found_out(world: Stage, *, way: str = "") -> None:
    """However the answer to Complete is lost, at AWS and at servers that forget, the stream ends as completed, once."""
    draw = world.engine.choices.draw
    kinds = ("aws", "minio", "localstack", "radosgw", "moto")
    kind = kinds[draw(len(kinds), stream="story", site="s3", label="personality")]
    cluster = stream_cluster(world, s3=Settings(personality=PERSONALITIES[kind]))
    way = way or WAYS[draw(len(WAYS), stream="story", site="s3", label="way")]
    times = 1 + draw(3, stream="story", site="s3", label="times")
    cluster.s3.troubles.on(f"{way}operation=CompleteMultipartUpload,times={times}")
    cluster.camera.record("lobby.mp4", Film(seconds=16))
    await cluster.settle()

    assert cluster.meta("lobby.mp4")["status"] == "completed", way
    assert len(cluster.streams("lobby.mp4")) == 1
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
