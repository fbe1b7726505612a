"""`list`: the scenarios there are, and what each claims."""

import argparse

from simulator.cli import options, play
from simulator.cli.find import DEFAULT
from simulator.report import voice
from simulator.scenarios import catalogue


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(commands, "list", act, says="List the scenarios and what each claims.")
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def act(arguments: argparse.Namespace) -> int:
    """Print them."""
    known = catalogue()
    if arguments.json:
        listed = [
            {"name": one.name, "claim": one.claim, "params": dict(one.defaults), "default": name == DEFAULT}
            for name, one in known.items()
        ]
        voice.say(play.to_json(listed))
        return 0
    width = max(map(len, known), default=0)
    for name, one in known.items():
        voice.say(f"{name:<{width}}  {one.claim}")
        if one.defaults:
            voice.say(f"{'':<{width}}  --param {', '.join(f'{key}={value}' for key, value in one.defaults)}")
    return 0
