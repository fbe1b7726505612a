"""`explain`: which faults a failure needed, what led to it, and when it became inevitable."""

import argparse
import os
import sys

from simulator.cli import options, play
from simulator.cli.recorded import case_of, failure_of
from simulator.explore.explain import COPIES, POINTS, explain
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.report import voice
from simulator.report.explained import explained_data, explained_text
from simulator.trace.query import Trace

EPILOG = """The run is played again as recorded, then without each of its faults, then copied at events on its way:
in each copy chance answers anew and no further fault begins. `shrink` first makes a better story.

exit code: 0 when it was explained
"""


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(commands, "explain", act, says="Tell why a recorded run failed.", epilog=EPILOG)
    parser.add_argument("recorded", metavar="TRACE", help="the trace of a run that failed")
    parser.add_argument(
        "--points", type=options.count, default=POINTS, metavar="N", help=f"let go at so many events ({POINTS})"
    )
    parser.add_argument(
        "--copies", type=options.count, default=COPIES, metavar="N", help=f"so often at each (default: {COPIES})"
    )
    parser.add_argument("--jobs", type=options.count, metavar="N", help="copies at a time (default: as CPUs)")
    options.add_environment(parser)
    options.add_limits(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def act(arguments: argparse.Namespace) -> int:
    """Explain, and tell."""
    recorded = Trace.load(arguments.recorded)
    limits = options.limits(arguments.limit)
    case = case_of(recorded.header, options.pairs(arguments.env, "--env"))
    attempt = failure_of(recorded, case, limits)
    shows = sys.stderr.isatty() and not arguments.json

    def progress(doing: str) -> None:
        if shows:
            sys.stderr.write(f"\r\x1b[K{doing}")
            sys.stderr.flush()

    try:
        found = explain(
            attempt,
            points=arguments.points,
            copies=arguments.copies,
            jobs=arguments.jobs or os.cpu_count() or 1,
            progress=progress,
        )
    finally:
        if shows:
            sys.stderr.write("\r\x1b[K")
    if arguments.json:
        voice.say(play.to_json(explained_data(found)))
    else:
        voice.say(explained_text(found, paint=voice.painter(sys.stdout)))
    return EXIT_CODES[Status.PASSED]
