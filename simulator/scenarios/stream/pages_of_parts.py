"""A server that lists parts in pages of two: nothing of an upload is on the first page alone."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS, peace
from simulator.scenarios.stream.recorder import Film
from simulator.services.s3.settings import PERSONALITIES, Settings


@scenario(oracles=[*ALWAYS, peace.parts_in_flight(4)])
async def every_page_is_read(world: Stage) -> None:
    """After a crash no part of any page is sent again, also where the marker of the server is wrong."""
    kind = ("aws", "rclone")[world.engine.choices.draw(2, stream="story", site="s3", label="personality")]
    settings = Settings(page_parts_max=2, page_keys_max=2, personality=PERSONALITIES[kind])
    cluster = stream_cluster(world, s3=settings)
    at_event(world, "log", cluster.service.kill, message="stream.part", n=10)
    cluster.camera.record("lobby.mp4", Film(seconds=14, bytes_per_s=4_200_000))
    await cluster.settle()

    assert cluster.meta("lobby.mp4")["attempt"] == "1"
    sent = world.trace.count("s3.response", operation="UploadPart", status=200)
    parts = -(-len(cluster.read("lobby.mp4")) // (5 << 20))
    assert parts > 10
    assert sent <= parts + 1, f"{sent} parts were sent for {parts}"
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
