"""The summary says what became of each recording, whatever Redis still knows of it."""

import asyncio

from simulator.harness.run import run
from simulator.harness.scenario import Scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import Cluster, stream_cluster
from simulator.scenarios.stream.recorder import Film
from simulator.scenarios.stream.summary import summary


def told(story: Scenario) -> list[str]:
    found = run(story, seed=1)
    assert found.outcome.passed, found.outcome
    (lines,) = [event.fields["data"]["lines"] for event in found.trace.of("note", text="summary")]
    return list(lines)


def test_each_recording_has_a_line_and_what_was_sent_is_summed() -> None:
    async def story(world: Stage) -> None:
        cluster = stream_cluster(world)
        cluster.camera.record("gate.mp4", Film(shape="faststart", seconds=12, bytes_per_s=600_000))
        await cluster.settle()

    lines = told(Scenario(name="one", claim="It is uploaded.", function=story))

    (gate, published, sent) = lines
    assert gate.startswith("gate.mp4 (faststart): 7,200,")
    assert " bytes in 2 parts, byte for byte, " in gate
    assert gate.endswith(" s after the last write")
    assert published == "6.9 MiB recorded, 6.9 MiB published in 2 parts"
    # Its first part went up while it grew, and again when all was moved to make room for the index.
    assert sent == "11.9 MiB sent with 3 requests, 5.0 MiB of them in vain"


def test_a_file_without_an_object_and_a_worker_that_was_killed_are_told() -> None:
    async def story(world: Stage) -> None:
        cluster = stream_cluster(world, owes=False)
        await cluster.camera.put("empty.mp4", b"")
        cluster.service.kill()
        await asyncio.sleep(5)
        await cluster.settle()

    lines = told(Scenario(name="one", claim="It is empty.", function=story))

    assert lines[0] == "empty.mp4: 0 bytes, and no object"
    assert lines[-1] == "stream was killed once and started twice"


def test_a_redis_that_has_forgotten_a_stream_takes_nothing_from_its_line() -> None:
    seen: list[list[str]] = []

    async def story(world: Stage) -> None:
        cluster = stream_cluster(world)
        cluster.camera.record("lobby.mp4", Film(seconds=3))
        await world.settle()
        before = summary(cluster)
        forget(cluster)
        seen.extend([before, summary(cluster)])

    assert run(Scenario(name="one", claim="It is uploaded.", function=story), seed=1).outcome.passed
    assert seen[0] == seen[1]
    assert ", byte for byte, " in seen[1][0]


def forget(cluster: Cluster) -> None:
    redis = cluster.redis.redis
    assert redis is not None
    redis.server.keyspace.databases[0].data.clear()
    assert cluster.streams() == {}
