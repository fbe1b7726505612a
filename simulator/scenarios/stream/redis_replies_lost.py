"""Replies of Redis are lost and its client asks again: every script runs twice, now and then."""

from simulator.faults import ServiceTrouble, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, peace
from simulator.scenarios.stream.recorder import Film


@scenario(
    faults=[
        may(ServiceTrouble("redis", "reply-lost:chance=0.1"), times_max=2, lasts_s=(10, 40)),
        may(ServiceTrouble("redis", "twice:chance=0.3"), times_max=2, lasts_s=(10, 40)),
        may(ServiceTrouble("redis", "reset-after:chance=0.1"), times_max=2, lasts_s=(10, 40)),
        may(ServiceTrouble("redis", "forget-scripts:chance=0.05"), lasts_s=(10, 40)),
        may(ServiceTrouble("redis", "late:chance=0.1"), lasts_s=(10, 40)),
    ],
    oracles=[*ALWAYS, peace.scripts_run_twice],
    horizon_s=30,
)
async def a_script_may_run_twice(world: Stage) -> None:
    """Whatever Redis is told twice, the state of every stream is as if it had been told once."""
    cluster = stream_cluster(world, redis_settings={"prove_scripts": True})
    cluster.camera.record("lobby.mp4", Film(seconds=20, bytes_per_s=600_000))
    cluster.camera.record("gate.mp4", Film(shape="plain", seconds=16))
    await cluster.settle()

    for name in cluster.files():
        meta = cluster.meta(name)
        assert (meta["status"], meta["bytes_sent"]) == ("completed", str(len(cluster.read(name))))
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
