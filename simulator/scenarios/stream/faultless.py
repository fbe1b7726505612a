"""Nothing goes wrong: each byte is sent once, and what is idle is published without delay."""

from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS, conduct, liveness, peace
from simulator.scenarios.stream.recorder import Film


@scenario(
    oracles=[
        *ALWAYS,
        conduct.promises_are_kept,
        liveness.finalized_within(16.0),
        peace.no_byte_twice,
        peace.parts_in_flight(4),
        peace.scripts_run_twice,
    ]
)
async def no_byte_is_sent_twice(world: Stage, *, cameras: int = 3) -> None:
    """Without faults each part is sent once, each object is there within seconds, and every script may run twice."""
    cluster = stream_cluster(world, redis_settings={"prove_scripts": True})
    for number in range(cameras):
        cluster.camera.record(f"yard/camera{number}.mp4", Film(seconds=16 + 4 * number, burst_of=number + 1))
    await cluster.settle()

    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name)
        meta = cluster.meta(name)
        told = [event.fields["data"] for event in world.trace.of("log", message="stream.state")]
        order = list(dict.fromkeys(data["status"] for data in told if data["key"] == meta["key"]))
        assert order == ["active", "pending_completion", "completed"], f"{name} went through {order}"
        assert meta["metadata_status"] == "ok"
