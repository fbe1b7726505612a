"""A sweep on a Dask cluster finds what a local one finds, and loses nothing when a worker is killed meanwhile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.cli.grammar import act
from simulator.explore import cluster
from tests.support.command import command, environment

pytest.importorskip("distributed", reason="needs the extra `cluster`")

PATIENCE_S = 180
SEEDS = 80
SHOP = """
import asyncio, time
from simulator import World, scenario

@scenario()
async def shop(world: World) -> None:
    '''Nothing is sold twice.'''
    drawn = world.engine.choices.draw(10, stream="shop", site="desk", label="customers")
    await asyncio.sleep(drawn)
    sum(range(300_000))  # So that the sweep takes a while.
    assert drawn < 8, f"{drawn} customers are too many"
    assert drawn != 3, "three is a crowd"
"""


def until(what: Any, why: str) -> Any:
    end_s = time.monotonic() + PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < end_s, why
        time.sleep(0.1)
    return found


def begun(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    env = environment(PYTHONHASHSEED="0")
    return subprocess.Popen(command(*words), cwd=folder, env=env, stdout=subprocess.PIPE)


class Dask:
    """A scheduler and two workers on loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        self.address: str = until(lambda: self._address(file), "no scheduler")
        self.workers = [
            self._start("worker", self.address, "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1",
                        "--local-directory", str(folder / name), "--name", name)
            for name in ("one", "two")
        ]  # fmt: skip

    def _start(self, what: str, *words: str) -> "subprocess.Popen[bytes]":
        with open(self.folder / f"{what}-{len(self.processes)}.log", "wb") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--no-dashboard"],
                cwd=self.folder, env=environment(PYTHONHASHSEED="0"), stdout=log, stderr=log,
            )  # fmt: skip
        self.processes.append(started)
        return started

    @staticmethod
    def _address(file: Path) -> str:
        try:
            return str(json.loads(file.read_text())["address"])
        except (OSError, ValueError, KeyError):
            return ""

    def close(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    cluster = Dask(tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.close()


@pytest.mark.slow
def test_a_cluster_finds_the_same_although_a_worker_is_killed(dask: Dask, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    words = ("sweep", "shop.py", "--seeds", str(SEEDS), "--json")
    local = json.loads(begun(tmp_path, *words).communicate(timeout=PATIENCE_S)[0])
    ledger = tmp_path / "far" / "ledger.jsonl"

    far = begun(tmp_path, *words, "--cluster", dask.address, "--ledger", "far")
    until(lambda: ledger.exists() and ledger.read_bytes().count(b'"violates"') >= 5, "nothing is played")
    dask.workers[0].send_signal(signal.SIGKILL)
    out, _ = far.communicate(timeout=PATIENCE_S)

    found = json.loads(out)
    assert found["statuses"] == local["statuses"]
    assert sum(found["statuses"].values()) == SEEDS

    def told(data: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [(one["signature"], one["count"], one["seed"], one["digest"]) for one in data["findings"]]

    assert told(found) == told(local)
    assert all(os.path.exists(tmp_path / one["trace"]) for one in found["findings"])
    assert found["reached"] == local["reached"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_where_there_is_no_cluster_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)

    assert act(["sweep", "shop.py", "--cluster", "tcp://127.0.0.1:9"]) == 2
    assert "there is no cluster at tcp://127.0.0.1:9" in capsys.readouterr().err
