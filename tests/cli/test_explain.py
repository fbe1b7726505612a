"""`explain` names the faults that a failure needed, its chain, and the event from which on it was inevitable."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.command import soundstage

PLAN = """
[[fault]]
at_s = 2.25
lasts_s = 1
kind = "pause"
host = "client2"

[[fault]]
at_s = 4.75
lasts_s = 5
kind = "partition"
one = "client1"
other = "server"
"""
RUN = ("run", "echo-under-partition", "--param", "payments=True", "--plan", "plan.toml", "--trace", "pay.jsonl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explain")
    (folder / "plan.toml").write_text(PLAN)
    assert soundstage(*RUN, cwd=folder).code == 1
    return folder


@pytest.fixture(scope="module")
def told(folder: Path) -> Any:
    done = soundstage("explain", "pay.jsonl", "--points", "6", "--copies", "3", "--json", cwd=folder)
    assert done.code == 0, done.err
    return done.json


def test_the_fault_that_was_needed_is_told_from_the_one_that_was_not(told: Any) -> None:
    assert [text.split("s  ")[1] for text in told["needed"]] == ["partition client1 <-> server, for 5.000 s"]
    assert len(told["idle"]) == 1
    assert not told["by_chance"]


def test_the_chain_ends_with_the_violation_and_each_step_is_the_cause_of_the_next(told: Any) -> None:
    chain = told["chain"]

    assert chain[-1]["fields"]["message"] == "paid"
    assert [event["cause"] for event in chain[1:]] == [event["seq"] for event in chain[:-1]]


def test_it_was_inevitable_from_the_partition_on_and_not_before(told: Any) -> None:
    sealed = next(fate for fate in told["fates"] if fate["event"] == told["inevitable_since"])
    before = [fate for fate in told["fates"] if fate["event"] < sealed["event"]]

    assert sealed["at_ns"] == 4_750_000_000
    assert before
    assert all(fate["failed"] == 0 for fate in before)
    assert all(fate["failed"] == fate["copies"] == 3 for fate in told["fates"] if fate["event"] >= sealed["event"])


def test_the_nearest_run_that_passes_is_told_beside_it(told: Any) -> None:
    parting = told["parting"]

    assert parting["event"] < told["inevitable_since"]
    assert parting["failed"] != parting["passed"]
    assert parting["failed"]
    assert parting["passed"]


def test_the_screen_says_it_in_words(folder: Path) -> None:
    done = soundstage("explain", "pay.jsonl", "--points", "3", "--copies", "2", cwd=folder)

    assert done.code == 0
    assert "partition client1 <-> server, for 5.000 s" in done.out
    assert "idle      1 more faults, each of which may be left out" in done.out
    assert "<- from here on it was inevitable" in done.out
    assert "it became inevitable by event" in done.out


def test_a_run_that_passed_is_not_explained(folder: Path) -> None:
    assert soundstage("run", "echo-under-partition", "--trace", "well.jsonl", cwd=folder).code == 0

    done = soundstage("explain", "well.jsonl", cwd=folder)

    assert done.code == 2
    assert "the run of this trace passed" in done.err
