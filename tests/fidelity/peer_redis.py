"""`scripts/peer-redis`: redis-py's tests for our Redis or another; sequences for ours and the real one at once."""

import argparse
import sys
from collections import Counter

from tests.differential.campaign import Campaign, campaign
from tests.differential.peers import Peer
from tests.fidelity import counts
from tests.fidelity.known import REDIS_PY
from tests.fidelity.page import PAGE, page
from tests.fidelity.redis_servers import SERVERS
from tests.fidelity.redis_suite import PROTOCOLS, SUITE, play
from tests.fidelity.suite import Tally

_SEQUENCES: int = 10_000
_SAY_EVERY: int = 1_000


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/peer-redis", description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the counts for docs/fidelity.md, and write that")
    which = parser.add_subparsers(dest="which", required=True)
    suite = which.add_parser("suite", help="redis-py's own asyncio tests, in either protocol")
    suite.add_argument("only", nargs="*", metavar="WORD", help="tests whose names hold one of these (default: all)")
    suite.add_argument("--server", choices=list(SERVERS), default="soundstage", help="default: %(default)s")
    suite.add_argument("--url", help="a server that runs already, instead")
    suite.add_argument("--protocol", type=int, choices=PROTOCOLS, help="one of them (default: both)")
    sequences = which.add_parser("sequences", help="drawn sequences, to ours and the real Redis")
    sequences.add_argument("--count", type=int, default=_SEQUENCES, metavar="N", help="default: %(default)s")
    sequences.add_argument("--number", type=int, default=0, metavar="N", help="which ones (default: 0)")
    sequences.add_argument("--family", metavar="NAME", help="around one family of commands only")
    return parser.parse_args()


def main() -> int:
    """Play and print; 0 when nothing came out but what is known."""
    given = options()
    good = _suite(given) if given.which == "suite" else _sequences(given)
    if given.write:
        PAGE.write_text(page(), encoding="utf-8")
        print(f"wrote {PAGE.relative_to(PAGE.parents[1])}", file=sys.stderr)
    return 0 if good else 1


def _suite(given: argparse.Namespace) -> bool:
    good = True
    for protocol in [given.protocol] if given.protocol else PROTOCOLS:
        if given.url:
            tally = play(given.url, protocol=protocol, only=given.only)
        else:
            with SERVERS[given.server][1]() as url:
                tally = play(url, protocol=protocol, only=given.only)
        print(f"RESP{protocol}\n{_told(tally)}")
        good = good and set(tally.failures) <= set(REDIS_PY)
        if given.write and not given.only and not given.url:
            title = f"{SERVERS[given.server][0]}, RESP{protocol}"
            name = given.server if protocol == PROTOCOLS[0] else f"{given.server}-{protocol}"
            counts.keep(name, title, tally, file=counts.REDIS_PY, suite=SUITE)
    return good


def _told(tally: Tally) -> str:
    lines = [f"FAILED {name}: {why}" for name, why in sorted(tally.failures.items())]
    lines += [f"{module:30} {_row(found)}" for module, found in sorted(tally.modules.items())]
    return "\n".join([*lines, f"{'all':30} {_row(tally.total)}"])


def _row(found: dict[str, int]) -> str:
    return "  ".join(f"{count:4} {word}" for word, count in found.items())


def _sequences(given: argparse.Namespace) -> bool:
    with SERVERS["soundstage"][1]() as our_url, SERVERS["redis"][1]() as real_url:
        with Peer(_port(our_url)) as ours, Peer(_port(real_url)) as real:
            made = campaign(ours, real, count=given.count, number=given.number, family=given.family, say=_say)
    for difference in made.differences.values():
        print(f"{difference}\n")
    print(f"{made.sequences} sequences, {made.steps} steps: {made.differing} differ, in {len(made.differences)} ways;")
    known = ", ".join(f"{count} {why}" for why, count in Counter(made.known).most_common())
    print(f"known differences met: {known or 'none'}")
    if given.write and not given.family:
        counts.write_sequences(made.sequences, made.steps, made.differing, Counter(made.known))
    return not made.differing


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def _say(made: Campaign) -> None:
    if made.sequences % _SAY_EVERY == 0:
        print(f"{made.sequences} sequences, {len(made.differences)} differences", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
