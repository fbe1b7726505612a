"""Given a film, p06 says of it in simulation what the real ffprobe says of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from media_samples.make import FOLDER
from tests.support.films import recorded

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parent.parent.parent
FILMS = (
    "h264_aac_plain", "h264_aac_faststart_10s", "hevc_aac", "vp9_opus", "av1_aac", "mpeg4_aac",
    "tagged", "rotated", "truncated_faststart",
)  # fmt: skip


def told(sample: str) -> tuple[dict[str, Any], int, str]:
    """What p06 says of a sample, its exit status and what went wrong."""
    program = ROOT / "tests" / "programs" / "p06_subprocess.py"
    given = [f"--env=SAMPLE_MP4={FOLDER / f'{sample}.mp4'}", "--mount", "/media"]
    command = [sys.executable, "-m", "simulator", "exec", *given, str(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = {line["key"]: line["value"] for line in map(json.loads, done.stdout.splitlines()) if "key" in line}
    return said, done.returncode, done.stderr


@pytest.mark.parametrize("sample", FILMS)
def test_a_film_is_probed_by_every_door_as_on_a_real_machine(sample: str) -> None:
    real = recorded(sample)["stdout"]
    video = next(stream for stream in real["streams"] if stream["codec_type"] == "video")

    said, code, stderr = told(sample)

    assert code == 0, stderr
    assert said["sample, blocking and in a thread"] is True
    assert said["sample by create_subprocess_exec"] == [0, video["codec_name"], "b''"]
    for key in ("codec_name", "width", "height", "r_frame_rate", "nb_frames", "duration"):
        assert said[f"sample's video {key}"] == video[key]
    for key in ("nb_streams", "format_name", "duration", "size"):
        assert said[f"sample's {key}"] == real["format"][key]
