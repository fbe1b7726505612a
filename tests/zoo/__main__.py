"""`python -m tests.zoo`: the command line of `scripts/zoo`."""

import argparse
import sys
import time

from tests.zoo.page import keep, kept
from tests.zoo.search import campaign
from tests.zoo.table import ZOO


def main() -> int:
    """Search for every bug, play every twin, and write the page; 0 if all were found and no twin failed."""
    parser = argparse.ArgumentParser(prog="scripts/zoo", description=__doc__.partition(":")[2].strip())
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these kinds (default: all)")
    parser.add_argument("--searches", type=int, default=20, help="for each bug (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=1000, help="of one search, at most (default: %(default)s)")
    parser.add_argument("--twin-seeds", type=int, default=1000, help="for each twin (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: %(default)s)")
    parser.add_argument("--missing", action="store_true", help="only kinds of which there are no figures")
    given = parser.parse_args()
    unknown = set(given.names) - {entry.name for entry in ZOO}
    if unknown:
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    failed = 0
    for entry in ZOO:
        if (given.names and entry.name not in given.names) or (given.missing and entry.name in kept()):
            continue
        began_s = time.monotonic()
        figures = campaign(
            entry, searches=given.searches, seeds_max=given.seeds, twin_seeds=given.twin_seeds, jobs=given.jobs
        )
        keep(kept() | {entry.name: figures})
        told = f"median {figures.median}, worst {figures.worst}, {len(figures.alarms)} false alarms"
        sys.stderr.write(f"zoo: {entry.name}: {told}, {time.monotonic() - began_s:.0f} s\n")
        failed += bool(figures.missed or figures.alarms)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
