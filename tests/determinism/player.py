"""A player: a fresh interpreter that plays seeds one after another, and says what each came to.

    stories("lease-under-pause", [0, 1, 2], perturbations=["heap", "zone"])

What surrounds the interpreter (hash seed, working directory, zone, layout of the heap) is for its caller to vary; what
it played before a seed must not matter either.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from simulator import run
from simulator.cli.find import find
from simulator.errors import Misuse
from simulator.explore.perturbed import perturbed, plain

ROOT: Final = Path(__file__).parents[2]
TIMEOUT_S: Final = 3600.0
_PLAYER: Final = "import sys; sys.path.insert(0, {root!r}); from tests.determinism.player import main; main({spec!r})"
_SAID_CHARS_MAX: Final = 2000


@dataclass(frozen=True)
class Story:
    """What a seed came to; equal stories may have taken different times."""

    seed: int
    digest: str
    status: str
    message: str
    events: int
    draws: int
    cpu_s: float = field(compare=False)


def stories(spec: str, seeds: Sequence[int], *, perturbations: Iterable[str] = (), number: int = 0) -> dict[int, Story]:
    """Play seeds, in their order, in a fresh interpreter that differs from a plain one as told."""
    with tempfile.TemporaryDirectory(prefix="determinism-") as elsewhere:
        interpreter = plain(str(ROOT))
        for name in perturbations:
            interpreter = perturbed(interpreter, name, number, elsewhere=elsewhere)
        done = subprocess.run(
            [sys.executable, "-B", "-c", interpreter.before + _PLAYER.format(root=str(ROOT), spec=spec)],
            input=" ".join(map(str, seeds)),
            cwd=interpreter.cwd,
            env=dict(interpreter.env),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    if done.returncode:
        raise Misuse(f"{spec} ended with {done.returncode}: {done.stderr[-_SAID_CHARS_MAX:]}")
    told = [Story(**json.loads(line)) for line in done.stdout.splitlines()]
    return {story.seed: story for story in told}


def play(spec: str, seeds: Iterable[int]) -> Iterator[Story]:
    """Play seeds in this interpreter."""
    scenario = find(spec)
    for seed in seeds:
        begun_s = time.process_time()
        found = run(scenario, seed=seed)
        yield Story(
            seed=seed,
            digest=found.digest,
            status=str(found.outcome.status),
            message=found.outcome.message,
            events=len(found.trace),
            draws=len(found.tape),
            cpu_s=time.process_time() - begun_s,
        )


def main(spec: str) -> None:
    """Play what stdin asks for; what a program under test prints goes to its trace, so stdout is ours."""
    for story in play(spec, map(int, sys.stdin.read().split())):
        print(json.dumps(asdict(story)), flush=True)
