"""The tally: CPython's suite on this Python, counted by module, with what was excluded and why."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.cpython import suite
from tests.cpython.exclusions import GROUPS, group_of


@dataclass
class Tally:
    """What became of every test that was played."""

    python: str = field(default_factory=suite.python)
    modules: dict[str, dict[str, int]] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)  # By group.
    skipped: dict[str, int] = field(default_factory=dict)  # By the suite's own reason.
    failures: dict[str, str] = field(default_factory=dict)
    passing: list[str] = field(default_factory=list)  # Excluded, and pass.
    unsteady: list[str] = field(default_factory=list)  # Played twice, with two digests.

    def add(self, module: str, told: suite.Told) -> None:
        """Count one test."""
        counts = self.modules.setdefault(module, dict.fromkeys(("passed", "failed", "skipped", "excluded"), 0))
        group = group_of(told.name)
        if group is not None and told.verdict == "passed":
            self.passing.append(told.name)
        if group is not None and told.verdict == "failed":
            counts["excluded"] += 1
            self.excluded[group.name] = self.excluded.get(group.name, 0) + 1
            return
        counts[told.verdict] += 1
        if told.verdict == "failed":
            self.failures[told.name] = told.why
        elif told.verdict == "skipped":
            self.skipped[told.why] = self.skipped.get(told.why, 0) + 1

    @property
    def total(self) -> dict[str, int]:
        """The counts of all modules together."""
        found: Counter[str] = Counter()
        for counts in self.modules.values():
            found.update(counts)
        return dict(found)

    @property
    def sound(self) -> bool:
        """Whether every test that applies passes, and the table of exclusions is true."""
        return not self.failures and not self.passing and not self.unsteady

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    def as_text(self) -> str:
        """The counts, then what is wrong."""
        lines = [f"CPython {self.python}: test.test_asyncio in simulation", ""]
        lines += [_HEAD, *(_row(name, counts) for name, counts in self.modules.items()), _row("all", self.total), ""]
        lines += [f"excluded {self.excluded.get(group.name, 0):4} {group.name}: {group.reason}" for group in GROUPS]
        lines += [f"skipped  {count:4} by the suite itself: {why}" for why, count in sorted(self.skipped.items())]
        lines += [f"\nFAILED {name}\n{why}" for name, why in self.failures.items()]
        lines += [f"\nPASSES, though excluded: {name}" for name in self.passing]
        lines += [f"\nUNSTEADY, two digests: {name}" for name in self.unsteady]
        return "\n".join(lines)


_HEAD = f"{'module':20} {'passed':>8} {'failed':>8} {'skipped':>8} {'excluded':>8}"


def _row(name: str, counts: dict[str, Any]) -> str:
    return f"{name:20} {counts['passed']:8} {counts['failed']:8} {counts['skipped']:8} {counts['excluded']:8}"


def play(names: Iterable[str], *, twice: bool = False, see: Callable[[str], object] = lambda line: None) -> Tally:
    """Play modules of the suite, or single tests named MODULE.CLASS.TEST or by how that begins."""
    wanted, tally = list(names), Tally()
    for module in suite.modules():
        asked = [name for name in wanted if name.split(".")[0] == module]
        if wanted and not asked:
            continue
        see(module)
        for test in suite.tests_of(module):
            name = suite.name_of(test)
            if asked and not any(name.startswith(begin) for begin in asked):
                continue
            told = suite.play(test)
            tally.add(module, told)
            if twice and group_of(name) is None and told.digest != suite.play(test).digest:
                tally.unsteady.append(name)
    return tally
