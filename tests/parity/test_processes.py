"""Subprocesses, pipes, polling and signals tell in simulation what they tell on a real machine."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import OneHost
from tests.support.sessions.processes import PARTS
from tests.support.sessions.telling import Part, tell
from tests.support.small_programs import PROGRAMS, real_folder

_ROOT = Path(__file__).resolve().parents[2]
_PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What each part tells in an interpreter of its own, on this machine."""
    folder = tmp_path_factory.mktemp("programs")
    real_folder(str(folder))
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
    env.pop("INHERITED", None)
    command = [sys.executable, "-m", "tests.support.sessions.processes"]
    told = subprocess.run(
        command, cwd=_ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=120,
        preexec_fn=_heed_signals,
    )  # fmt: skip
    return dict(json.loads(line) for line in told.stdout.splitlines())


def _heed_signals() -> None:
    """Who was started in the background, or by nohup, ignores some signals, and so do all its children."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def simulated(part: Part, *, seed: int = 0) -> tuple[list[object], OneHost]:
    stage = OneHost(seed=seed)
    stage.host.mount("/work")
    for name, program in PROGRAMS.items():
        stage.host.executables.install(name, program)

    def main() -> list[object]:
        os.mkdir("/work/root")
        return tell(part, "/work/root")

    return stage.run(main, env={"PATH": _PATH}), stage


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_a_part_of_the_session_tells_the_same_in_both_worlds(part: Part, real: dict[str, list[Any]]) -> None:
    found, _ = simulated(part)

    assert found == real[part.__name__]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_a_part_tells_the_same_for_every_seed_and_has_one_trace_for_each(part: Part) -> None:
    told, stages = zip(*(simulated(part, seed=seed) for seed in (7, 7, 8)), strict=True)

    digests = [stage.recorder.finish("passed").digest for stage in stages]

    assert told[0] == told[1] == told[2]
    assert digests[0] == digests[1]
