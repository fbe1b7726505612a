"""The clocks of worker and Redis jump by hours, forth and back, and drift."""

from simulator.faults import ClockDrift, ClockJump, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, liveness, states
from simulator.scenarios.stream.recorder import Film

OF_CLOCKS = (states.activity_only_grows, states.one_lease, liveness.retries_are_bounded)
"""What is said in terms of Redis' clock cannot be asked while that jumps."""


@scenario(
    faults=[
        may(
            ClockJump("worker", 7200), ClockJump("worker", -7200), ClockJump("worker", 30), times_max=2, lasts_s=(5, 60)
        ),
        may(ClockJump("redis", 7200), ClockJump("redis", -7200), times_max=1, lasts_s=(5, 30)),
        may(ClockDrift("worker", 500), ClockDrift("worker", -500), lasts_s=(20, 60)),
    ],
    oracles=[each for each in ALWAYS if each not in OF_CLOCKS],
    horizon_s=40,
)
async def clocks_end_no_recording(world: Stage) -> None:
    """No file is taken to be whole because a clock jumped, and none waits for ever because one jumped back."""
    cluster = stream_cluster(world)
    cluster.camera.record("lobby.mp4", Film(seconds=40, bytes_per_s=200_000, pauses=((20, 8),)))
    cluster.camera.record("gate.mp4", Film(shape="plain", seconds=20, bytes_per_s=200_000))
    await cluster.settle()

    assert {name: len(cluster.streams(name)) for name in cluster.files()} == {"lobby.mp4": 1, "gate.mp4": 1}
    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
