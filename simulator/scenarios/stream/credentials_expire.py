"""Credentials expire in the midst of a stream, for as long as it takes until others are there."""

from simulator.faults import ServiceTrouble, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film


@scenario(
    faults=[may(ServiceTrouble("s3", "expired-credentials"), times_max=2, lasts_s=(1, 40))],
    oracles=ALWAYS,
    horizon_s=40,
)
async def expired_credentials_are_waited_out(world: Stage) -> None:
    """ExpiredToken ends no stream and no upload."""
    cluster = stream_cluster(world)
    cluster.camera.record("lobby.mp4", Film(seconds=25))
    await cluster.settle()

    meta = cluster.meta("lobby.mp4")
    assert (meta["status"], meta["attempt"]) == ("completed", "1")
    assert cluster.bucket["lobby.mp4"].body == cluster.camera.recorded("lobby.mp4")
