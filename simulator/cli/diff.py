"""`diff`: the first difference between two traces, down to the field, the byte or the header."""

import argparse

from simulator.cli import options, play
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.report import voice
from simulator.report.data import difference_data
from simulator.trace.diff import CONTEXT_EVENTS, diff_files


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(
        commands, "diff", act, says="Show the first difference between two traces.", epilog="exit code: 0 equal, 5 not"
    )
    parser.add_argument("left", metavar="A")
    parser.add_argument("right", metavar="B")
    parser.add_argument("--context", type=options.count, default=CONTEXT_EVENTS, metavar="N", help="events before it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def act(arguments: argparse.Namespace) -> int:
    """Compare."""
    found = diff_files(arguments.left, arguments.right, context=arguments.context)
    if arguments.json:
        voice.say(play.to_json(difference_data(found)))
    else:
        voice.say(voice.printable(found.text(left="A", right="B")))
    return EXIT_CODES[Status.DIVERGED if found else Status.PASSED]
