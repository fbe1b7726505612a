"""The stand-in for watchfiles' Rust core reports what the real one does, experiment by experiment.

Both arms run the same body: real inotify on a real folder in real time, and the simulated disk in virtual time.
"""

import asyncio
from pathlib import Path

import pytest

from tests.parity.watch_experiments import EXPERIMENTS, experiment
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

    async def act(root: Path, *, patient: bool) -> None:
        for number in range(50):
            (root / f"{number}").mkdir()
            if patient:
                await asyncio.sleep(0.01)
            (root / f"{number}" / "file").touch()

    missed = {}
    for patient in (False, True):
        world = OneHost()
        world.host.mount("/media")
        told = world.run(lambda patient=patient: asyncio.run(_files(act, patient)))  # type: ignore[misc]
        missed[patient] = 50 - len(told)

    assert missed[False] > 0
    assert missed[True] == 0


async def _files(act: object, patient: bool) -> list[str]:
    from functools import partial

    from tests.parity.watch_experiments import reported

    told = await reported(Path("/media"), partial(act, patient=patient))  # type: ignore[call-overload]
    return [line for line in told if line.startswith("added") and line.endswith("/file")]


def test_an_overflowing_queue_loses_changes_without_a_word() -> None:
    """Sixteen thousand notices fit; the watcher is not told of the rest, and the trace says so."""

    async def flood(root: Path) -> None:
        for number in range(6000):
            (root / f"{number}").touch()

    async def told() -> list[str]:
        from tests.parity.watch_experiments import reported

        return await reported(Path("/media"), flood)

    world = OneHost()
    world.host.mount("/media")
    reported_changes = world.run(lambda: asyncio.run(told()))

    assert 4000 < len(reported_changes) < 6000
    assert world.trace.count("watch.lost") == 1
