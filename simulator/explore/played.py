"""Played: seeds in a fresh interpreter, by a command line of ours, and what came of each.

A scenario's seeds may be played in a row; a program has an interpreter for itself alone.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulator.errors import Misuse
from simulator.explore.perturbed import PLAIN, perturbed, plain

TIMEOUT_S: Final = 600.0
"""A run that takes longer in real time than this counts as hung; `spin_s` ends most of them before."""


@dataclass(frozen=True)
class Subject:
    """What is checked: the words of a command line that plays it, and where its paths are relative to."""

    words: tuple[str, ...]  # Without seed, trace and output options.
    program: tuple[str, ...]  # What follows the options.
    folder: str

    @property
    def in_a_row(self) -> bool:
        """Whether one interpreter may play many seeds of it."""
        return self.words[0] == "run"


@dataclass(frozen=True)
class Story:
    """What a seed came to; equal seeds have equal stories."""

    status: str
    digest: str
    code: int = 0
    output: str = ""  # A checksum of what a program printed.


class Player:
    """Plays one subject; its files lie in a folder of the check's."""

    def __init__(self, subject: Subject, folder: str) -> None:
        self._subject, self._folder = subject, folder

    def stories(self, seeds: Sequence[int], surroundings: str) -> dict[int, Story]:
        """Play seeds in a row, in one interpreter."""
        if len(seeds) == 1:
            return {seeds[0]: self.alone(seeds[0], surroundings)}
        words = ["--seed", str(seeds[0]), "--seeds", str(len(seeds))]
        done = self._play(words, seeds, surroundings, self.trace(seeds[0], surroundings))
        told = {run["seed"]: Story(run["status"], run["digest"]) for run in _data(done)["runs"]}
        if missing := [seed for seed in seeds if seed not in told]:
            raise Misuse(f"seed {missing[0]} under {surroundings} was not played: {_last_words(done)}")
        return told

    def alone(self, seed: int, surroundings: str, *, detail: bool = False) -> Story:
        """Play one seed in an interpreter of its own, which leaves a trace."""
        words = ["--seed", str(seed), *(["--detail"] if detail else [])]
        done = self._play(words, [seed], surroundings, self.trace(seed, surroundings, detail=detail))
        data = _data(done)
        story = Story(str(data.get("status", "?")), str(data.get("digest")))
        if self._subject.in_a_row:
            return story
        return Story(story.status, story.digest, done.returncode, hashlib.sha256(done.stderr).hexdigest())

    def trace(self, seed: int, surroundings: str, *, detail: bool = False) -> str:
        """Where the trace of a seed that was played alone lies."""
        return os.path.join(self._folder, f"{seed}-{surroundings}{'-detail' if detail else ''}.jsonl")

    def forget(self, seed: int, surroundings: str) -> None:
        """Remove its traces."""
        for detail in (False, True):
            path = self.trace(seed, surroundings, detail=detail)
            if os.path.exists(path):
                os.unlink(path)

    def _play(
        self, words: Sequence[str], seeds: Sequence[int], surroundings: str, trace: str
    ) -> "subprocess.CompletedProcess[bytes]":
        subject = self._subject
        interpreter = plain(subject.folder)
        if surroundings != PLAIN:
            elsewhere = os.path.join(self._folder, f"elsewhere-{seeds[0]}")
            os.makedirs(elsewhere, exist_ok=True)
            interpreter = perturbed(interpreter, surroundings, seeds[0], elsewhere=elsewhere)
        try:
            return subprocess.run(
                interpreter.command([*subject.words, *words, "--trace", trace, "--json", *subject.program]),
                cwd=interpreter.cwd,
                env=dict(interpreter.env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_S * len(seeds),
                check=False,
            )
        except subprocess.TimeoutExpired:
            took = f"longer than {TIMEOUT_S * len(seeds):g} real seconds"
            raise Misuse(f"seed {seeds[0]} under {surroundings} took {took}") from None


def _data(done: "subprocess.CompletedProcess[bytes]") -> dict[str, Any]:
    """The JSON that the run printed; a run that could not begin is the user's to mend."""
    lines = done.stdout.splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise Misuse(_last_words(done) or "the run said nothing") from None
    return found if isinstance(found, dict) else {}


def _last_words(done: "subprocess.CompletedProcess[bytes]") -> str:
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return "\n".join(line.removeprefix("error: ") for line in said[-6:])
