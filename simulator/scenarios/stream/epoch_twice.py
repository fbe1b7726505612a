"""A lease is granted, Redis forgets it and grants the same epoch to another worker: two believe that they own it."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.owners import other_than, owner_of
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film
from simulator.world.service import Service


@scenario(oracles=ALWAYS)
async def an_epoch_alone_is_no_owner(world: Stage) -> None:
    """Of two workers with the same epoch only the one that Redis names changes anything."""
    cluster = stream_cluster(world, workers=2, redis_settings={"standby_lag_s": 2.0})
    slow_s = 4 + world.engine.choices.draw(4, stream="story", site="s3", label="slow")
    asleep: list[Service] = []

    def fall_asleep() -> None:
        sleeper = owner_of(cluster, "lobby.mp4")
        asleep.append(sleeper)
        sleeper.pause()
        at_event(world, "log", taken, message="stream.taken")

    def taken() -> None:
        # The heir has epoch 2 and sends a part; it will hear of it when Redis has forgotten the grant.
        cluster.s3.troubles.on(f"late:operation=UploadPart,times=2,seconds={slow_s}")
        at_event(world, "fault.hit", forget, verdict="late")

    def forget() -> None:
        cluster.redis.troubles.on("failover:times=1,seconds=1")
        asleep[0].resume()

    at_event(world, "s3.request", fall_asleep, operation="UploadPart")
    cluster.camera.record("lobby.mp4", Film(seconds=30, bytes_per_s=600_000))
    await cluster.settle()

    assert asleep and other_than(cluster, asleep[0]).running
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
    assert cluster.meta("lobby.mp4")["status"] == "completed"
