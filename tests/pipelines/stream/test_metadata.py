"""Every recording is described as far as it can be, and whatever ffprobe does, describing it is no failure."""

import asyncio
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.stream.describing import Describer
from pipelines.stream.metadata import Prober, beside
from pipelines.stream.publishing import Published
from simulator.services.ffprobe.hosted import host_ffprobe
from tests.support.films import ALL, film, has_ffprobe, recorded
from tests.support.processes import OneHost

PATIENCE_S = 0.5


async def described(
    path: str, *, program: str = "ffprobe", timeout_s: float = 20, sha256: bool = False
) -> dict[str, Any]:
    prober = Prober(timeout_s=timeout_s, places=asyncio.Semaphore(1), program=program)
    size = os.path.getsize(path) if os.path.exists(path) else 0
    told = await Describer(prober, sha256=sha256)(
        Published(stream="a.1-2-0.0", path=path, bucket="b", key="k.mp4", size=size, etag="e-1", parts=1, short=False)
    )
    document = json.loads(told.text)
    assert told.status == ("ok" if document["probe"]["status"] == "ok" else "error")
    assert isinstance(document, dict)
    return document


def simulated(name: str, content: bytes | None, *, installed: bool = True, trouble: str = "", **options: Any) -> Any:
    """The document about a file on a simulated host."""
    one = OneHost()
    one.host.mount("/media")
    if installed:
        ffprobe = host_ffprobe(one.host)
        if trouble:
            ffprobe.troubles.on(trouble)

    def main() -> dict[str, Any]:
        path = f"/media/{name}"
        if content is not None:
            Path(path).write_bytes(content)
        return asyncio.run(described(path, **options))

    return one.run(main, env={"PATH": "/usr/bin"})


def check(name: str, document: dict[str, Any]) -> None:
    """A sample's document says what is recorded of the real ffprobe."""
    known = recorded(name)
    told = known["stdout"] if known["exit"] == 0 else {}
    assert document["probe"]["status"] == ("ok" if known["exit"] == 0 else "error")
    codecs = [(each.get("type"), each.get("codec")) for each in document["streams"]]
    assert codecs == [(each["codec_type"], each.get("codec_name")) for each in told.get("streams", [])]
    duration = told.get("format", {}).get("duration")
    assert document["duration_s"] == (None if duration is None else float(duration))
    assert document["container"]["format"] == told.get("format", {}).get("format_name")
    assert document["file"]["size"] == document["object"]["size"] == len(film(name))


@pytest.mark.parametrize("name", ALL)
def test_every_sample_is_described(name: str) -> None:
    check(name, simulated(f"{name}.mp4", film(name)))


@pytest.mark.real
@pytest.mark.skipif(not has_ffprobe(), reason="needs ffprobe 5.1")
@pytest.mark.parametrize("name", ALL)
def test_every_sample_is_described_by_the_real_ffprobe(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.mp4"
    path.write_bytes(film(name))

    check(name, asyncio.run(described(str(path))))


def test_a_film_that_ffprobe_takes_for_whole_is_told_to_be_cut() -> None:
    document = simulated("a.mp4", film("truncated_faststart"))

    assert (document["probe"]["status"], document["duration_s"]) == ("ok", recorded_duration("h264_aac_faststart"))
    assert (document["container"]["whole"], document["container"]["muxing"]) == ("cut", "faststart")


def recorded_duration(name: str) -> float:
    return float(recorded(name)["stdout"]["format"]["duration"])


def test_tags_rotation_and_languages_are_told() -> None:
    tagged, rotated = simulated("a.mp4", film("tagged")), simulated("b.mp4", film("rotated"))

    assert tagged["tags"]["title"] == "Lobby"
    assert [each["tags"]["language"] for each in tagged["streams"][1:]] == ["deu", "eng"]
    assert rotated["streams"][0]["rotation"] == 90


def test_a_digest_is_made_when_it_is_asked_for() -> None:
    document = simulated("a.mp4", film("h264_silent"), sha256=True)

    assert document["checksums"] == {"etag": "e-1", "sha256": hashlib.sha256(film("h264_silent")).hexdigest()}


@pytest.mark.parametrize("name", ["-show_error.mp4", "concat:a.mp4", "a b'c.mp4", "\u00fc.mp4"])
def test_a_name_is_a_name_and_neither_an_option_nor_a_protocol(name: str) -> None:
    assert simulated(name, film("h264_silent"))["probe"] == {"status": "ok"}


def test_a_host_without_ffprobe_says_so() -> None:
    document = simulated("a.mp4", film("h264_silent"), installed=False)

    assert document["probe"]["cause"] == "missing"
    assert document["container"]["whole"] == "complete"


def test_a_file_that_is_gone_is_told_of() -> None:
    document = simulated("gone.mp4", None)

    assert (document["probe"]["cause"], document["file"]) == ("refused", {"name": "gone.mp4"})


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [("hangs", "timeout"), ("killed", "refused")],
)
def test_trouble_with_ffprobe_is_told_of(trouble: str, cause: str) -> None:
    assert simulated("a.mp4", film("h264_silent"), trouble=trouble, timeout_s=PATIENCE_S)["probe"]["cause"] == cause


def script(folder: Path, text: str) -> str:
    path = folder / "probe"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return str(path)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_that_hangs_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = script(tmp_path, f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n")
    (tmp_path / "a.mp4").write_bytes(film("h264_silent"))

    document = asyncio.run(described(str(tmp_path / "a.mp4"), program=program, timeout_s=2))

    assert document["probe"]["cause"] == "timeout"
    until_s = time.monotonic() + 10
    while is_there(int(note.read_text())) and time.monotonic() < until_s:
        time.sleep(0.01)  # What was killed is there until somebody has waited for it.
    assert not is_there(int(note.read_text()))


@pytest.mark.parametrize(
    "text", ["print('no json')", "print('[1]')", "raise SystemExit(1)", "print('{\"streams\": 3}')"]
)
def test_an_answer_that_makes_no_sense_is_no_failure(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.mp4").write_bytes(film("h264_silent"))

    document = asyncio.run(described(str(tmp_path / "a.mp4"), program=script(tmp_path, text)))

    assert document["streams"] == []
    assert document["container"]["whole"] == "complete"


def test_the_document_stands_beside_the_object() -> None:
    assert beside("cameras/a.1-2-0.0.mp4") == "cameras/a.1-2-0.0.mp4.json"
