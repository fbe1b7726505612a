"""The program on a host does what the real one does on a machine: its options, its words, its statuses."""

import os
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import ffmpeg
import pytest

from simulator.services.ffprobe import program
from tests.support.films import film, has_ffprobe
from tests.support.processes import OneHost

FILMS = {"plain": "h264_aac_plain", "tagged": "tagged", "rotated": "rotated", "blind": "aac_only"}

SHOW_CODEC = ("-show_entries", "stream=codec_name", "-of", "default=nw=1:nk=1")

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("-v", "error", "-show_format", "-show_streams", "-of", "json", "plain.mp4"),
    ("-v", "error", "-show_entries", "stream=codec_name,width", "-of", "json", "plain.mp4"),
    ("-v", "error", "-show_entries", "stream=codec_name:format=duration", "-of", "json", "plain.mp4"),
    ("-v", "error", "-show_entries", "format=duration:format_tags=title", "-of", "json", "tagged.mp4"),
    ("-v", "error", "-show_entries", "stream=codec_name:stream_tags=language", "tagged.mp4"),
    ("-v", "error", "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", "plain.mp4"),
    ("-v", "error", "-show_entries", "stream=codec_name,width:format=duration", "-of", "csv", "plain.mp4"),
    ("-v", "error", "-show_entries", "stream=codec_name:stream_tags=language", "-of", "csv", "tagged.mp4"),
    ("-v", "error", "-show_entries", "format=duration,size", "-of", "compact", "plain.mp4"),
    ("-v", "error", "-show_entries", "format=duration", "-of", "flat", "plain.mp4"),
    ("-v", "error", "-show_entries", "format=duration", "-of", "default=noprint_wrappers=1:nokey=1", "file:plain.mp4"),
    ("-v", "error", "-show_entries", "format=filename", "file:plain.mp4"),
    ("-v", "error", "-show_format", "-of", "default=nw=1", "tagged.mp4"),
    ("-v", "error", "-show_format", "-i", "blind.mp4"),
    ("-v", "error", "-select_streams", "v", "-show_streams", "-of", "json", "blind.mp4"),
    ("-v", "error", "-select_streams", "v:0", *SHOW_CODEC, "plain.mp4"),
    ("-v", "error", "-select_streams", "a:0", *SHOW_CODEC, "plain.mp4"),
    ("-v", "error", "-select_streams", "1", "-show_entries", "stream=index,codec_type", "-of", "json", "plain.mp4"),
    ("-v", "error", "-show_format", "-of", "json", "absent.mp4"),
    ("-v", "error", "-show_error", "-of", "json", "absent.mp4"),
    ("-v", "error", "-show_error", "-of", "json", "empty.mp4"),
    ("-v", "error", "-show_format", "-of", "json", "empty.mp4"),
    ("-v", "error", "-show_format", "folder"),
    ("-v", "quiet", "-show_format", "empty.mp4"),
    ("-v", "fatal", "-show_format", "absent.mp4"),
    ("-v", "error", "plain.mp4"),
    ("-v", "error"),
    ("-v", "error", "-nonsense", "plain.mp4"),
    ("-v", "error", "-of", "nonsense", "plain.mp4"),
    ("-v", "error", "-show_format", "plain.mp4", "tagged.mp4"),
)  # fmt: skip
"""Command lines that the real one must answer in the same words."""


def on_a_host(stage: OneHost, command: Sequence[str]) -> tuple[int, str, str]:
    """Run ffprobe in a folder with films; its status and what it said."""
    host = stage.host
    host.executables.install("ffprobe", program.main)
    host.mount("/films")

    def main() -> tuple[int, str, str]:
        for name, sample in FILMS.items():
            Path(f"/films/{name}.mp4").write_bytes(film(sample))
        Path("/films/empty.mp4").touch()
        os.mkdir("/films/folder")
        done = subprocess.run(["ffprobe", *command], cwd="/films", capture_output=True, text=True, stdin=DEVNULL)
        return done.returncode, done.stdout, done.stderr

    return stage.run(main, env={"PATH": "/usr/bin"})


def plain(text: str) -> str:
    """Without the address that differs in every run of the real one."""
    return re.sub(r"@ 0x[0-9a-f]+", "@ 0x", text)


@pytest.fixture(scope="module")
def real_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for name, sample in FILMS.items():
        (folder / f"{name}.mp4").write_bytes(film(sample))
    (folder / "empty.mp4").touch()
    (folder / "folder").mkdir()
    return folder


@pytest.mark.real
@pytest.mark.skipif(not has_ffprobe(), reason="ffmpeg and ffprobe 5.1 are not installed")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_line_is_answered_in_the_real_ones_words(command: Sequence[str], real_films: Path) -> None:
    real = subprocess.run(["ffprobe", *command], cwd=real_films, capture_output=True, text=True, stdin=DEVNULL)

    found = on_a_host(OneHost(), command)

    assert (found[0], found[1], plain(found[2])) == (real.returncode, real.stdout, plain(real.stderr))


# --- on a host ----------------------------------------------------------------------------------------------


def test_what_it_says_of_itself_comes_before_errors_unless_hidden() -> None:
    loud = on_a_host(OneHost(), ("absent.mp4",))
    hidden = on_a_host(OneHost(), ("-hide_banner", "absent.mp4"))

    assert loud[2].splitlines()[0].startswith("ffprobe version 5.1")
    assert hidden[2] == "absent.mp4: No such file or directory\n"


def test_ffmpeg_python_reads_its_answer() -> None:
    stage = OneHost()
    stage.host.executables.install("ffprobe", program.main)
    stage.host.mount("/films")

    def main() -> tuple[str, list[str], bytes]:
        Path("/films/plain.mp4").write_bytes(film("h264_aac_plain"))
        probed = ffmpeg.probe("/films/plain.mp4")
        with pytest.raises(ffmpeg.Error) as error:
            ffmpeg.probe("/films/none.mp4")
        return probed["format"]["duration"], [stream["codec_name"] for stream in probed["streams"]], error.value.stderr

    duration, codecs, complaint = stage.run(main, env={"PATH": "/usr/bin"})

    assert (duration, codecs) == ("1.000000", ["h264", "aac"])
    assert b"/films/none.mp4: No such file or directory" in complaint


def test_it_waits_for_a_pipe_and_probes_what_came_through() -> None:
    stage = OneHost()
    stage.host.executables.install("ffprobe", program.main)

    def main() -> tuple[int | None, bytes, int]:
        child = Popen([*["ffprobe", "-v", "error", "-show_format", "-of", "csv", "pipe:0"]], stdin=PIPE, stdout=PIPE)
        time.sleep(100)
        waited = child.poll()
        out, _ = child.communicate(film("h264_aac_faststart"))
        return waited, out, child.returncode

    waited, out, code = stage.run(main, env={"PATH": "/usr/bin"})

    assert waited is None
    assert out.startswith(b'format,pipe:0,2,0,"mov,mp4,m4a,3gp,3g2,mj2",QuickTime / MOV,0.000000,1.000000,N/A,N/A,100')
    assert code == 0
