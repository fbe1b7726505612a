"""`shrink`: makes a recorded failure smaller, until it reads like a story."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from simulator.cli import options, play
from simulator.cli.recorded import case_of, failure_of
from simulator.cli.sweep import seconds
from simulator.errors import Misuse
from simulator.explore.attempt import Found
from simulator.explore.regression import write_test
from simulator.explore.shrink import RUNS_MAX, Budget, Shrunk, shrink
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.harness.run import Run
from simulator.kernel.limits import Limits
from simulator.report import voice
from simulator.report.shrunk import shrunk_data, shrunk_text
from simulator.trace.header import Header
from simulator.trace.provenance import gather
from simulator.trace.query import Trace
from simulator.trace.recorder import Recorder

EPILOG = """The best so far is written as it is found: Ctrl-C keeps it, and to go on, shrink what was written.

exit code: 0 when there is a smaller failure, or nothing smaller was found; 130 after Ctrl-C
"""


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(commands, "shrink", act, says="Make a recorded failure smaller.", epilog=EPILOG)
    parser.add_argument("recorded", metavar="TRACE", help="the trace of a run that failed")
    parser.add_argument("--out", metavar="FILE", help="where the smaller one goes (default: TRACE with .min)")
    parser.add_argument(
        "--runs", type=options.count, default=RUNS_MAX, metavar="N", help=f"play at most so many (default: {RUNS_MAX})"
    )
    parser.add_argument("--for", dest="for_s", type=seconds, metavar="TIME", help="stop after 90s, 20m or 8h")
    parser.add_argument("--jobs", type=options.count, metavar="N", help="runs at a time (default: as CPUs)")
    parser.add_argument("--write-test", metavar="FILE", help="leave a pytest test that fails until the bug is gone")
    options.add_environment(parser)
    options.add_limits(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def act(arguments: argparse.Namespace) -> int:
    """Shrink, and tell the story."""
    recorded = Trace.load(arguments.recorded)
    limits = options.limits(arguments.limit)
    case = case_of(recorded.header, options.pairs(arguments.env, "--env"))
    out = arguments.out or _beside(arguments.recorded)
    play.not_the_same(out, arguments.recorded)
    if arguments.write_test and os.path.exists(arguments.write_test):
        raise Misuse(f"{arguments.write_test} exists already", hint="name another file, or remove it")
    keeping = _Keeping(out, limits, shows=sys.stderr.isatty() and not arguments.json)
    budget = Budget(arguments.runs, arguments.for_s or float("inf"))
    interrupted = False
    try:
        shrunk = shrink(
            failure_of(recorded, case, limits),
            budget=budget,
            jobs=arguments.jobs or os.cpu_count() or 1,
            progress=keeping.tell,
        )
    except KeyboardInterrupt:
        if keeping.last is None:
            raise
        shrunk, interrupted = keeping.last, True
    finally:
        keeping.close()
    run = keeping.write(shrunk.best)
    test = write_test(arguments.write_test, shrunk.best) if arguments.write_test else ""
    again = play.line("replay", out)
    if arguments.json:
        voice.say(play.to_json(shrunk_data(shrunk, trace=out, again=again, test=test)))
    else:
        voice.say(shrunk_text(shrunk, run, trace=out, again=again, test=test, paint=voice.painter(sys.stdout)))
    return EXIT_CODES[Status.INTERRUPTED if interrupted else Status.PASSED]


def _beside(path: str) -> str:
    """`failed.jsonl` -> `failed.min.jsonl`; what is `.min` already is overwritten under another name."""
    found = Path(path)
    suffixes = "".join(found.suffixes[-2:]) if found.suffix == ".gz" else found.suffix
    stem = found.name.removesuffix(suffixes)
    if stem.endswith(".min"):
        return str(found.with_name(f"{stem}2{suffixes}"))
    return str(found.with_name(f"{stem}.min{suffixes}"))


class _Keeping:
    """Writes the best so far, and shows how it goes."""

    def __init__(self, out: str, limits: Limits, *, shows: bool) -> None:
        self._out, self._limits, self._shows = out, limits, shows
        self._provenance = gather()
        self.last: Shrunk | None = None

    def tell(self, shrunk: Shrunk) -> None:
        """There is a new best."""
        self.last = shrunk
        if self._shows:
            size = shrunk.best.size
            sys.stderr.write(
                f"\r\x1b[K{shrunk.runs:,} runs: {size.faults} faults, {size.chances:,} chances, {size.events:,} events"
            )
            sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._shows:
            sys.stderr.write("\r\x1b[K")

    def write(self, best: Found) -> Run:
        """Play the best once more, for its trace."""

        def recorder(header: Header) -> Recorder:
            return play.recorder(header, trace=self._out, limits=self._limits, events_kept_max=None)

        attempt = best.attempt
        return attempt.case.play(replace(attempt.as_play(), recorder=recorder, provenance=self._provenance))
