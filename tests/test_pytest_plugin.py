"""The pytest plugin plays simulated tests for many seeds, and a failure shows one screen with a way back."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

TESTS = '''
import asyncio
import os
import pytest
from simulator import faults

SEEN = []

async def sleeps():
    await asyncio.sleep(60)
    return os.urandom(4)

@pytest.fixture
def patience():
    return 3600

@pytest.mark.soundstage(seeds=5)
async def test_the_body_is_the_scenario(world, patience):
    service = world.host("a").run(sleeps)
    await service.wait()
    assert world.now_s < patience
    SEEN.append(world.now_s)

def test_so_many_seeds_were_played():
    assert len(SEEN) == int(os.environ.get("EXPECTED", 5))

def test_a_program_is_played_by_hand(soundstage):
    run = soundstage(sleeps, seed=7)
    assert run.value == soundstage(sleeps, seed=7).value

def test_a_scenario_of_the_catalogue(soundstage):
    from simulator.scenarios.lease_under_pause import __name__ as module
    from simulator.scenarios import catalogue
    soundstage(catalogue()["lease-under-pause"], seeds=2)

@pytest.mark.skipif("FAIL" not in os.environ, reason="only to fail")
@pytest.mark.soundstage(seeds=20, faults=[faults.may(faults.Pause("a"), lasts_s=(5000, 6000))], horizon_s=50)
async def test_that_fails_for_some_seed(world):
    """Nobody is late."""
    service = world.host("a").run(sleeps)
    world.drive()
    await service.wait()
    assert world.now_s < 1000, "too late"
'''


def session(folder: Path, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_it.py").write_text(TESTS)
    installed = any(point.name == "soundstage" for point in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "simulator.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", "-q", *words]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env = kept | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"} | env
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_marked_tests_and_the_fixture_play_their_seeds(tmp_path: Path) -> None:
    done = session(tmp_path)

    assert done.returncode == 0, done.stdout
    assert "4 passed, 1 skipped" in done.stdout


def test_the_number_of_seeds_can_be_said_for_a_session(tmp_path: Path) -> None:
    done = session(tmp_path, "--soundstage-seeds", "2", EXPECTED="2")

    assert "4 passed, 1 skipped" in done.stdout


def test_a_failure_shows_one_screen_keeps_its_trace_and_can_be_played_alone(tmp_path: Path) -> None:
    done = session(tmp_path, "-k", "fails", FAIL="1")

    assert done.returncode == 1
    for words in ("violated", "too late", "pause a", "soundstage-traces/test_that_fails_for_some_seed-"):
        assert words in done.stdout
    assert "Traceback" not in done.stdout
    (again,) = {line.split("pytest ")[1] for line in done.stdout.splitlines() if "again   pytest " in line}
    alone = session(tmp_path, *again.split(), FAIL="1")
    assert "too late" in alone.stdout
    assert list((tmp_path / "soundstage-traces").glob("*.jsonl"))


def test_random_hashes_are_pointed_out(tmp_path: Path) -> None:
    done = session(tmp_path, "-v", "--co", PYTHONHASHSEED="random")

    assert "string hashes are random here" in done.stdout


def test_no_seeds_at_all_is_a_mistake(pytestconfig: pytest.Config) -> None:
    from simulator.pytest_plugin import Stagehand

    if not pytestconfig.pluginmanager.has_plugin("soundstage"):
        pytest.skip("the plugin is not installed in this session")
    with pytest.raises(pytest.UsageError, match="at least one seed"):
        Stagehand(pytestconfig, "test").play(None, seeds=0, seed=0)
