"""The power fails: of the machine that records and uploads, with its disk; or of a worker whose folder is a server's.

A disk that loses power keeps what was synced, and of the rest what its rules let survive: writes may be gone, torn, or
missing from the midst of a file, and names may be gone. What was uploaded before of such bytes must not get into an
object with what the file holds after.
"""

from typing import Final

from simulator.faults import PowerCycle, may
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import Cluster, stream_cluster
from simulator.scenarios.stream.killed_at_every_step import MOMENTS
from simulator.scenarios.stream.moments import at_event
from simulator.scenarios.stream.properties import ALWAYS
from simulator.scenarios.stream.recorder import Film
from simulator.world.disk.settings import DiskSettings, ext4, strict

_DISKS: Final = (strict, ext4)


@scenario(faults=[may(PowerCycle("worker"), times_max=3, lasts_s=(0.5, 20))], oracles=ALWAYS, horizon_s=50)
async def a_power_cut_mixes_nothing(world: Stage) -> None:
    """After power cuts each object is what its file holds then, or once held as a whole: never a mixture."""
    cluster = stream_cluster(world, disk=_disk(world))
    cluster.camera.record("lobby.mp4", Film(seconds=30, bytes_per_s=600_000))
    cluster.camera.record("gate.mp4", Film(shape="plain", seconds=24, bytes_per_s=500_000, syncs=True))
    cluster.camera.record(".yard.part", Film(shape="faststart", seconds=12, bytes_per_s=700_000), to="yard.mp4")
    cluster.camera.record("late.mp4", Film(seconds=10, bytes_per_s=700_000, starts_after_s=45))
    _cut_at_a_moment(world, cluster)
    await cluster.settle()

    spoiled = [name for name in cluster.files() if not cluster.is_kept(name)]
    assert not spoiled, f"{spoiled} have no object like them"
    for name in cluster.files():
        assert cluster.meta(name)["status"] == ("completed" if cluster.read(name) else "failed"), name


@scenario(faults=[may(PowerCycle("worker"), times_max=3, lasts_s=(0.5, 30))], oracles=ALWAYS, horizon_s=50)
async def a_shared_folder_outlives_its_worker(world: Stage) -> None:
    """Where a file server has the folder, a power cut of the worker costs no byte: it catches up with the recorders."""
    cluster = stream_cluster(world, share=True)
    cluster.camera.record("lobby.mp4", Film(seconds=30, bytes_per_s=600_000))
    cluster.camera.record("gate.mp4", Film(shape="plain", seconds=24, bytes_per_s=500_000))
    _cut_at_a_moment(world, cluster)
    await cluster.settle()

    assert len(cluster.files()) == 2
    for name in cluster.files():
        assert cluster.bucket[name].body == cluster.camera.recorded(name) == cluster.read(name)
        assert cluster.meta(name)["status"] == "completed"


def _disk(world: Stage) -> DiskSettings:
    """A disk that promises what POSIX does, or what ext4 does."""
    draw = world.engine.choices.draw
    return _DISKS[draw(len(_DISKS), stream="story", site="worker", label="disk")]()


def _cut_at_a_moment(world: Stage, cluster: Cluster) -> None:
    """One cut at a step that a stream takes; the machine is back some seconds later."""
    draw, host = world.engine.choices.draw, cluster.worker
    kind, fields = tuple(MOMENTS.values())[draw(len(MOMENTS), stream="story", site="worker", label="moment")]
    away_ns = (1 + draw(20, stream="story", site="worker", label="away")) * 10**9

    def cut() -> None:
        host.crash()
        world.engine.call_after(away_ns, host.boot)

    at_event(world, kind, cut, skip=draw(3, stream="story", site="worker", label="so many before"), **fields)
