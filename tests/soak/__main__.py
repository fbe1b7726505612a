"""`python -m tests.soak`: the command line of `scripts/soak`."""

import argparse
import sys

from tests.soak.soak import Plan, as_json, soak


def main() -> int:
    """Soak, and tell; 0 if nothing was lost."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__.partition(":")[2].strip())
    plan = Plan()
    parser.add_argument("--files", type=int, default=plan.files, help="that grow at a time (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=plan.minutes, help="(default: %(default)s)")
    parser.add_argument(
        "--kill-every", type=float, default=plan.kill_every_s, help="seconds, on average (default: %(default)s)"
    )
    parser.add_argument(
        "--rate", type=int, default=plan.rate_bytes_s, help="bytes a second, of each file (default: %(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, default=plan.workers, help="that share the folder (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=plan.seed, help="of what is written and who is killed (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of words")
    given = parser.parse_args()
    report = soak(
        Plan(
            files=given.files,
            minutes=given.minutes,
            kill_every_s=given.kill_every,
            rate_bytes_s=given.rate,
            workers=given.workers,
            seed=given.seed,
        ),
        say=lambda text: sys.stderr.write(f"soak: {text}\n"),
    )
    sys.stdout.write(as_json(report) if given.json else report.words())
    return 0 if report.sound else 1


if __name__ == "__main__":
    sys.exit(main())
