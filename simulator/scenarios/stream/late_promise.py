"""A worker has read all of an idle file and falls asleep before it promises what it read; meanwhile all has changed."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.owners import owner_of
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film
from simulator.world.service import Service


@scenario(oracles=ALWAYS)
async def who_slept_promises_nothing(world: Stage) -> None:
    """A promise that comes when another worker has the stream, and the file other bytes, is refused."""
    cluster = stream_cluster(world, workers=2)
    sleepers: list[Service] = []
    patches = world.engine.choices.draw(2, stream="story", site="writer", label="patches")

    def reads() -> None:
        # The second time all was read and compared, and S3 said that it has it.
        at_event(world, "s3.response", compared, operation="ListParts", skip=1)

    def compared() -> None:
        # What is asked for next are the parts to be named in the promise.
        (stream,) = cluster.streams("lobby.mp4")
        at_event(world, "redis.command", fall_asleep, command="hgetall", keys=[f"stream:{stream}:parts"])

    def fall_asleep() -> None:
        sleepers.append(owner_of(cluster, "lobby.mp4"))
        sleepers[0].pause()
        cluster.camera.host.run(write, name="late writer")
        at_event(world, "log", sleepers[0].resume, message="stream.state", phase="committing")

    def write() -> None:
        cluster.camera.write_now("lobby.mp4", b"a word before any promise", 40 if patches else None)

    at_event(world, "log", reads, message="stream.state", phase="draining")
    cluster.camera.record("lobby.mp4", Film(seconds=18, bytes_per_s=600_000))
    await cluster.settle()

    assert sleepers, "nobody was about to promise anything"
    (found,) = cluster.bucket.of_inode(cluster.files()["lobby.mp4"])
    assert found.body == cluster.camera.recorded("lobby.mp4")
    assert cluster.meta("lobby.mp4")["status"] == "completed"
