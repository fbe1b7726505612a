"""`python -m tests.determinism`: plays many seeds twice and compares; see scripts/determinism."""

import argparse
import os
import sys
import time
from pathlib import Path

from simulator.errors import Misuse
from tests.determinism.campaign import Ledger, Tally, batches, of_the_engine, play_all
from tests.determinism.player import ROOT

SHOWN_MAX = 5


def main() -> int:
    """Play, and say by the exit code whether all seeds told one story: 0 yes, 5 no, 3 not all were played, 2 misuse."""
    parser = argparse.ArgumentParser(prog="scripts/determinism", description=__doc__)
    parser.add_argument("--scenario", action="append", metavar="NAME", help="one of these (default: the engine's own)")
    parser.add_argument("--seeds", type=int, default=10_000, metavar="N", help="of each scenario (default: 10,000)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the first (default: 0)")
    parser.add_argument("--batch", type=int, default=50, metavar="N", help="seeds in one interpreter (default: 50)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="batches at a time")
    parser.add_argument("--minutes", type=float, metavar="M", help="begin no batch after so many minutes")
    parser.add_argument("--ledger", type=Path, default=ROOT / "build" / "determinism.jsonl", metavar="FILE")
    arguments = parser.parse_args()
    try:
        return _campaign(arguments)
    except Misuse as error:
        print(f"determinism: {error}" + (f"\nhint: {error.hint}" if error.hint else ""), file=sys.stderr)
        return 2


def _campaign(arguments: argparse.Namespace) -> int:
    scenarios = arguments.scenario or of_the_engine()
    work = list(batches(scenarios, arguments.seed, arguments.seeds, arguments.batch))
    ledger = Ledger(arguments.ledger)
    begun_s = time.monotonic()
    until_s = begun_s + arguments.minutes * 60 if arguments.minutes is not None else float("inf")
    wanted = sum(batch.count for batch in work)

    def see(tally: Tally) -> None:
        minutes = (time.monotonic() - begun_s) / 60
        print(f"{minutes:6.1f} min  {tally.seeds / wanted:6.1%}  {tally}", file=sys.stderr, flush=True)

    tally = play_all(work, ledger, jobs=arguments.jobs, until_s=until_s, see=see)
    print(f"{', '.join(scenarios)}: {tally}; {tally.cpu_s:,.0f} s of CPU")
    for found in tally.differences[:SHOWN_MAX]:
        print(f"{found['scenario']} seed {found['seed']}: {found['once']} and {found['again']}")
    if tally.differences:
        return 5
    return 0 if tally.seeds == wanted else 3


if __name__ == "__main__":
    sys.exit(main())
