"""`serve`: S3 and Redis on real ports. Its own grammar does the work; here it gets its place among the commands."""

import argparse

from simulator.cli import options
from simulator.serve.options import EPILOG, WORDS
from simulator.serve.options import add_to as add_options


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    add_options(options.command(commands, "serve", act, says=WORDS, epilog=EPILOG))


def act(arguments: argparse.Namespace) -> int:
    """Serve."""
    from simulator.serve.running import run

    return run(arguments)
