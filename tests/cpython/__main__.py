"""`python -m tests.cpython`: plays CPython's asyncio suite in simulation and prints the counts."""

import argparse
import sys

from tests.cpython import page, suite, tally

ABSENT = "this Python has no test.test_asyncio (Debian: install libpython3-testsuite)"


def main() -> int:
    """Play, print, and say by the exit code whether all is well: 0 yes, 1 no, 2 there is no suite."""
    parser = argparse.ArgumentParser(prog="scripts/asyncio-suite", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="MODULE[.CLASS[.TEST]]", help="what to play (default: everything)")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.add_argument("--twice", action="store_true", help="play each test twice and compare the digests")
    parser.add_argument("--write", action="store_true", help="put the counts into docs/reference/event-loop.md")
    arguments = parser.parse_args()
    if not suite.available():
        print(f"asyncio-suite: SKIPPED: {ABSENT}", file=sys.stderr)
        return 2
    found = tally.play(arguments.names, twice=arguments.twice, see=_tell if sys.stderr.isatty() else lambda line: None)
    print(found.as_json() if arguments.json else found.as_text())
    if arguments.write and found.sound and not arguments.names:
        page.write_counts(found)
    return 0 if found.sound else 1


def _tell(module: str) -> None:
    print(f"\r\x1b[K{module}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
