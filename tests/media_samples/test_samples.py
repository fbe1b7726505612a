"""The samples are the files that the manifest lists, and the real ffprobe still says of them what is recorded."""

import hashlib
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from media_samples.make import FOLDER, answer
from media_samples.recipes import CUTS, FILMS, SAMPLES
from tests.support.films import ALL, film, has_ffprobe, recorded

TOTAL_MAX_BYTES = 3_000_000
ROOT = Path(__file__).resolve().parents[2]


def manifest() -> dict[str, dict[str, str | int]]:
    listed: dict[str, dict[str, str | int]] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return listed


def test_every_sample_is_what_the_manifest_says() -> None:
    found = {
        path.name: (len(path.read_bytes()), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in FOLDER.glob("*.mp4")
    }

    assert found == {name: (listed["bytes"], listed["sha256"]) for name, listed in manifest().items()}


def test_the_manifest_tells_what_each_sample_shows_and_of_what_it_was_made() -> None:
    listed = manifest()

    assert [name.removesuffix(".mp4") for name in listed] == list(ALL)
    assert {name: listed[f"{name}.mp4"]["shows"] for name in ALL} == {
        name: sample.shows for name, sample in SAMPLES.items()
    }


def test_cuts_are_made_of_the_samples_beside_them() -> None:
    made = {name: cut.made(film(cut.of) if cut.of else b"") for name, cut in CUTS.items()}

    assert {name for name, body in made.items() if body != film(name)} == set()


def test_all_together_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.*")) < TOTAL_MAX_BYTES


@pytest.mark.real
@pytest.mark.skipif(not has_ffprobe(), reason="ffmpeg and ffprobe 5.1 are not installed")
def test_the_real_one_still_says_what_is_recorded() -> None:
    with ThreadPoolExecutor(2) as pool:
        told = dict(zip(ALL, pool.map(lambda name: answer(FOLDER / f"{name}.mp4"), ALL), strict=True))

    assert {name for name in ALL if told[name] != recorded(name)} == set()


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not has_ffprobe(), reason="ffmpeg and ffprobe 5.1 are not installed")
def test_ffmpeg_makes_of_the_recipes_what_lies_here(tmp_path: Path) -> None:
    """Not byte for byte: another processor's arithmetic may code the same pictures otherwise."""
    from media_samples.make import make_all

    make_all(tmp_path)

    def shape(answer: dict[str, object]) -> object:
        text = json.dumps(answer)
        streams = json.loads(text)["stdout"].get("streams", [])
        told = ("codec_name", "profile", "width", "time_base", "duration")
        return [[stream.get(name) for name in told] for stream in streams]

    made = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in FILMS}
    assert {name for name in FILMS if shape(made[name]) != shape(recorded(name))} == set()


def test_git_holds_the_samples_as_they_are() -> None:
    """No attribute may let git change the ends of lines in them."""
    done = subprocess.run(
        ["git", "check-attr", "text", "--", "media_samples/text.mp4"], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode != 0 or "unspecified" in done.stdout or "unset" in done.stdout


def test_the_page_lists_every_sample() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = {
        name: f"| `{name}` | {sample.shows} | {manifest()[f'{name}.mp4']['bytes']:,} |"
        for name, sample in SAMPLES.items()
    }

    assert [name for name, row in rows.items() if row not in page] == []
