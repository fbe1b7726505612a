"""`scripts/bench services`: measure our services beside others, print, and write docs/performance-services.md."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from benchmarks import machine
from benchmarks.services.page import page
from benchmarks.services.redis_rounds import measure_redis
from benchmarks.services.rounds import measure_s3
from benchmarks.services.simulated import measure_in_simulation
from tests.fidelity.servers import SERVERS

_PAGE: Final = Path(__file__).parents[2] / "docs" / "performance-services.md"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench services", description=__doc__)
    parser.add_argument("--server", action="append", choices=list(SERVERS), metavar="NAME",
                        help="only this: " + ", ".join(SERVERS))  # fmt: skip
    parser.add_argument("--service", choices=["s3", "redis"], help="only this (default: both)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=float, default=1.0, metavar="S", help="for each figure (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures here as well")
    parser.add_argument("--page", action="store_true", help=f"write {_PAGE.name}")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="measure nothing, use these figures")
    return parser.parse_args()


def main() -> None:
    given = options()
    if given.from_json is not None:
        results: dict[str, Any] = json.loads(given.from_json.read_text(encoding="utf-8"))
    else:
        results = {"machine": machine.describe()}
        if given.service != "redis":
            names = given.server or ["soundstage", "swift", "moto"]
            results["s3"] = measure_s3(names, rounds=given.rounds, for_s=given.seconds, say=_say)
            _say("aiobotocore in simulation")
            results["simulated"] = measure_in_simulation()
        if given.service != "s3":
            names = ["soundstage", "redis", "fakeredis"]
            results["redis"] = measure_redis(names, rounds=given.rounds, for_s=given.seconds, say=_say)
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
