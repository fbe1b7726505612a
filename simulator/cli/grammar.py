"""The grammar: all commands in one parser, and how they end."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import metadata

from simulator.cli import check, crash_points, diff, exec_, explain, list_, replay, run, serve, show, shrink, sweep
from simulator.errors import SoundstageError
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.harness.session import status_of
from simulator.report.voice import BROKEN_PIPE, complain

COMMANDS = (run, exec_, sweep, crash_points, shrink, explain, replay, check, diff, show, list_, serve)

EPILOG = """exit codes:
  0 passed   1 violated   2 misuse   3 stuck, or a limit   4 crashed   5 diverged   130 interrupted
  exec gives the program's own exit code when the program ended by itself.
"""


def act(words: Sequence[str]) -> int:
    """Do what the words say; returns the exit code."""
    try:
        arguments = parse(list(words))
        code: int = arguments.act(arguments)
        sys.stdout.flush()
        return code
    except SoundstageError as error:
        complain(error)
        return EXIT_CODES[status_of(error)]
    except BrokenPipeError:
        # Nobody reads any more. What Python still holds for stdout must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return EXIT_CODES[Status.INTERRUPTED]


def parse(words: list[str]) -> argparse.Namespace:
    """The options; what belongs to a program is kept apart, for it is not ours to read."""
    program: list[str] = []
    if words[:1] == ["exec"]:
        ours, program = exec_.split(words[1:])
        words = ["exec", *ours]
    elif words[:1] in (["check"], ["sweep"]) and "--" in words:
        words, program = words[: words.index("--")], words[words.index("--") + 1 :]
    arguments = parser().parse_args(words)
    arguments.words = program
    return arguments


def parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    top = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Run asyncio programs as they are in virtual time: deterministically, with a trace of everything.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=_version())
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return top


def _version() -> str:
    try:
        return f"soundstage {metadata.version('soundstage')}"
    except metadata.PackageNotFoundError:
        return "soundstage, not installed"
