"""Campaign: how many seeds kill each mutant, and by which property.

python -m tests.scenarios.stream.mutants.campaign --seeds 10

For each kill of the table the seeds from 1 on are played without the rule. What is printed is what `Kill.of_seeds` and
the page say. It takes minutes, and no test runs it.
"""

import argparse
from collections import Counter

from simulator.harness.run import Run
from tests.scenarios.stream.mutants.killing import played
from tests.scenarios.stream.mutants.table import MUTANTS, SEEDS, Kill, Mutant


def campaign(mutant: Mutant, kill: Kill, seeds: int) -> Counter[str]:
    """What became of so many runs, and how often."""
    return Counter(_ended(played(kill, mutant.cuts, seed=seed)) for seed in range(1, seeds + 1))


def _ended(found: Run) -> str:
    violations = found.outcome.violations
    if not violations:
        return str(found.outcome.status)
    first = violations[0]
    return first.text[:60] if first.oracle == "assertion" else first.oracle


def main() -> None:
    """Play all, or the mutants of one rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--rule", help="the mutant of this rule alone")
    options = parser.parse_args()
    for mutant in MUTANTS:
        if options.rule in (None, mutant.rule):
            for kill in mutant.kills:
                ends = campaign(mutant, kill, options.seeds)
                dead = options.seeds - ends["passed"]
                print(f"{mutant.rule} | {kill.scenario} | {dead} of {options.seeds} | {dict(ends)}", flush=True)


if __name__ == "__main__":
    main()
