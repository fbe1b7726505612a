"""Given a film, p06 says of it in simulation what the real ffprobe says of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.films import recorded

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", ["plain", "faststart", "hevc", "tagged"])
def test_a_film_is_probed_by_every_door_as_on_a_real_machine(name: str, tmp_path: Path) -> None:
    film, real = recorded(name)
    (tmp_path / "film.mp4").write_bytes(film)
    program = ROOT / "tests" / "programs" / "p06_subprocess.py"
    given = [f"--env=SAMPLE_MP4={tmp_path / 'film.mp4'}", "--mount", "/media"]

    done = subprocess.run(
        [sys.executable, "-m", "simulator", "exec", *given, str(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    said = {line["key"]: line["value"] for line in map(json.loads, done.stdout.splitlines()) if "key" in line}
    video = real["streams"][0]
    assert done.returncode == 0, done.stderr
    assert said["sample, blocking and in a thread"] is True
    for key in ("codec_name", "width", "height", "r_frame_rate", "duration"):
        assert said[f"sample's video {key}"] == video[key]
    assert said["sample by create_subprocess_exec"] == [0, video["codec_name"], "b''"]
    for key in ("nb_streams", "format_name", "duration", "size"):
        assert said[f"sample's {key}"] == real["format"][key]
