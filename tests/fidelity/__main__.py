"""`scripts/peer-s3`: plays Swift's S3 tests against our server or another, prints the counts, keeps them."""

import argparse
import sys

from tests.fidelity import counts
from tests.fidelity.known import S3API
from tests.fidelity.page import PAGE, page
from tests.fidelity.servers import SERVERS
from tests.fidelity.suite import Tally, Users, play


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/peer-s3", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="WORD", help="tests whose names hold one of these (default: all)")
    parser.add_argument("--server", choices=list(SERVERS), default="soundstage", help="default: %(default)s")
    parser.add_argument("--url", help="a server that runs already, instead")
    parser.add_argument("--users", default="test:test,other:other", help="its users: KEY:SECRET,KEY:SECRET")
    parser.add_argument("--jobs", type=int, default=1, help="how many tests at once (default: 1)")
    parser.add_argument("--write", action="store_true", help="keep the counts for docs/fidelity.md, and write that")
    parser.add_argument("--page", action="store_true", help="play nothing, write docs/fidelity.md")
    return parser.parse_args()


def main() -> int:
    """Play and print; 0 when nothing failed but what is known to, 1 otherwise."""
    given = options()
    if given.page:
        _write()
        return 0
    tally = _played(given)
    print(_told(tally))
    if given.write and not given.only and not given.url:
        counts.keep(given.server, SERVERS[given.server][0], tally)
        _write()
    return 0 if set(tally.failures) <= set(S3API) else 1


def _write() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parents[1])}", file=sys.stderr)


def _played(given: argparse.Namespace) -> Tally:
    if given.url:
        first, second = (user.rpartition(":")[::2] for user in given.users.split(","))
        return play(given.url, Users(first=first, second=second), only=given.only, jobs=given.jobs)
    with SERVERS[given.server][1]() as (url, users):
        return play(url, users, only=given.only, jobs=given.jobs)


def _told(tally: Tally) -> str:
    lines = [f"FAILED {name}: {why}" for name, why in sorted(tally.failures.items())]
    lines += [f"skipped {name}: {why}" for name, why in sorted(tally.skips.items())]
    lines += [f"{module:28} {_row(found)}" for module, found in sorted(tally.modules.items())]
    return "\n".join([*lines, f"{'all':28} {_row(tally.total)}"])


def _row(found: dict[str, int]) -> str:
    return "  ".join(f"{count:4} {word}" for word, count in found.items())


if __name__ == "__main__":
    sys.exit(main())
