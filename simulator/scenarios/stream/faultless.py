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
        stream, meta = f"stream.state: {name}", cluster.meta(name)
        told = world.trace.of("log", message="stream.state", data=lambda data: data["key"] == meta["key"])
        order = list(dict.fromkeys(event.fields["data"]["status"] for event in told))
        assert order == ["active", "pending_completion", "completed"], f"{stream} went through {order}"
        assert meta["metadata_status"] == "ok"
