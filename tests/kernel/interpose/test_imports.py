"""What a module does while it is imported is not part of the story of the run that happens to import it."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.harness.run import Run
from simulator.kernel import importing
from simulator.kernel.interpose import install
from tests.support.inside import simulated

install()

BUSY = """
import logging, random, sys, time, uuid
made_at, token, number = time.time(), uuid.uuid4(), random.random()
print("importing")
logging.getLogger("busy").warning("importing")
"""
BLOCKING = "import time\ntime.sleep(5)\nprint('slept')\n"


def import_twice(folder: Path, name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Run]:
    """Two runs of one program, of which only the first executes the module."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))

    def program() -> Any:
        import random
        import uuid

        importlib.import_module(name)
        return random.random(), uuid.uuid4()

    try:
        return simulated(program, mounts=()), simulated(program, mounts=())
    finally:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("folder", ["site-packages", "elsewhere"])
def test_a_module_that_runs_share_leaves_no_trace(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = import_twice(tmp_path / folder, f"busy_{folder[:4]}", BUSY, monkeypatch)

    assert first.outcome.passed, first.outcome.message
    assert first.value == second.value
    assert first.digest == second.digest
    assert first.trace.of("log").count() == 0


def test_a_programs_own_module_acts_in_the_story_but_moves_no_lane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "own_folders", [f"{tmp_path / 'own'}/"])

    first, second = import_twice(tmp_path / "own", "busy_own", BUSY, monkeypatch)

    assert first.value == second.value
    assert [run.trace.of("log").count() for run in (first, second)] == [1, 0]
    assert [run.trace.of("proc.stdout").count() for run in (first, second)] == [1, 0]


def test_a_module_that_blocks_is_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = import_twice(tmp_path / "site-packages", "blocking_library", BLOCKING, monkeypatch)

    assert [run.now_ns for run in (first, second)] == [5_000_000_000, 0]
    assert [event.at_ns for event in first.trace.of("proc.stdout").events] == [5_000_000_000]


def test_an_import_that_fails_is_over_and_its_traceback_is_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(ZeroDivisionError) as caught:
        exec("import broken_module", {})

    assert (importing.depth, importing.shared) == (0, 0)
    files = [Path(str(entry.path)).name for entry in caught.traceback]
    assert files == ["test_imports.py", "<string>", "broken_module.py"]
