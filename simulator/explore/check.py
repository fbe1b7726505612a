"""Check: a run depends on its scenario and its seed and on nothing else. Shown, not claimed.

Each seed is played in a plain fresh interpreter, and in each perturbed one. All must give the same digest, outcome and
output. A scenario's seeds are played in rows, an interpreter for each row; the last of a row is also played alone, for
what was played before it must not matter either. Where stories differ, the seed is played again in interpreters of its
own, with every value and call site recorded (clocks, entropy, payloads), and the first difference is told.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from simulator.explore.perturbed import PLAIN
from simulator.explore.played import Player, Story, Subject
from simulator.trace.diff import Difference, diff_files
from simulator.trace.reader import TraceError

ROW_SEEDS: Final = 25
"""Enough to make the start of an interpreter cheap, few enough to share the work among processors."""

_ALONE: Final = "history"
_KEPT: Final = "something is kept between the runs of one interpreter, such as a variable of a module"


@dataclass(frozen=True)
class Finding:
    """A perturbation under which a seed told another story."""

    seed: int
    perturbation: str
    text: str
    difference: Difference | None = None


@dataclass
class Checked:
    """What a check came to."""

    seeds: int = 0
    runs: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing differed."""
        return not self.findings


def check(
    subject: Subject,
    *,
    seeds: Sequence[int],
    perturbations: Sequence[str],
    workers: int | None = None,
    progress: Callable[[int, Checked], object] = lambda seed, checked: None,
) -> Checked:
    """Play each seed in fresh interpreters and compare; `progress` hears of each row."""
    checked = Checked()
    workers = workers or os.cpu_count() or 1
    folder = tempfile.mkdtemp(prefix="soundstage-check-")
    try:
        player = Player(subject, folder)
        with ThreadPoolExecutor(workers) as pool:
            work = [(row, pool.submit(_compare, player, row, perturbations)) for row in _rows(subject, seeds, workers)]
            try:
                for row, future in work:
                    statuses, findings = future.result()
                    checked.seeds += len(row)
                    checked.runs += len(row) * (1 + len(perturbations))
                    checked.statuses = dict(Counter(checked.statuses) + statuses)
                    checked.findings += findings
                    progress(row[-1], checked)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return checked


def _rows(subject: Subject, seeds: Sequence[int], workers: int) -> list[Sequence[int]]:
    size = min(ROW_SEEDS, -(-len(seeds) // workers)) if subject.in_a_row else 1
    return [seeds[start : start + size] for start in range(0, len(seeds), size)]


def _compare(player: Player, row: Sequence[int], perturbations: Sequence[str]) -> tuple[Counter[str], list[Finding]]:
    """The outcomes of a row in the plain interpreter, and what told another story."""
    base = player.stories(row, PLAIN)
    findings = []
    for name in perturbations:
        other = player.stories(row, name)
        differing = [seed for seed in row if base[seed] != other[seed]]
        findings += [
            _explained(player, seed, name, base[seed], other[seed], in_a_row=len(row) > 1) for seed in differing
        ]
        player.forget(row[0], name)
    if len(row) > 1 and player.alone(row[-1], PLAIN) != base[row[-1]]:
        text = f"alone it tells another story than after the seeds {row[0]} to {row[-2]}: {_KEPT}"
        findings.append(Finding(row[-1], _ALONE, text))
    for seed in row:
        player.forget(seed, PLAIN)
    return Counter(story.status for story in base.values()), findings


def _explained(player: Player, seed: int, name: str, first: Story, second: Story, *, in_a_row: bool) -> Finding:
    """The first difference in words, from the traces of the seed alone if these show it."""
    try:
        if in_a_row and (first := player.alone(seed, PLAIN)) == (second := player.alone(seed, name)):
            return Finding(seed, name, f"alone it tells one story, after the seeds before it another: {_KEPT}")
        found = diff_files(player.trace(seed, PLAIN), player.trace(seed, name))
        if found:  # Once more, with call sites and with every value that was handed out.
            for surroundings in (PLAIN, name):
                player.alone(seed, surroundings, detail=True)
            detailed = diff_files(player.trace(seed, PLAIN, detail=True), player.trace(seed, name, detail=True))
            found = detailed or found
            return Finding(seed, name, found.text(left=PLAIN, right=name), found)
    except TraceError as error:
        return Finding(seed, name, f"a trace cannot be read: {error}")
    finally:
        player.forget(seed, name)
    if first.output != second.output:
        return Finding(seed, name, "the events are equal, what the program printed is not")
    return Finding(seed, name, f"the events are equal, the ends are not: exit code {first.code} and {second.code}")
