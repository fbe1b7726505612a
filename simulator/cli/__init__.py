"""The command line: words in, words out.

    python -m simulator run [SCENARIO]        play a scenario, once or for many seeds
    python -m simulator exec PROGRAM.py       run a program as it is, in virtual time
    python -m simulator replay TRACE          play a recorded run again and compare, event by event
    python -m simulator check SCENARIO        show that a run depends on its seed alone
    python -m simulator diff A B              the first difference between two traces
    python -m simulator show TRACE            read a trace
    python -m simulator list                  the scenarios there are
    python -m simulator serve s3|redis|all    the simulated services on real ports

| module    | what it is                                              |
|-----------|-----------------------------------------------------------|
| `fresh`   | an interpreter with a fixed hash seed                     |
| `grammar` | all commands in one parser, and how they end              |
| `options` | options that several commands share                       |
| `play`    | what `run`, `exec` and `replay` have in common            |
| `find`    | a scenario by its name, its file or its module            |
| the rest  | one command each                                          |
"""

import sys
from collections.abc import Sequence

from simulator.cli.fresh import with_fixed_hashes

_PLAYS = ("run", "exec", "replay")
INTERRUPTED = 130
"""The exit code of who was stopped by Ctrl-C, as `Status.INTERRUPTED` has it too."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _act(words)
    except KeyboardInterrupt:  # While we are still being imported; a command has its own way to end.
        return INTERRUPTED


def _act(words: list[str]) -> int:
    if words and words[0] in _PLAYS:
        with_fixed_hashes()  # First of all: it may begin this process anew.
    if words[:1] == ["serve"]:
        from simulator.serve import main as serve  # Without the simulated machine, which takes its time to import.

        return serve(words[1:])
    from simulator.cli.grammar import act

    return act(words)
