"""The whole program under the whole weather: several recorders, a worker that is killed, an S3 that throttles.

Four cameras write films of every shape. The worker uploads them while they grow; it is killed and comes back, S3 says
SlowDown and swallows answers, Redis is killed and reads its log again. In the end every recording is an object, byte
for byte, once, with its description beside it, and nothing is left over.

What it teaches: a plain MP4 is patched at its head when it is closed, an answer that does not come says nothing, and
what a process remembers is gone with it. `python -m pipelines stream` knows; this is the program itself.
"""

from simulator.faults import Kill, ServiceTrouble, Terminate, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film, Shape


@scenario(
    faults=[
        may(Kill("worker", "stream"), times_max=3, lasts_s=(1, 8)),
        may(
            ServiceTrouble("s3", "throttled:chance=0.3"),
            ServiceTrouble("s3", "throttled:operation=UploadPart,chance=0.8"),
            times_max=3,
            lasts_s=(5, 30),
        ),
        may(
            ServiceTrouble("s3", "reply-lost:operation=CompleteMultipartUpload,seconds=10"),
            ServiceTrouble("s3", "reset-after:operation=CreateMultipartUpload"),
            ServiceTrouble("s3", "error-in-200:operation=CompleteMultipartUpload"),
            times_max=2,
            lasts_s=(5, 30),
        ),
        may(Kill("redis"), ServiceTrouble("redis", "reply-lost:chance=0.05"), times_max=2, lasts_s=(1, 5)),
        may(Terminate("worker", "stream"), lasts_s=(1, 5)),
    ],
    oracles=ALWAYS,
    horizon_s=90,
)
async def recordings_survive(world: Stage, *, cameras: int = 4, seconds: float = 60.0) -> None:
    """Every recording is in S3, byte for byte, although the worker is killed, S3 throttles and Redis restarts."""
    cluster = stream_cluster(world)
    shapes: tuple[Shape, ...] = ("fragmented", "plain", "faststart")
    for number in range(cameras):
        film = Film(
            shape=shapes[number % 3],
            seconds=seconds,
            bytes_per_s=150_000 + 40_000 * (number % 4),
            starts_after_s=3.0 * number,
            pauses=((seconds / 2, 14.0),) if number % 4 == 1 else (),
        )
        cluster.camera.record(f"camera{number + 1}.mp4", film)
    world.drive()
    await cluster.settle()

    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name), f"{name} is not what was recorded"
        assert cluster.meta(name)["status"] == "completed"
    assert len(cluster.files()) == cameras
