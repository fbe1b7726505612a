"""Every sample goes through the program, and what Redis and the bucket say of it is what the real ffprobe said."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from simulator.harness.run import run
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.scenarios.stream.cluster import Cluster, stream_cluster
from simulator.scenarios.stream.properties import ALWAYS
from simulator.trace.event import Event
from tests.support.films import ALL, film, recorded

EMPTY = "empty"
FULL = [name for name in ALL if name != EMPTY]


def played(story: Callable[[Stage, Cluster], Awaitable[None]]) -> None:
    """All samples are put into the folder, and a story goes on from there."""

    @scenario(oracles=ALWAYS)
    async def samples(world: Stage) -> None:
        """Every sample is published and described."""
        cluster = stream_cluster(world)
        await story(world, cluster)

    found = run(samples, seed=1)
    assert found.outcome.passed, found.outcome


async def put_all(cluster: Cluster) -> None:
    for name in ALL:
        await cluster.camera.put(f"{name}.mp4", film(name))


def described(cluster: Cluster, meta: dict[str, str]) -> dict[str, Any]:
    """The document about a recording, which Redis and the bucket have alike."""
    beside = cluster.bucket.at(f"{meta['key']}.json")
    assert beside is not None, f"nothing describes {meta['key']}"
    assert beside.body.decode() == meta["metadata"]
    document: dict[str, Any] = json.loads(beside.body)
    return document


def number(text: str | None) -> float | None:
    return None if text is None else float(text)


def stream_of(told: dict[str, Any]) -> dict[str, Any]:
    """What the document should say of a stream, of what the real ffprobe said."""
    kind = told["codec_type"]
    wanted = {"index": told["index"], "type": kind, "codec": told.get("codec_name"), "profile": told.get("profile")}
    wanted |= {"duration_s": number(told.get("duration")), "bit_rate": number(told.get("bit_rate"))}
    if kind == "video":
        above, _, below = told["avg_frame_rate"].partition("/")
        wanted |= {name: told.get(name) for name in ("width", "height", "pix_fmt")}
        wanted["frame_rate"] = round(int(above) / int(below), 6) if int(below) and int(above) else None
        wanted["frames"] = number(told.get("nb_frames"))
        turned = [side["rotation"] for side in told.get("side_data_list", ()) if "rotation" in side]
        wanted["rotation"] = turned[0] if turned else 0
    else:
        wanted |= {"sample_rate": number(told.get("sample_rate")), "channels": told.get("channels")}
        wanted["layout"] = told.get("channel_layout")
    wanted["tags"] = told.get("tags") or None
    return {name: value for name, value in wanted.items() if value is not None}


def check(name: str, cluster: Cluster, meta: dict[str, str]) -> None:
    known, document = recorded(name), described(cluster, meta)
    sound = known["exit"] == 0
    told = known["stdout"] if sound else {}
    form = told.get("format", {})
    assert meta["metadata_status"] == ("ok" if sound else "error"), name
    assert document["streams"] == [stream_of(each) for each in told.get("streams", ())], name
    assert document["container"]["format"] == form.get("format_name"), name
    assert document["duration_s"] == number(form.get("duration")), name
    assert document["bit_rate"] == number(form.get("bit_rate")), name
    assert document["tags"] == form.get("tags", {}), name
    if sound:
        assert document["probe"] == {"status": "ok"}, name
    else:
        last = known["stderr"].strip().splitlines()[-1].partition(": ")[2]
        assert document["probe"]["cause"] == "refused", name
        assert document["probe"]["said"].endswith(last), name
    held = film(name)
    assert document["object"] == {"size": len(held), "parts": 1, "short": False}, name
    assert document["checksums"]["etag"] == meta["etag"], name
    assert document["file"]["size"] == len(held), name


def test_every_sample_is_published_and_described_as_the_real_ffprobe_describes_it() -> None:
    async def story(world: Stage, cluster: Cluster) -> None:
        await put_all(cluster)
        await cluster.settle()
        for name in FULL:
            meta = cluster.meta(f"{name}.mp4")
            assert meta["status"] == "completed", name
            assert cluster.bucket[f"{name}.mp4"].body == film(name)
            check(name, cluster, meta)
        empty = cluster.meta(f"{EMPTY}.mp4")
        assert (empty["status"], empty["reason"]) == ("failed", "no_parts")
        assert {
            meta["metadata_status"] for meta in map(cluster.meta, cluster.files()) if meta["status"] != "failed"
        } == {
            "ok",
            "error",
        }

    played(story)


def test_a_sample_that_goes_while_ffprobe_looks_at_it_is_published_and_it_is_said_why_nothing_is_known() -> None:
    async def story(world: Stage, cluster: Cluster) -> None:
        gone: list[str] = []

        def see(event: Event) -> None:
            if event.kind == "sub.start" and "argv" in event.fields:
                path = str(event.fields["argv"][-1]).rpartition("/")[2]
                gone.append(path)
                world.engine.call_after(0, lambda: cluster.worker.run(cluster.camera.delete_now, path, name="files"))

        assert world.engine.recorder is not None
        world.engine.recorder.subscribe(see)
        inodes = {}
        for name in FULL:
            await cluster.camera.put(f"{name}.mp4", film(name))
            inodes[name] = cluster.files()[f"{name}.mp4"]
        await cluster.settle()

        assert sorted(gone) == sorted(f"{name}.mp4" for name in FULL)
        assert not cluster.files()
        for name, inode in inodes.items():
            (meta,) = [each.meta for each in cluster.streams().values() if each.meta["ino"] == str(inode)]
            (published,) = cluster.bucket.of_inode(inode)
            assert published.body == film(name)
            assert (meta["status"], meta["metadata_status"]) == ("completed", "error"), name
            document = described(cluster, meta)
            assert document["probe"]["cause"] == "refused", name
            assert "No such file" in document["probe"]["said"], name
            assert document["streams"] == []

    played(story)
