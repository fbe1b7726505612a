"""Ordinary asyncio programs run unmodified, and say in virtual time what they say on a real machine.

The programs in tests/programs tell one JSON line per observation; `expected` holds what a real machine said.
Each runs in fresh processes, as a user starts it.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

PROGRAMS = Path(__file__).parent.parent / "programs"
NAMES = sorted(path.stem for path in PROGRAMS.glob("p*.py"))
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Said:
    """What one run of a program said."""

    code: int
    lines: tuple[dict[str, Any], ...]
    report: dict[str, Any]
    text: str


@lru_cache(maxsize=200)
def played(name: str, seed: int, nth: int = 0) -> Said:
    """Run a program in a fresh process; `nth` tells one run of a seed from another."""
    command = [sys.executable, "-m", "simulator", "exec", "--json", "--seed", str(seed), str(PROGRAMS / f"{name}.py")]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONHASHSEED"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    report = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    return Said(done.returncode, tuple(lines), report, done.stderr)


def observations(said: Said) -> list[dict[str, Any]]:
    """The lines that every world must show: without what is random, what repeats for a seed, and what was given."""
    return [line for line in said.lines if not (line.get("entropy") or line.get("repeats") or line.get("input"))]


def expected(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PROGRAMS / "expected" / f"{name}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_a_program_says_what_it_says_on_a_real_machine(name: str) -> None:
    said = played(name, 0)

    assert said.code == 0, said.text[-3000:]
    *told, last = observations(said)
    without_times = [{key: value for key, value in line.items() if key != "elapsed_s"} for line in told]
    assert list(map(json.dumps, without_times)) == list(map(json.dumps, expected(name)))  # As text: True is not 1.
    assert last == {"program": name, "ok": True}


@pytest.mark.parametrize("name", NAMES)
def test_elapsed_times_are_exact_in_virtual_time(name: str) -> None:
    timed = [line for line in played(name, 0).lines if "elapsed_s" in line]

    assert [(line["key"], line["elapsed_s"]) for line in timed] == [(line["key"], line["value"]) for line in timed]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_tells_the_same_story_in_another_process(name: str) -> None:
    once, again = played(name, 0), played(name, 0, 1)

    assert once.report["digest"]
    assert (once.text, once.code, once.report["digest"]) == (again.text, again.code, again.report["digest"])


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_tells_another_story_and_holds_the_same_truths(name: str) -> None:
    once, other = played(name, 0), played(name, 1)

    assert observations(once) == observations(other)
    assert once.report["digest"] != other.report["digest"]
    random = {line["key"]: line["value"] for line in once.lines if line.get("entropy")}
    others = {line["key"]: line["value"] for line in other.lines if line.get("entropy")}
    assert random.keys() == others.keys()
    assert not [key for key in random if random[key] == others[key]]
