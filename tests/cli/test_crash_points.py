"""`crash-points` finds the moments that hurt a program which counts on its answers, and clears one that does not."""

import subprocess
from pathlib import Path

import pytest

from simulator.cli.find import find
from simulator.faults import CrashAt, Plan, TimedFault
from simulator.harness.run import run
from tests.support.command import soundstage

SCENARIO = """
import asyncio, os
from simulator import scenario
from simulator.faults import Kill, may

ONCE = {once}

async def serve(reader, writer):
    while line := await reader.readline():
        words = open("/data/words").read().split() if os.path.exists("/data/words") else []
        if not (ONCE and line.decode().strip() in words):
            with open("/data/words", "a") as file:
                file.write(line.decode())
        writer.write(b"ok\\n")
    writer.close()

async def server():
    async with await asyncio.start_server(serve, "server", 7000) as listening:
        await listening.serve_forever()

async def teller():
    done = open("/data/done").read().split() if os.path.exists("/data/done") else []
    await asyncio.sleep(0.1)
    reader, writer = await asyncio.open_connection("server", 7000)
    for word in ("one", "two", "three"):
        if word not in done:
            writer.write(word.encode() + b"\\n")
            await reader.readline()
            with open("/data/done", "a") as file:
                file.write(word + "\\n")
    writer.close()

@scenario(faults=[may(Kill("client", "teller"))])
async def told(world, *, words=3):
    '''The server has every word once.'''
    disk = world.host("server").mount("/data")
    world.host("client").mount("/data")
    world.host("server").run(server)
    world.host("client").run(teller)
    world.drive()
    await asyncio.sleep(10)
    from simulator.world.disk import cat
    assert cat(disk, "/words").split() == [b"one", b"two", b"three"]
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "told.py"
    path.write_text(SCENARIO.replace("{once}", "False"))
    return path


def test_every_point_of_a_program_that_may_repeat_itself_recovers(tmp_path: Path) -> None:
    path = tmp_path / "told.py"
    path.write_text(SCENARIO.replace("{once}", "True"))

    done = soundstage("crash-points", path, "--traces", tmp_path / "traces", cwd=tmp_path)

    assert done.code == 0, done.err
    assert "kill teller on client, back after 1 s; 6 effects in all" in done.out
    assert done.out.endswith("12 of 12 crash points recover\n")
    assert not (tmp_path / "traces").exists()


def test_the_moment_that_hurts_is_named_and_replays(tmp_path: Path, broken: Path) -> None:
    done = soundstage("crash-points", broken, "--traces", tmp_path / "traces", "--json", cwd=tmp_path)

    told = done.json
    failing = {(one["effect"], one["moment"]) for one in told["results"] if one["status"] != "passed"}
    assert done.code == 1
    # A word is told twice when its note is missing; after the answer it is the next word's that is.
    assert failing == {(1, "applied"), (1, "answered"), (3, "applied"), (3, "answered"), (5, "applied")}
    assert (told["points"], told["recovered"]) == (12, 7)
    lines = [one["replay"] for one in told["results"] if "replay" in one]
    assert len(lines) == 1  # They all violate the same.

    again = soundstage("replay", lines[0].split()[-1], cwd=tmp_path)

    assert again.code == 0, again.out + again.err
    assert "the same, event by event" in again.out
    assert "outcome: violated" in again.out


def test_a_copy_and_a_run_from_the_start_agree(tmp_path: Path, broken: Path) -> None:
    done = soundstage("crash-points", broken, "--traces", tmp_path / "traces", cwd=tmp_path)

    assert "5 times: violated: assertion: assert cat(disk" in done.out
    assert "  first   effect 1, applied: net server" in done.out
    assert "ends otherwise" not in done.err


def test_every_copy_ends_as_a_run_from_the_start_does(tmp_path: Path, broken: Path) -> None:
    done = soundstage("crash-points", broken, "--traces", tmp_path / "traces", "--json", cwd=tmp_path)

    told = {(one["effect"], one["moment"]): one["status"] for one in done.json["results"]}
    scenario = find(str(broken))
    for (effect, moment), status in told.items():
        blow = CrashAt("client", "teller", effect, moment)
        assert run(scenario, hand_plan=Plan((TimedFault(0, 0, blow),))).outcome.status == status, (effect, moment)


def test_less_may_be_asked_for(tmp_path: Path, broken: Path) -> None:
    def points(*words: str) -> set[tuple[int, str]]:
        done = soundstage("crash-points", broken, "--traces", tmp_path / "traces", "--json", *words, cwd=tmp_path)
        return {(one["effect"], one["moment"]) for one in done.json["results"]}

    assert points("--only", "fs") == {(2, "applied"), (4, "applied"), (6, "applied")}
    assert points("--moments", "before", "--every", "2") == {(1, "before"), (5, "before")}
    assert points("--cancel", "--moments", "answered", "--only", "net") == {
        (1, "answered"), (3, "answered"), (5, "answered"),
    }  # fmt: skip


def test_a_plain_program_is_struck_and_started_again(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(
        "import os, time\n"
        "names = sorted(os.listdir('/data'))\n"
        "for number in range(len(names), 3):\n"
        "    with open(f'/data/{number}.tmp', 'w') as file:\n"
        "        file.write('x' * number)\n"
        "    time.sleep(1)\n"
        "    os.rename(f'/data/{number}.tmp', f'/data/{number}')\n"
        "assert sorted(os.listdir('/data')) == ['0', '1', '2'], os.listdir('/data')\n"
    )

    done = soundstage("crash-points", "plain.py", "--traces", tmp_path / "traces", cwd=tmp_path)

    assert done.code == 1, done.out + done.err
    assert "fs rename" in done.out
    assert "2 times: crashed: AssertionError" in done.out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["echo-under-partition"], "nobody is killed by the menu"),
        (["told.py", "--victim", "nobody"], "there is no host 'nobody'"),
        (["told.py", "--moments", "befor"], "there is no moment 'befor'"),
        (["told.py", "--only", "s4"], "there is no family of effects 's4'"),
        (["told.py", "--down", "-1"], "nobody comes back before leaving"),
        (["nothing-like-it"], "there is no scenario"),
    ],
)
def test_what_cannot_be_struck_is_said(broken: Path, words: list[str], why: str) -> None:
    done = soundstage("crash-points", *words, cwd=broken.parent)

    assert done.code == 2
    assert why in done.err


def test_a_run_that_fails_by_itself_is_not_struck(tmp_path: Path) -> None:
    path = tmp_path / "told.py"
    path.write_text(SCENARIO.replace("{once}", "False").replace('b"three"]', 'b"four"]'))

    done = soundstage("crash-points", path, cwd=tmp_path)

    assert done.code == 2
    assert "without a blow the run is violated" in done.err


def test_nobody_is_left_behind(tmp_path: Path, broken: Path) -> None:
    soundstage("crash-points", broken, "--traces", tmp_path / "traces", "--jobs", "3", cwd=tmp_path)

    found = subprocess.run(["pgrep", "-f", str(broken)], capture_output=True, text=True, check=False)
    assert found.stdout == ""
