"""The command line in a fresh process, as a user starts it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 180


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object that `--json` prints."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def hints(self) -> list[str]:
        return [line.removeprefix("hint: ") for line in self.err.splitlines() if line.startswith("hint: ")]


def command(*words: str | Path) -> list[str]:
    """The words that start the simulator."""
    return [sys.executable, "-m", "simulator", *map(str, words)]


def environment(**changes: str) -> dict[str, str]:
    """An environment in which the checkout is found, and nothing is decided about hashes."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | changes


def soundstage(*words: str | Path, cwd: Path, **env: str) -> Done:
    """Run a command of the simulator to its end."""
    done = subprocess.run(
        command(*words), cwd=cwd, env=environment(**env), capture_output=True, timeout=TIMEOUT_S, check=False
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace"))
