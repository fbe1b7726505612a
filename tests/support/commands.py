"""Command lines of ffprobe, and what the real one answers; `python -m tests.support.commands` records it anew."""

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from media_samples.make import without_addresses
from tests.support.films import ALL, film

_FOLDER: Final = Path(__file__).resolve().parents[1] / "services" / "ffprobe"
_COMMANDS: Final = _FOLDER / "commands.txt"
_FILE: Final = _FOLDER / "commands.jsonl.gz"
Told = tuple[int, str, str]
"""Status, standard output, and standard error without addresses."""


def recorded_commands() -> dict[str, Told]:
    """What the real one answered, by command line."""
    rows = [json.loads(line) for line in gzip.decompress(_FILE.read_bytes()).decode().splitlines()]
    return {command: (status, out, err) for command, status, out, err in rows}


def real_commands(commands: Sequence[str]) -> dict[str, Told]:
    """What the machine's ffprobe answers, in a folder with all samples and another folder."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as pool:
        for sample in ALL:
            Path(name, f"{sample}.mp4").write_bytes(film(sample))
        Path(name, "folder").mkdir()

        def answer(command: str) -> Told:
            done = subprocess.run(
                ["ffprobe", *command.split()],
                cwd=name,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            return done.returncode, done.stdout, without_addresses(done.stderr)

        return dict(zip(commands, pool.map(answer, commands), strict=True))


def main() -> None:
    """Record the answers to the command lines in commands.txt."""
    told = real_commands(_COMMANDS.read_text(encoding="utf-8").splitlines())
    rows = [json.dumps([command, *answer], ensure_ascii=False) + "\n" for command, answer in told.items()]
    _FILE.write_bytes(gzip.compress("".join(rows).encode(), 9, mtime=0))
    sys.stdout.write(f"{len(rows)} answers, {_FILE.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
