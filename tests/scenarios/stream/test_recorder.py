"""Recorders write films that ffprobe knows, the same for the same seed, and what they wrote is known."""

import asyncio
import os
from typing import Any

import pytest

from simulator import World, run, scenario
from simulator.scenarios.stream.recorder import Camera, Film, History, Shape
from simulator.services.ffprobe.hosted import host_ffprobe
from simulator.world.disk.inspect import cat


def recorded(film: Film, *, seed: int = 1, then: Any = None, to: str = "") -> tuple[Camera, bytes, str]:
    """A camera whose one film is done, what its disk has, and what ffprobe says of it."""
    seen: list[Any] = []

    @scenario(name="a-film")
    async def story(world: World) -> None:
        """A film is recorded."""
        host = world.host("worker")
        host.mount("/media")
        host_ffprobe(host)
        camera = Camera(world, host, "/media")
        await camera.record("a.mp4", film, to=to).done()
        if then is not None:
            await then(camera)

        async def probe() -> None:
            words = ("-v", "quiet", "-show_entries", "format=duration", "-of", "csv=p=0", f"/media/{to or 'a.mp4'}")
            ffprobe = await asyncio.create_subprocess_exec("ffprobe", *words, stdout=asyncio.subprocess.PIPE)
            seen.append((await ffprobe.communicate())[0].decode().strip())

        await host.run(probe).wait()
        seen.extend([camera, cat(host.disks[0], f"/{to or 'a.mp4'}")])

    found = run(story, seed=seed)
    assert found.outcome.passed, found.outcome
    said, camera, held = seen
    return camera, held, said


@pytest.mark.parametrize("shape", ["fragmented", "plain", "faststart"])
def test_a_film_of_every_shape_is_whole_to_ffprobe_and_known_to_its_camera(shape: Shape) -> None:
    camera, held, said = recorded(Film(shape=shape, seconds=5, bytes_per_s=20_000))

    assert float(said) == 5.0
    assert camera.recorded("a.mp4") == held
    assert len(held) > 100_000


def test_a_film_that_is_not_closed_is_no_film_yet() -> None:
    _, _, said = recorded(Film(shape="plain", seconds=5, bytes_per_s=20_000, closes=False))

    assert said == ""


def test_films_follow_from_the_seed_and_differ_with_it() -> None:
    first, again, other = (recorded(Film(seconds=2), seed=seed)[1] for seed in (1, 1, 2))

    assert first == again != other


def test_a_plain_film_is_patched_at_its_head_when_it_is_closed() -> None:
    plain, held, _ = recorded(Film(shape="plain", seconds=3, bytes_per_s=1000))
    grown = held[: held.index(b"moov") - 4]
    inode = next(iter(plain.histories))

    assert plain.was_once(inode, grown), "closed, and its index not there yet"
    assert plain.was_once(inode, grown[:40] + b"\0\0\0\x08" + grown[44:]), "not closed"
    assert not plain.was_once(inode, held[:40] + b"\0\0\0\x08" + held[44:]), "never: the index comes last"


def test_a_file_was_once_what_every_act_left_and_nothing_else() -> None:
    history = History(11, [(0, b"abc"), (3, b"def"), (1, b"X"), (2, None)])

    assert history.content() == b"aX"
    assert [history.was_once(data) for data in (b"", b"abc", b"abcdef", b"aXcdef", b"aX")] == [True] * 5
    assert not history.was_once(b"aXc")


def test_a_recorder_renames_its_file_at_the_end() -> None:
    camera, held, _ = recorded(Film(seconds=2, bytes_per_s=1000), to="b.mp4")

    assert camera.recorded("b.mp4") == held


def test_acts_on_files_are_known_as_well() -> None:
    async def acts(camera: Camera) -> None:
        await camera.append("a.mp4", b"more")
        await camera.patch("a.mp4", 1, b"X")
        await camera.truncate("a.mp4", 10)
        await camera.put("c.mp4", b"another")
        await camera.rename("c.mp4", "d.mp4")

    camera, held, _ = recorded(Film(seconds=1, bytes_per_s=1000), then=acts)

    assert held == camera.recorded("a.mp4")
    assert len(held) == 10
    assert camera.recorded("d.mp4") == b"another"
    assert os.path.basename(camera.path("d.mp4")) == "d.mp4"


async def cut_power(camera: Camera) -> None:
    """The power fails and comes back; names are on the disk by then."""
    camera.host.disks[0].journal.sync(None)
    camera.host.crash()
    camera.host.boot()


def test_after_a_power_cut_a_camera_knows_what_its_disk_has_kept_and_begins_no_film_again() -> None:
    lost = 0
    for seed in range(6):
        camera, held, _ = recorded(Film(seconds=8, bytes_per_s=50_000), seed=seed, then=cut_power)

        assert camera.recorded("a.mp4") == held
        assert len(camera.histories[camera.recordings[0].inode]) == 1
        assert camera.was_once(camera.recordings[0].inode, held)
        lost += bool(camera.spoiled)

    assert lost > 0, "no seed lost a byte"


def test_a_film_that_is_synced_loses_none_of_its_bytes() -> None:
    for seed in range(6):
        camera, _, said = recorded(
            Film(shape="plain", seconds=4, bytes_per_s=50_000, syncs=True), seed=seed, then=cut_power
        )

        assert camera.spoiled == {}
        assert float(said) == 4.0
