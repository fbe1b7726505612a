"""Each trouble that an ffprobe can have is met by programs as on a machine: blocking, and through asyncio."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import ffmpeg
import pytest

from simulator.services.ffprobe.hosted import HostedFfprobe, host_ffprobe
from simulator.services.ffprobe.troubles import FFPROBE_SURFACE
from tests.support.films import film, recorded
from tests.support.processes import OneHost

FILM = "/films/plain.mp4"
JSON = ("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json")
SHOW = (*JSON, FILM)
LONG = 3600.0
ROOT = Path(__file__).resolve().parents[3]
Met = tuple[int | None, bytes, bytes, float]


class Theatre:
    """A host with a film and an ffprobe."""

    def __init__(self, *troubles: str, seed: int = 0) -> None:
        self.stage = OneHost(seed=seed)
        self.stage.host.mount("/films")
        self.ffprobe: HostedFfprobe = host_ffprobe(self.stage.host, troubles=troubles)

    def run(self, main: Any) -> Any:
        def program() -> Any:
            Path(FILM).write_bytes(film("h264_aac_plain"))
            return main()

        return self.stage.run(program, env={"PATH": "/usr/bin"})


def answer(out: bytes) -> Any:
    told = json.loads(out)
    told["format"]["filename"] = "h264_aac_plain.mp4"
    return told


GOOD = recorded("h264_aac_plain")["stdout"]


async def execute(timeout_s: float = LONG) -> Met:
    """Run it as an asyncio program does, with a limit and a kill."""
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(*SHOW, stdout=PIPE, stderr=PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(), timeout_s)
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
    return process.returncode, out, err, round(time.monotonic() - begun, 1)


def met(*troubles: str, timeout_s: float = LONG) -> Met:
    """What an asyncio program sees of one run."""
    found: Met = Theatre(*troubles).run(lambda: asyncio.run(execute(timeout_s)))
    return found


def probed(*troubles: str) -> tuple[Any, str]:
    """What `ffmpeg.probe` returns, or its error as text; and how that came about."""

    def main() -> tuple[Any, str]:
        try:
            return ffmpeg.probe(FILM), ""
        except ffmpeg.Error as error:
            said = [line for line in error.stderr.decode().splitlines() if not line.startswith("ffprobe version")]
            return None, said[-1] if said else "silence"
        except (OSError, json.JSONDecodeError) as error:
            return None, f"{type(error).__name__}: {error}"

    found: tuple[Any, str] = Theatre(*troubles).run(main)
    return found


# --- each kind --------------------------------------------------------------------------------------------------


def test_without_troubles_it_answers() -> None:
    code, out, err, took_s = met()

    assert (code, answer(out), err) == (0, GOOD, b"")
    assert took_s < 1
    assert probed()[1] == ""


def test_missing_is_a_program_that_is_not_found() -> None:
    with pytest.raises(FileNotFoundError) as error:
        met("missing")

    assert error.value.filename == "ffprobe"
    assert probed("missing")[1] == "FileNotFoundError: [Errno 2] No such file or directory: 'ffprobe'"
    assert Theatre("missing").run(lambda: shutil.which("ffprobe")) is None


def test_broken_is_a_program_that_cannot_be_loaded() -> None:
    code, out, err, _ = met("broken")

    assert (code, out) == (127, b"")
    assert b"error while loading shared libraries" in err
    assert "shared libraries" in probed("broken")[1]


def test_a_hung_one_never_ends_by_itself() -> None:
    code, out, _, took_s = met("hangs", timeout_s=100)

    assert (code, out, took_s) == (-signal.SIGKILL, b"", 100.0)


def test_a_hung_one_holds_ffmpeg_python_for_ever_unless_someone_kills_it() -> None:
    """`ffmpeg.probe` has no timeout of its own."""

    async def main() -> tuple[str, float]:
        begun = time.monotonic()
        thread = asyncio.create_task(asyncio.to_thread(ffmpeg.probe, FILM))
        done, _ = await asyncio.wait([thread], timeout=LONG)
        waited_s = time.monotonic() - begun
        killer = await asyncio.create_subprocess_exec("pkill")
        await killer.wait()
        return "ended" if done else "waits", round(waited_s)

    theatre = Theatre("hangs")
    family = theatre.stage.host
    family.executables.install("pkill", lambda: end_all(theatre))

    assert theatre.run(lambda: asyncio.run(main())) == ("waits", LONG)


def end_all(theatre: Theatre) -> int:
    for process in theatre.stage.engine.processes:
        if process.name == "ffprobe":
            process.signal(signal.SIGKILL)
    return 0


def test_a_slow_one_answers_later() -> None:
    code, out, _, took_s = met("slow:seconds=30")

    assert (code, answer(out)) == (0, GOOD)
    assert 30 <= took_s < 31


@pytest.mark.parametrize(("code", "status"), [("SIGKILL", -9), ("SIGSEGV", -11), ("SIGTERM", -15)])
def test_a_killed_one_has_said_nothing(code: str, status: int) -> None:
    returned, out, err, took_s = met(f"killed:code={code},seconds=2")

    assert (returned, out, err) == (status, b"", b"")
    assert 2 <= took_s < 3
    assert probed(f"killed:code={code}") == (None, "silence")


def test_half_an_answer_comes_before_the_kill() -> None:
    whole = met()[1]

    code, out, _, _ = met("half")

    assert (code, out) == (-signal.SIGKILL, whole[: len(whole) // 2])
    assert probed("half") == (None, "silence")


def test_half_an_answer_may_look_like_success() -> None:
    code, out, err, _ = met("half:code=0,at_byte=100")
    _, error = probed("half:code=0,at_byte=100")

    assert (code, len(out), err) == (0, 100, b"")
    assert error.startswith("JSONDecodeError")


def test_no_answer_at_all_may_look_like_success() -> None:
    assert met("half:code=0,at_byte=0")[:3] == (0, b"", b"")


def test_a_good_answer_may_come_with_another_status() -> None:
    code, out, _, _ = met("wrong-exit:code=3")

    assert (code, answer(out)) == (3, GOOD)
    assert probed("wrong-exit") == (None, "silence")


def test_a_good_answer_may_come_with_complaints() -> None:
    code, out, err, _ = met("noisy")

    assert (code, answer(out)) == (0, GOOD)
    assert err.startswith(b"[h264 @")


# --- which runs are struck --------------------------------------------------------------------------------------


def test_every_kind_of_the_surface_is_shown_above() -> None:
    text = Path(__file__).read_text(encoding="utf-8")

    assert [kind for kind in FFPROBE_SURFACE if f'"{kind}' not in text] == []


def test_the_page_tells_of_every_kind() -> None:
    page = (ROOT / "docs" / "reference" / "ffprobe.md").read_text(encoding="utf-8")

    assert [kind.name for kind in FFPROBE_SURFACE.values() if f"| `{kind.name}` | {kind.doc} |" not in page] == []


def test_a_trouble_strikes_as_often_as_it_says_and_only_the_files_it_names() -> None:
    theatre = Theatre("killed:times=1", "wrong-exit:key=*other*,code=5")

    def main() -> list[int]:
        shutil.copyfile(FILM, "/films/other.mp4")
        names = (FILM, FILM, "/films/other.mp4", "file:/films/other.mp4")
        return [subprocess.run([*JSON, name], capture_output=True).returncode for name in names]

    assert theatre.run(main) == [-9, 0, 5, 5]
    assert theatre.ffprobe.troubles.hits == {1: 1, 2: 2}
    told = [event.fields["verdict"] for event in theatre.stage.recorder.trace() if event.kind == "fault.hit"]
    assert told == ["killed", "wrong-exit", "wrong-exit"]


def test_troubles_come_and_go_while_programs_run() -> None:
    theatre = Theatre()
    board = theatre.ffprobe.troubles

    def main() -> list[bool]:
        seen = []
        for turn in range(3):
            number = board.on("missing") if turn == 1 else 0
            seen.append(shutil.which("ffprobe") is not None)
            if number:
                board.off(number)
        return seen

    assert theatre.run(main) == [True, False, True]


def test_chance_is_drawn_for_the_host_and_the_same_for_a_seed() -> None:
    def codes(seed: int) -> list[int]:
        theatre = Theatre("wrong-exit:chance=50%", seed=seed)
        found: list[int] = theatre.run(
            lambda: [subprocess.run(SHOW, capture_output=True).returncode for _ in range(20)]
        )
        return found

    assert codes(1) == codes(1)
    assert codes(1) != codes(2)
    assert {0, 1} == set(codes(1))


def test_a_plain_program_meets_them_in_exec(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import subprocess\nprint([subprocess.call(['ffprobe', '-version']) for _ in range(3)])\n")
    command = [sys.executable, "-m", "simulator", "exec", "--quiet", "--fault", "ffprobe.killed:skip=1,times=1"]

    done = subprocess.run([*command, str(program)], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "[0, -9, 0]", done.stderr


def test_a_code_that_is_neither_status_nor_signal_is_refused() -> None:
    code, _, err, _ = met("killed:code=SIGNONSENSE")

    assert code == 1
    assert b"'SIGNONSENSE' is neither an exit status nor a signal" in err
