"""`scripts/bench stream`: measure the stream pipeline, print, and write docs/performance-stream.md."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from benchmarks import machine
from benchmarks.stream.page import page
from benchmarks.stream.simulated import measure_growth, measure_hour
from benchmarks.stream.uploads import measure_uploads

_PAGE: Final = Path(__file__).parents[2] / "docs" / "performance-stream.md"
CASES: Final = ("hour", "growth", "uploads")
SERVERS: Final = ("soundstage", "swift")


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench stream", description=__doc__)
    parser.add_argument("--case", action="append", choices=CASES, metavar="NAME", help="only this: " + ", ".join(CASES))
    parser.add_argument("--server", action="append", choices=SERVERS, metavar="NAME",
                        help="uploads to this only: " + ", ".join(SERVERS))  # fmt: skip
    parser.add_argument("--full", action="store_true", help="a whole hour of a hundred recorders, not five minutes")
    parser.add_argument("--quick", action="store_true", help="a part of the work, for a look")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here as well")
    parser.add_argument("--page", action="store_true", help=f"write {_PAGE.name}")
    parser.add_argument("--from-json", type=Path, action="append", metavar="FILE",
                        help="measure nothing, use these figures; of several the last that has a case")  # fmt: skip
    given = parser.parse_args(arguments)
    if given.rounds < 1:
        parser.error("--rounds must be at least 1")
    return given


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Everything that was asked for, as plain data."""
    cases = given.case or CASES
    results: dict[str, Any] = {"machine": machine.describe(), "quick": given.quick, "rounds": given.rounds}
    results["ahead_of_others"] = os.sched_getscheduler(0) != os.SCHED_OTHER
    if "uploads" in cases:
        results["uploads"] = {
            name: measure_uploads(name, rounds=given.rounds, quick=given.quick, say=_say)
            for name in given.server or SERVERS
        }
    if "growth" in cases:
        results["growth"] = measure_growth(rounds=min(given.rounds, 3), quick=given.quick, say=_say)
    if "hour" in cases:
        results["hour"] = measure_hour(full=given.full, quick=given.quick, say=_say)
    return results


def main() -> None:
    given = options()
    results: dict[str, Any] = {}
    for file in given.from_json or ():
        results |= json.loads(file.read_text(encoding="utf-8"))
    results = results or measure(given)
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if given.page:
        _PAGE.write_text(page(results), encoding="utf-8")
        _say(f"wrote {_PAGE.relative_to(_PAGE.parents[1])}")
    else:
        print(page(results))


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
