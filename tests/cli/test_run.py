"""`run` plays scenarios of the catalogue and of the user's files, once or for many seeds, and reports on one screen."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.trace.query import Trace
from tests.support.command import environment, soundstage

SCENARIO = '''
import asyncio
from simulator import World, faults, oracles, scenario

@scenario(faults=[faults.may(faults.Pause("worker"), times_max=2, lasts_s=(30.0, 60.0))], horizon_s=20)
async def in_time(world: World, *, patience_s: float = 10.0, name: str = "job") -> None:
    """The worker is done in time."""
    ended = []

    async def work() -> None:
        await asyncio.sleep(5)
        ended.append(world.now_s)

    service = world.host("worker").run(work)
    world.drive()
    await service.wait()
    assert ended[0] <= patience_s, f"{name} was done after {ended[0]:.0f} s"
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "late.py").write_text(SCENARIO)
    return tmp_path


def test_without_an_argument_the_flagship_runs_and_says_what_became_of_each_recording(tmp_path: Path) -> None:
    done = soundstage("run", cwd=tmp_path)

    assert done.code == 0, done.out + done.err
    lines = done.out.splitlines()
    assert lines[0] == "recordings-survive, seed 2171, cameras=4, seconds=60.0: passed"
    assert "7 planned, 7 struck" in done.out
    for fault in ("kill stream on worker", "kill everything on redis", "s3: throttled:", "s3: reply-lost:"):
        assert any(line.split(" s  ")[-1].startswith(fault) for line in lines), fault
    became = [line for line in lines if ", byte for byte, " in line and " s after the last write" in line]
    assert [f"camera{n}.mp4" in line for n, line in enumerate(became, 1)] == [True] * 4
    for told in (
        "48.1 MiB recorded, 48.1 MiB published in 12 parts",
        "of them in vain",
        "requests that met trouble: redis: ",
        " throttled",
        "redis was killed once and started twice; stream was killed 3 times and started 4 times",
    ):
        assert told in done.out
    assert len(lines) <= 42


def test_the_trace_of_the_run_without_an_argument_is_kept_where_the_report_says(tmp_path: Path) -> None:
    told = [soundstage("run", "--json", cwd=tmp_path).json for _ in range(2)]

    assert told[0]["digest"] == told[1]["digest"]
    assert {one["trace"] for one in told} == {"soundstage-traces/recordings-survive-2171.jsonl"}
    trace = Trace.load(tmp_path / told[0]["trace"])
    assert (trace.complete, trace.digest, len(trace)) == (True, told[0]["digest"], told[0]["events"])
    assert trace.count("fault.begin") == len(told[0]["faults"])


def test_a_scenario_that_is_named_leaves_no_trace_when_it_passes(tmp_path: Path) -> None:
    done = soundstage("run", "ingest-under-power-cuts", cwd=tmp_path)

    assert (done.code, "  trace " in done.out, list(tmp_path.iterdir())) == (0, False, [])


@pytest.mark.parametrize("library", ["aiobotocore", "redis", "watchfiles", "ffmpeg", "lupa"])
def test_without_the_libraries_of_the_flagship_it_says_which_and_how_to_get_them(tmp_path: Path, library: str) -> None:
    program = f"import sys; sys.modules[{library!r}] = None\nfrom simulator.cli import main\nsys.exit(main(['run']))"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(PYTHONHASHSEED="0"), capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 2, done.stderr
    assert f"  why     the program needs a library that is not there: {library}" in done.stdout
    assert "  hint    pip install 'soundstage[clients,lua]'; in a checkout: scripts/prepare clients lua" in done.stdout
    assert "faults" not in done.stdout
    assert "again" not in done.stdout


def test_every_scenario_of_the_catalogue_is_listed_with_its_claim(tmp_path: Path) -> None:
    listed = soundstage("list", "--json", cwd=tmp_path).json
    told = soundstage("list", cwd=tmp_path).out

    assert {"echo-under-partition", "ingest-under-power-cuts", "lease-under-pause"} <= {one["name"] for one in listed}
    assert all(one["claim"] in told for one in listed)
    assert [one["name"] for one in listed if one["default"]] == ["recordings-survive"]


def test_a_scenario_of_a_file_is_played(folder: Path) -> None:
    by_file = soundstage("run", "late.py", "--param", "patience_s=1000", "--json", cwd=folder).json
    by_name = soundstage("run", "late.py:in-time", "--param", "patience_s=1000", "--json", cwd=folder).json
    by_module = soundstage("run", "late:in_time", "--param", "patience_s=1000", "--json", cwd=folder).json

    assert by_file["status"] == "passed"
    assert by_file["params"] == {"patience_s": 1000.0, "name": "job"}
    assert by_file["digest"] == by_name["digest"] == by_module["digest"]


def test_a_failing_seed_is_found_kept_and_replayed(folder: Path) -> None:
    swept = soundstage("run", "late.py", "--seeds", "12", cwd=folder)

    assert swept.code == 1
    assert "first failure:" in swept.out
    assert "job was done after" in swept.out
    (again,) = [line.split("simulator ")[1].split() for line in swept.out.splitlines() if line.startswith("  again")]
    replayed = soundstage(*again, cwd=folder)
    assert (replayed.code, replayed.out.startswith("the same, event by event: ")) == (0, True)
    assert "violated: job was done after" in replayed.out


def test_many_seeds_in_one_process_tell_what_each_tells_alone(folder: Path) -> None:
    swept = soundstage("run", "late.py", "--seeds", "4", "--seed", "3", "--json", cwd=folder).json
    alone = soundstage("run", "late.py", "--seed", "5", "--json", cwd=folder).json

    assert [one["seed"] for one in swept["runs"]] == [3, 4, 5, 6]
    assert (swept["runs"][2]["digest"], swept["runs"][2]["status"]) == (alone["digest"], alone["status"])


def test_the_report_of_a_failure_fits_a_screen_and_says_what_is_needed(folder: Path) -> None:
    seeds = soundstage("run", "late.py", "--seeds", "12", "--json", cwd=folder).json["runs"]
    seed = next(one["seed"] for one in seeds if one["status"] == "violated")

    done = soundstage("run", "late.py", "--seed", str(seed), "--trace", "t.jsonl", cwd=folder)

    assert done.code == 1
    assert len(done.out.splitlines()) <= 40
    for word in ("in-time", f"seed {seed}", "violated", "The worker is done in time.", "pause worker", "t.jsonl"):
        assert word in done.out
    assert "python -m simulator replay t.jsonl" in done.out


def test_a_trace_holds_what_is_needed_to_play_it_again(folder: Path) -> None:
    soundstage("run", "late.py", "--trace", "t.jsonl", "--param", "patience_s=1000", cwd=folder)

    header = Trace.load(folder / "t.jsonl").header
    assert (header.scenario, header.program, header.seed) == ("in-time", ["late.py"], 0)
    assert header.params == {"patience_s": 1000.0, "name": "job"}
    assert header.provenance["python"].startswith("CPython 3.")
    assert str(folder) not in (folder / "t.jsonl").read_text()


def test_another_schedule_tells_another_story_and_replays(folder: Path) -> None:
    one = soundstage("run", "--schedule", "random", "--trace", "r.jsonl", "--json", cwd=folder)

    assert one.code in (0, 1), one.err
    assert soundstage("replay", "r.jsonl", cwd=folder).code == 0


@pytest.mark.parametrize(
    ("words", "says", "hint"),
    [
        (("ecko",), "there is no scenario 'ecko'", "did you mean echo-under-partition?"),
        (("lease-under-pasue",), "there is no scenario 'lease-under-pasue'", "did you mean lease-under-pause?"),
        (("late",), "there is no scenario 'late'", "for the file, say late.py"),
        (("nothere.py",), "there is no file nothere.py", "name a Python file that holds a scenario"),
        (("late.py:in_tiem",), "there is no scenario 'in_tiem'", "did you mean in-time?"),
        (("no.such.module",), "there is no module", "`list` shows the scenarios there are"),
        (
            ("late.py", "--param", "patience=1"),
            "in-time has no parameter 'patience'",
            "its parameters: patience_s, name",
        ),
        (("late.py", "--param", "patience_s=soon"), "parameter patience_s='soon' is not a valid float", None),
        (("late.py", "--param", "patience_s"), "--param 'patience_s' is not of the form NAME=VALUE", None),
        (("empty.py",), "empty.py holds no scenario", "make one: @scenario() above an async function of a world"),
        (("broken.py",), "broken.py cannot be imported: ZeroDivisionError", None),
        (("two.py",), "two.py holds 2 scenarios", "name one: two.py:one"),
        (("unclaimed.py",), "scenario 'one' claims nothing", None),
    ],
)
def test_a_mistake_is_told_with_the_next_step(
    folder: Path, words: tuple[str, ...], says: str, hint: str | None
) -> None:
    (folder / "empty.py").write_text("x = 1\n")
    (folder / "broken.py").write_text("def f():\n    return 1 / 0\nf()\n")
    one = "@scenario()\nasync def {}(world):\n    '''It holds.'''\n"
    (folder / "two.py").write_text("from simulator import scenario\n" + one.format("one") + one.format("two"))
    (folder / "unclaimed.py").write_text("from simulator import scenario\n@scenario()\nasync def one(world): pass\n")

    done = soundstage("run", *words, cwd=folder)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {says}")
    assert "Traceback" not in done.err
    assert hint is None or done.hints == [hint]


@pytest.mark.parametrize("words", [("--seed", "one"), ("--seeds", "0"), ("--seeds", "-3"), ("--seed", "9" * 99)])
def test_a_seed_that_is_none_is_misuse(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = soundstage("run", *words, cwd=tmp_path)

    assert done.code == 2
    assert "error: argument --seed" in done.err


def test_a_scenario_that_fails_by_itself_says_where(tmp_path: Path) -> None:
    text = "from simulator import scenario\n@scenario()\nasync def one(world):\n    '''It holds.'''\n    return 1 / 0\n"
    (tmp_path / "bad.py").write_text(text)

    done = soundstage("run", "bad.py", cwd=tmp_path)

    assert done.code == 4
    assert "ZeroDivisionError: division by zero" in done.out
    assert "bad.py:5 in one" in done.out


def test_a_scenario_that_waits_for_nothing_is_stuck(tmp_path: Path) -> None:
    text = "import asyncio\nfrom simulator import scenario\n@scenario()\nasync def one(world):\n    '''It ends.'''\n"
    (tmp_path / "bad.py").write_text(text + "    await asyncio.Event().wait()\n")

    done = soundstage("run", "bad.py", "--json", cwd=tmp_path)

    assert done.code == 3
    assert "bad.py:6 in one" in json.loads(done.out)["message"]


ORDERED = '''
import asyncio
from simulator import World, scenario

@scenario()
async def in_order(world: World, *, broken: bool = False) -> None:
    """Callbacks run in the order in which they were made ready."""
    seen = []
    for number in range(8):
        asyncio.get_running_loop().call_soon(seen.append, number)
    await asyncio.sleep(1)
    assert seen == list(range(8)) and not broken
'''


@pytest.mark.parametrize(("param", "said"), [("broken=false", "not shown"), ("broken=true", "yes")])
def test_a_failure_under_another_order_says_whether_asyncio_can_show_it(tmp_path: Path, param: str, said: str) -> None:
    (tmp_path / "order.py").write_text(ORDERED)

    done = soundstage("run", "order.py", "--schedule", "random", "--seed", "1", "--param", param, cwd=tmp_path)
    found = soundstage(
        "run", "order.py", "--schedule", "random", "--seed", "1", "--param", param, "--json", cwd=tmp_path
    )

    assert done.code == 1, done.err
    assert f"possible on stock asyncio: {said}" in done.out
    assert found.json["possible_on_stock_asyncio"].startswith(said)
