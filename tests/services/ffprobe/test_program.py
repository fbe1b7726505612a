"""The program on a host does what the real one does on a machine: its options, its words, its statuses."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import ffmpeg
import pytest

from media_samples.make import without_addresses
from simulator.services.ffprobe import program
from tests.support.commands import real_commands, recorded_commands
from tests.support.films import ALL, film, has_ffprobe
from tests.support.processes import OneHost


def on_a_host(stage: OneHost, *commands: Sequence[str]) -> list[tuple[int, str, str]]:
    """Run ffprobe in a folder with all samples; statuses and what was said."""
    host = stage.host
    host.executables.install("ffprobe", program.main)
    host.mount("/films")

    def main() -> list[tuple[int, str, str]]:
        for name in ALL:
            Path(f"/films/{name}.mp4").write_bytes(film(name))
        os.mkdir("/films/folder")
        told = []
        for command in commands:
            done = subprocess.run(["ffprobe", *command], cwd="/films", capture_output=True, text=True, stdin=DEVNULL)
            told.append((done.returncode, done.stdout, without_addresses(done.stderr)))
        return told

    return stage.run(main, env={"PATH": "/usr/bin"})


def test_command_lines_are_answered_in_the_real_ones_words() -> None:
    wanted = recorded_commands()

    told = on_a_host(OneHost(), *(command.split() for command in wanted))

    differing = {
        command: (found, answer)
        for (command, answer), found in zip(wanted.items(), told, strict=True)
        if found != answer
    }
    assert len(wanted) > 100
    assert differing == {}


@pytest.mark.real
@pytest.mark.skipif(not has_ffprobe(), reason="ffmpeg and ffprobe 5.1 are not installed")
def test_the_real_one_still_says_what_is_recorded_of_command_lines() -> None:
    wanted = recorded_commands()

    told = real_commands(list(wanted))

    assert {command: told[command] for command in wanted if told[command] != wanted[command]} == {}


@pytest.mark.parametrize(
    ("words", "door"),
    [
        ("-count_frames -show_streams", "ffprobe -count_frames"),
        ("-show_packets", "ffprobe -show_packets"),
        ("-f matroska", "ffprobe -f matroska"),
        ("-show_entries frame=pts_time", "ffprobe -show_entries frame"),
    ],
)
def test_what_is_not_simulated_is_refused_by_name(words: str, door: str) -> None:
    ((code, out, err),) = on_a_host(OneHost(), [*words.split(), "h264_silent.mp4"])

    assert (code, out) == (1, "")
    assert f"Unsupported: {door} is not simulated" in err


# --- on a host ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x1aE\xdf\xa3", "Matroska or WebM"),
        (b"RIFF1234WAVE", "AVI or WAV"),
        ((b"G" + bytes(187)) * 3, "an MPEG transport stream"),
    ],
)
def test_other_formats_are_refused_by_name(head: bytes, name: str) -> None:
    stage = OneHost()
    stage.host.executables.install("ffprobe", program.main)
    stage.host.mount("/films")

    def main() -> tuple[int, str]:
        Path("/films/film").write_bytes(head)
        done = subprocess.run(["ffprobe", "/films/film"], capture_output=True, text=True)
        return done.returncode, done.stderr

    code, err = stage.run(main, env={"PATH": "/usr/bin"})

    assert code == 1
    assert f"Unsupported: ffprobe of {name} is not simulated" in err


def test_what_it_says_of_itself_comes_before_errors_unless_hidden() -> None:
    loud, hidden = on_a_host(OneHost(), ["absent.mp4"], ["-hide_banner", "absent.mp4"])

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
