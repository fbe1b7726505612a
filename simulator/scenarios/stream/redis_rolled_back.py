"""Redis comes back with less than it had acknowledged: what S3 holds and what the file holds decide."""

from simulator.faults import Kill, ServiceTrouble, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(
    faults=[
        may(ServiceTrouble("redis", "failover:operation=EVALSHA,times=1,seconds=0.5"), times_max=5, lasts_s=(3, 9)),
        may(Kill("redis"), times_max=2, lasts_s=(0.2, 4)),
        may(Kill("worker", "stream"), times_max=2, lasts_s=(0.2, 4)),
    ],
    oracles=ALWAYS,
    horizon_s=45,
)
async def what_redis_forgot_is_found_again(world: Stage, *, lag_s: float = 2.0) -> None:
    """A replica that lagged takes over: parts, promises and epochs are lost, and no recording."""
    cluster = stream_cluster(world, redis_settings={"standby_lag_s": lag_s})
    cluster.camera.record("lobby.mp4", Film(seconds=18, bytes_per_s=700_000))
    cluster.camera.record("gate.mp4", Film(shape="plain", seconds=24))
    cluster.camera.record("yard.mp4", Film(shape="faststart", seconds=14, starts_after_s=10))
    await cluster.settle()

    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
