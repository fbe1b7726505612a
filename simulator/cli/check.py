"""`check`: plays each seed in fresh interpreters that differ in everything but the seed, and compares."""

import argparse
import os
import sys

from simulator.cli import options, play
from simulator.cli.find import find, is_program
from simulator.errors import Misuse
from simulator.explore.check import Checked, Finding, check
from simulator.explore.perturbed import PERTURBATIONS, chosen
from simulator.explore.played import Subject
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.report import voice
from simulator.report.data import difference_data

EPILOG = f"""perturbations: {", ".join(PERTURBATIONS)}
exit code: 0 when every seed told one story, 5 when one did not (whatever the outcomes of the runs were)

A program is named by its path, or as `-m MODULE`; its arguments follow after `--`.
"""
SHOWN_MAX = 3


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(
        commands, "check", act, says="Show that a run depends on its seed and on nothing else.", epilog=EPILOG
    )
    parser.add_argument("subject", nargs="?", metavar="SCENARIO|PROGRAM.py")
    parser.add_argument("-m", dest="module", metavar="MODULE", help="check a module as a program")
    parser.add_argument("--seed", type=options.seed, default=0, metavar="N", help="the first seed (default: 0)")
    parser.add_argument("--seeds", type=options.count, default=3, metavar="N", help="how many (default: 3)")
    parser.add_argument("--perturb", default="", metavar="LIST", help="only these, with commas between them")
    parser.add_argument("--workers", type=options.count, metavar="N", help="interpreters at a time (default: as CPUs)")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="for a scenario")
    parser.add_argument("--mount", action="append", default=[], metavar="PATH[=DIR]", help="for a program")
    options.add_environment(parser)
    options.add_limits(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def act(arguments: argparse.Namespace) -> int:
    """Check, and tell the first differences."""
    names = chosen(arguments.perturb)
    options.limits(arguments.limit)
    subject = _subject(arguments)
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    shows = sys.stderr.isatty() and not arguments.json

    def progress(seed: int, checked: Checked) -> None:
        if shows:
            sys.stderr.write(f"\r\x1b[K{checked.seeds} of {len(seeds)} seeds, {len(checked.findings)} differences")
            sys.stderr.flush()

    try:
        checked = check(subject, seeds=seeds, perturbations=names, workers=arguments.workers, progress=progress)
    finally:
        if shows:
            sys.stderr.write("\r\x1b[K")
    if arguments.json:
        voice.say(play.to_json(_data(checked)))
    else:
        _tell(checked, arguments, names)
    return EXIT_CODES[Status.PASSED if checked.clean else Status.DIVERGED]


def _subject(arguments: argparse.Namespace) -> Subject:
    """The command that plays it once."""
    shared = _repeated("--limit", arguments.limit)
    if arguments.module is None and arguments.subject is None:
        raise Misuse("check needs a scenario or a program", hint="`list` shows the scenarios there are")
    if arguments.module is None and not is_program(arguments.subject):
        find(arguments.subject)
        path, colon, name = arguments.subject.partition(":")
        spec = f"{os.path.abspath(path)}{colon}{name}" if path.endswith(".py") else arguments.subject
        return Subject(("run", spec, *_repeated("--param", arguments.param), *shared), (), os.getcwd())
    words = ["exec", "--quiet", *shared, *_repeated("--env", arguments.env), *_repeated("--mount", arguments.mount)]
    words += ["--folder", os.getcwd()]  # What the program sees stays; what the interpreter sees may change.
    given = arguments.words
    if arguments.module is not None:
        extra = [arguments.subject] if arguments.subject is not None else []
        return Subject((*words,), ("-m", arguments.module, *extra, *given), os.getcwd())
    return Subject((*words,), (arguments.subject, *given), os.getcwd())


def _repeated(option: str, values: list[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _tell(checked: Checked, arguments: argparse.Namespace, names: tuple[str, ...]) -> None:
    what = arguments.subject or arguments.module
    outcomes = ", ".join(f"{count} {status}" for status, count in checked.statuses.items())
    told = f"{what}: {checked.seeds} seeds x {len(names)} perturbations ({', '.join(names)}), outcomes: {outcomes}"
    if checked.clean:
        voice.say(f"{told}\nno difference in {checked.runs} runs")
        return
    voice.say(f"{told}\n{len(checked.findings)} differences")
    for found in checked.findings[:SHOWN_MAX]:
        voice.say(f"\nseed {found.seed}, other {found.perturbation}:\n{voice.printable(found.text)}")
    if any(found.perturbation == "hashes" for found in checked.findings):
        voice.hint(
            "string hashes are fixed in ordinary runs, so this seed repeats; the order of a set of strings does not"
        )


def _data(checked: Checked) -> dict[str, object]:
    return {
        "clean": checked.clean,
        "seeds": checked.seeds,
        "runs": checked.runs,
        "statuses": checked.statuses,
        "findings": [_finding(found) for found in checked.findings],
    }


def _finding(found: Finding) -> dict[str, object]:
    data: dict[str, object] = {"seed": found.seed, "perturbation": found.perturbation, "text": found.text}
    return data | ({"difference": difference_data(found.difference)} if found.difference is not None else {})
