"""Runs a function inside a simulation and hands back what it returned; and programs in interpreters of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from simulator import simulate
from simulator.harness.run import Run

ROOT = Path(__file__).parents[2]


def simulated(function: Callable[[], Any], **options: Any) -> Run:
    """Run a plain function as the program of a host."""

    async def program() -> Any:
        return function()

    return simulate(program, **options)


def told(function: Callable[[], Any], **options: Any) -> Any:
    """What a plain function returns inside a simulation."""
    run = simulated(function, **options)
    assert run.outcome.passed, run.outcome.message
    return run.value


@dataclass(frozen=True)
class Fresh:
    """What a program said in an interpreter of its own, and the digest of its run."""

    said: str
    digest: str
    status: str
    events: tuple[dict[str, Any], ...]


def fresh(source: str, folder: Path, *, seed: int = 0, env: Mapping[str, str] | None = None) -> Fresh:
    """Run a program's text by `exec` in a fresh interpreter."""
    program, trace = folder / "program.py", folder / "trace.jsonl"
    program.write_text(dedent(source))
    command = [sys.executable, "-m", "simulator", "exec", "--json", "--seed", str(seed), "--trace", str(trace)]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [*command, str(program)],
        capture_output=True,
        text=True,
        env=clean | {"PYTHONPATH": str(ROOT)} | dict(env or {}),
        timeout=120,
        check=False,
        cwd=folder,
    )
    assert done.stdout.strip(), done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    events = [json.loads(line) for line in trace.read_text().splitlines() if '"kind"' in line]
    return Fresh(done.stderr, report["digest"], report["status"], tuple(events))
