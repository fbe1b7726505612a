"""`sweep` plays many seeds in many processes, tells distinct failures, and keeps what it found whatever happens."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.cli.grammar import act
from tests.support.command import Done, command, environment, soundstage

SHOP = """
import asyncio
from simulator import World, scenario

@scenario()
async def shop(world: World, *, wrong_from: int = 8) -> None:
    '''Nothing is sold twice.'''
    drawn = world.engine.choices.draw(10, stream="shop", site="desk", label="customers")
    await asyncio.sleep(drawn)
    assert drawn < wrong_from, f"{drawn} customers are too many"
    assert drawn != 3, "three is a crowd"
"""
KILLS = """
import asyncio, ctypes, os, random, signal
asked = random.randrange(8)
async def main():
    await asyncio.sleep(1)
    if asked == 0:
        ctypes.CDLL(None).abort()
    if asked == 1:
        os._exit(7)
    if asked == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if asked == 3:
        os.fork()
    if asked == 4:
        while True: pass
asyncio.run(main())
"""


def sweep(folder: Path, *words: str) -> Done:
    return soundstage("sweep", *words, cwd=folder)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(SHOP)
    return tmp_path


def test_distinct_failures_are_told_once_each_with_a_line_that_plays_them_again(shop: Path) -> None:
    done = sweep(shop, "shop.py", "--seeds", "60", "--jobs", "2")

    assert done.code == 1, done
    assert "shop: 60 seeds, " in done.out
    assert "2 distinct failures:" in done.out
    lines = [line.split() for line in done.out.splitlines() if line.startswith("   again   ")]
    assert len(lines) == 2
    for line in lines:
        again = soundstage(*line[4:], cwd=shop)
        assert again.code == 0, again
        assert "the same, event by event" in again.out


def test_what_is_found_does_not_hang_on_how_many_processes_look(shop: Path) -> None:
    one, three = (
        sweep(shop, "shop.py", "--seeds", "60", "--jobs", jobs, "--json", "--ledger", f"l{jobs}").json for jobs in "13"
    )

    def told(data: dict[str, list[dict[str, object]]]) -> list[tuple[object, ...]]:
        return [(found["signature"], found["count"], found["seed"], found["digest"]) for found in data["findings"]]

    assert told(one) == told(three)
    assert one["statuses"] == three["statuses"]
    assert sum(one["statuses"].values()) == 60


def test_a_rerun_says_what_is_new_ongoing_and_resolved(shop: Path) -> None:
    first = sweep(shop, "shop.py", "--seeds", "40", "--json").json
    (shop / "shop.py").write_text(SHOP.replace("drawn != 3", "drawn not in (4, 5)").replace("three is", "they are"))
    second = sweep(shop, "shop.py", "--seeds", "40", "--json").json

    assert {found["state"] for found in first["findings"]} == {"new"}
    states = {found["message"].partition(" ")[2]: found["state"] for found in second["findings"]}
    assert states["are a crowd"] == "new"
    assert sorted(states.values()) == ["new", "ongoing"]
    assert [(one["state"], "three is a crowd" in one["signature"]) for one in second["gone"]] == [("resolved", True)]


def test_the_first_failure_may_be_enough(shop: Path) -> None:
    done = sweep(shop, "shop.py", "--first", "--jobs", "1", "--json")

    assert done.code == 1
    assert len(done.json["findings"]) == 1
    assert done.json["ended"] == "the first failure"
    assert done.json["seeds"] < 100


def test_a_budget_of_time_ends_it(shop: Path) -> None:
    done = sweep(shop, "shop.py", "--for", "2s", "--param", "wrong_from=3", "--json")

    assert done.json["ended"] == "the time is over"
    assert 2 <= done.json["real_s"] < 20


def test_several_subjects_are_swept_in_turn(shop: Path) -> None:
    (shop / "other.py").write_text("print('well')")

    done = sweep(shop, "shop.py", "other.py", "--seeds", "10", "--json")

    assert done.code == 1
    assert done.json["seeds"] == 20
    assert {found["subject"] for found in done.json["findings"]} == {"shop"}
    assert {path.name for path in (shop / "soundstage-sweeps").iterdir()} == {"shop", "other"}


def test_a_program_that_kills_its_process_costs_its_own_seeds_alone(tmp_path: Path) -> None:
    (tmp_path / "kills.py").write_text(KILLS)

    done = sweep(
        tmp_path, "kills.py", "--seeds", "40", "--jobs", "2", "--limit", "spin_s=1", "--faults", "none", "--json"
    )

    assert done.code == 1, done
    assert done.json["seeds"] == 40
    found = {one["signature"].partition(" | ")[0].partition(",")[0] for one in done.json["findings"]}
    assert found == {
        "died: by SIGABRT",
        "crashed: exit status 7",
        "crashed: ended by SIGKILL",
        "crashed: os.fork is not simulated: a simulated process cannot be copied; start a program of the host's",
        "stuck: spin_s reached: *",
    }
    assert all(os.path.exists(tmp_path / one["trace"]) for one in done.json["findings"])


def test_a_seed_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import random\nfor _ in range(10 ** 12 if random.randrange(4) == 0 else 1): pass\n"
    )

    done = sweep(tmp_path, "slow.py", "--seeds", "8", "--seed-timeout", "2s", "--faults", "none", "--json", "--first")

    assert done.code == 1
    assert done.json["findings"][0]["signature"] == "hung: no end within * real seconds"


def test_a_programs_arguments_follow_after_two_dashes(tmp_path: Path) -> None:
    (tmp_path / "args.py").write_text(
        "import os, sys\nassert sys.argv[1:] == ['--seeds', 'x'] and os.environ['A'] == 'b'\n"
    )

    done = sweep(tmp_path, "args.py", "--seeds", "3", "--env", "A=b", "--", "--seeds", "x")

    assert done.code == 0, done


def test_guided_search_repeats_itself_and_what_it_found_can_be_replayed(tmp_path: Path) -> None:
    (tmp_path / "doors.py").write_text("""
from simulator import World, scenario, sometimes
@scenario()
async def doors(world: World) -> None:
    '''The treasure stays where it is.'''
    for door in range(3):
        if world.engine.choices.draw(8, stream="maze", site=f"door {door}", label="key") != 7:
            return
        sometimes(f"door {door} is open")
        if door == 99:
            sometimes("the last door is open")
    raise AssertionError("the treasure is gone")
""")
    words = ("doors.py", "--seeds", "600", "--guided", "--first", "--jobs", "1", "--json")

    one, other = (sweep(tmp_path, *words, "--ledger", name) for name in ("one", "other"))

    assert one.code == 1, one
    (found,), (same,) = one.json["findings"], other.json["findings"]
    assert (found["digest"], one.json["seeds"]) == (same["digest"], other.json["seeds"])
    assert one.json["reached"]["sometimes"] == ["door 0 is open", "door 1 is open", "door 2 is open"]
    assert [mark["words"] for mark in one.json["reached"]["never"]] == ["the last door is open"]
    again = soundstage(*found["replay"].split()[3:], cwd=tmp_path)
    assert again.code == 0, again


def test_a_plain_program_marks_places_with_log_records(tmp_path: Path) -> None:
    (tmp_path / "marks.py").write_text("""
import logging, sys
logging.warning("sometimes: it runs")
if len(sys.argv) > 5:
    logging.warning("sometimes: it has many arguments")
""")

    done = sweep(tmp_path, "marks.py", "--seeds", "2", "--faults", "none")

    assert done.code == 0, done
    assert "1 of 2 marks" in done.out
    assert "never   it has many arguments (marks.py:5)" in done.out


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")
def test_branches_that_always_went_one_way_are_told(tmp_path: Path) -> None:
    (tmp_path / "way.py").write_text("import random\nif random.random() < 2:\n    print('always')\n")

    done = sweep(tmp_path, "way.py", "--seeds", "4", "--faults", "none", "--branches", "way.py")

    assert "one way way.py, lines 2" in done.out


def test_a_failure_under_another_order_than_asyncios_says_so(tmp_path: Path) -> None:
    (tmp_path / "order.py").write_text("""
import asyncio
async def main():
    seen = []
    for n in range(3):
        asyncio.get_running_loop().call_soon(seen.append, n)
    await asyncio.sleep(1)
    assert seen == [0, 1, 2]
asyncio.run(main())
""")
    words = ("order.py", "--seeds", "12", "--faults", "none", "--first")

    assert sweep(tmp_path, *words).code == 0
    done = sweep(tmp_path, *words, "--schedule", "random")

    assert done.code == 1
    assert "possible on stock asyncio: not shown, the same seed passes in order" in done.out


def test_ctrl_c_keeps_what_is_done_and_leaves_nobody_behind(shop: Path) -> None:
    process = subprocess.Popen(
        command("sweep", "shop.py", "--for", "1h", "--jobs", "2", "--json"),
        cwd=shop, env=environment(PYTHONHASHSEED="0"), stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    ledger = shop / "soundstage-sweeps" / "shop" / "ledger.jsonl"
    end_s = time.monotonic() + 30
    while time.monotonic() < end_s and not (ledger.exists() and ledger.read_bytes().count(b"violates") >= 5):
        time.sleep(0.05)
    children = _children(process.pid)

    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)

    data = json.loads(out)
    assert process.returncode == 130
    assert data["ended"] == "interrupted"
    assert data["findings"]
    assert all(os.path.exists(shop / one["trace"]) for one in data["findings"])
    assert ledger.read_text().splitlines()[-1].startswith('{"end":1,"why":"interrupted"')
    assert len(children) == 3
    assert not any(os.path.exists(f"/proc/{pid}") for pid in children)


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "sweep needs a scenario or a program"),
        (("echo-under-partitoin",), "there is no scenario 'echo-under-partitoin'"),
        (("nowhere.py",), "there is no file nowhere.py"),
        (("-m", "no.such.module"), "no module named 'no.such.module'"),
        (("shop.py", "--param", "wrong=1"), "shop has no parameter 'wrong'"),
        (("shop.py", "--faults", "network"), "--faults are for programs"),
        (("plain.py", "--faults", "locusts"), "there is no group of faults 'locusts'"),
        (("plain.py", "--param", "a=1"), "--param is for scenarios"),
        (("shop.py", "--seeds", "0"), "a whole number from 1 on is expected"),
        (("shop.py", "--for", "soon"), "a time like 90s, 20m or 8h is expected"),
        (("shop.py", "--limit", "turns=3"), "there is no limit 'turns'"),
        (("shop.py", "--ledger", "shop.py/x"), "cannot be written"),
        (("plain.py", "--mount", "relative"), "relative"),
    ],
)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_what_cannot_be_swept_is_refused_in_words(
    shop: Path,
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (shop / "plain.py").write_text("print('well')")
    monkeypatch.chdir(shop)
    monkeypatch.setattr("sys.path", [str(shop), *sys.path])

    try:
        code = act(["sweep", *words])
    except SystemExit as refused:  # argparse's own.
        code = int(str(refused.code))

    assert code == 2
    assert said in capsys.readouterr().err
