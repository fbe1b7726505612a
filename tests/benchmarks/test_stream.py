"""The stream's benchmark counts only what was right, knows whose a frame is, and tells on its page what it found."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.stream.__main__ import options
from benchmarks.stream.page import page, slopes
from benchmarks.stream.recorders import BYTES_PER_S, FILM_S, piece, recording
from benchmarks.stream.shares import Shares, owner_of, part_of
from benchmarks.stream.simulated import measure
from benchmarks.stream.uploads import measure_uploads, ratios, waited_s
from simulator.harness.run import run
from tests.support import real_redis

_MACHINE = {"implementation": "CPython", "python": "3.13.0", "system": "Linux", "processor": "one", "cores": 2}
_RUN: dict[str, Any] = {
    "recorders": 100,
    "seconds": 3600.0,
    "virtual_s": 3630.0,
    "wall_s": 900.0,
    "cpu_s": 800.0,
    "events": 4_000_000,
    "films": 6000,
    "bytes": 72_000_000_000,
    "faults": ["one", "two"],
    "memory_mb": 1000.0,
    "owners": {"engine": 0.2, "services": 0.2, "program": 0.6},
    "parts": {"redis": 0.1},
}


def test_all_films_of_a_short_run_are_objects_and_every_share_is_somebodys() -> None:
    found = measure(2, 4.0)

    assert found["films"] >= 2
    assert found["faults"]
    assert found["bytes"] > 2 * 3 * BYTES_PER_S
    assert sum(found["owners"].values()) == pytest.approx(1.0)
    assert {"engine", "services", "program", "libraries"} <= found["owners"].keys()


def test_a_film_that_is_stored_otherwise_than_it_was_written_is_no_result() -> None:
    made, films = recording(recorders=1, seconds=2.0)
    films.pending = _Lying(films.pending)

    outcome = run(made, seed=1).outcome

    assert not outcome.passed
    assert "are no objects yet" in outcome.message


class _Lying(dict[str, tuple[int, int]]):
    """Says of every film that it has one picture more than were written."""

    def __getitem__(self, name: str) -> tuple[int, int]:
        reel, pictures = super().__getitem__(name)
        return reel, pictures + 1


def test_pieces_of_a_film_differ_and_are_the_same_each_time() -> None:
    assert len({piece(0, number) for number in range(FILM_S)} | {piece(1, 1)}) == FILM_S + 1
    assert piece(3, 7) == piece(3, 7)


@pytest.mark.parametrize(
    ("path", "owner", "part"),
    [
        ("/x/simulator/kernel/loop.py", "engine", "simulator.kernel.loop"),
        ("/x/simulator/services/redis/server.py", "services", "simulator.services.redis"),
        ("/x/simulator/harness/run.py", "harness", "simulator.harness.run"),
        ("/x/pipelines/stream/hold.py", "program", "pipelines.stream.hold"),
        ("/v/site-packages/botocore/auth.py", "libraries", "botocore"),
        ("/v/site-packages/msgspec/json.py", "engine", "msgspec"),
        ("/usr/lib/python3/json/decoder.py", None, "the standard library"),
    ],
)
def test_a_frame_is_of_whoever_wrote_its_file(path: str, owner: str | None, part: str) -> None:
    assert (owner_of(path), part_of(path)) == (owner, part)


def test_what_the_standard_library_does_is_charged_to_its_caller() -> None:
    shares = Shares()
    inner = SimpleNamespace(f_code=SimpleNamespace(co_filename="/usr/lib/json.py", co_name="loads"))
    inner.f_back = SimpleNamespace(
        f_code=SimpleNamespace(co_filename="/v/site-packages/redis/client.py", co_name="get"), f_back=None
    )

    shares._take(0, inner)  # type: ignore[arg-type]

    assert list(shares.by_owner) == ["libraries"]
    assert list(shares.by_part) == ["redis"]


def test_only_the_time_between_the_last_act_and_the_first_idle_file_is_waiting() -> None:
    moments = {"begun": [1.0, 2.0], "part": [3.0, 9.0], "idle": [7.0, 8.0], "object": [10.0]}

    assert waited_s(moments) == 4.0
    assert waited_s({"begun": [], "part": [], "idle": [7.0], "object": [9.0]}) == 0.0


def test_growth_is_told_by_what_one_more_recorder_costs() -> None:
    runs = [{"recorders": n, "seconds": 10.0, "cpu_s": 1.0 + 0.02 * n, "events": n} for n in (10, 100, 1000)]

    assert slopes(runs) == pytest.approx([2.0, 2.0])
    told = page({"machine": _MACHINE, "growth": runs})
    assert "changes by **+0%**" in told
    runs[2]["cpu_s"] *= 2
    assert "not reached" in page({"machine": _MACHINE, "growth": runs})


def test_the_page_says_that_a_goal_was_missed() -> None:
    told = page({"machine": _MACHINE, "hour": _RUN})

    assert "100 recorders for 60 virtual minutes" in told
    assert "together: **40%** (hoped for: 35% at most; not reached)" in told


def test_an_option_that_asks_for_nothing_is_refused() -> None:
    with pytest.raises(SystemExit):
        options(["--rounds", "0"])
    assert options(["--case", "hour", "--full"]).full


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_uploads_are_measured_beside_boto3_and_stand_on_the_page() -> None:
    if not real_redis.installed():
        pytest.skip(real_redis.ABSENT)

    found = measure_uploads("soundstage", rounds=1, quick=True, say=lambda text: None)

    assert all(ratio > 0 for name in found["loads"] for ratio in ratios(found, name, "objects_s"))
    told = page({"machine": _MACHINE, "rounds": 1, "ahead_of_others": False, "uploads": {"soundstage": found}})
    assert all(f"| {load['title']} |" in told for load in found["loads"].values())
