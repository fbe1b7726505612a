"""The stand-in for watchfiles' Rust core reports what the real one does, experiment by experiment.

Both arms run the same body: real inotify on a real folder in real time, and the simulated disk in virtual time.
"""

import asyncio
from pathlib import Path

import pytest

from tests.parity.watch_experiments import EXPERIMENTS, experiment, reported
from tests.support.processes import OneHost


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_both_report_the_same_changes(name: str, tmp_path: Path) -> None:
    real = asyncio.run(experiment(name, tmp_path))

    world = OneHost()
    world.host.mount("/media")
    simulated = world.run(lambda: asyncio.run(experiment(name, Path("/media"))))

    assert simulated == real


def test_a_file_made_at_once_in_a_new_folder_may_be_missed_and_never_when_it_waits() -> None:
    """The race of the real one: a folder's watch is set a moment after the folder is made."""
    assert _files_missed(patience_s=0) > 0
    assert _files_missed(patience_s=0.01) == 0


def _files_missed(*, patience_s: float) -> int:
    """How many of fifty files, each made in a new folder, are not reported."""

    async def act(root: Path) -> None:
        for number in range(50):
            (root / f"{number}").mkdir()
            await asyncio.sleep(patience_s)
            (root / f"{number}" / "file").touch()

    world = OneHost()
    world.host.mount("/media")
    told = world.run(lambda: asyncio.run(reported(Path("/media"), act)))
    return 50 - sum(line.startswith("added") and line.endswith("/file") for line in told)


def test_an_overflowing_queue_loses_changes_without_a_word() -> None:
    """Sixteen thousand notices fit; the watcher is not told of the rest, and the trace says so."""

    async def flood(root: Path) -> None:
        for number in range(6000):
            (root / f"{number}").touch()

    world = OneHost()
    world.host.mount("/media")
    reported_changes = world.run(lambda: asyncio.run(reported(Path("/media"), flood)))

    assert 4000 < len(reported_changes) < 6000
    assert world.trace.count("watch.lost") == 1
