"""`sweep`: plays many seeds of scenarios and programs, in many processes, and tells the distinct failures."""

import argparse
import os
import re
from typing import Final

from simulator.cli import options
from simulator.cli.exec_ import drop_own_folder
from simulator.cli.find import find, is_program
from simulator.cli.sweeping import SEEDS, SWEEPS, Sweeping
from simulator.errors import Misuse
from simulator.explore.case import Case, ProgramCase, ScenarioCase
from simulator.explore.sweep import FINDINGS_MAX
from simulator.harness import usual
from simulator.harness.program import Setup
from simulator.kernel.schedule import SCHEDULES

SEED_TIMEOUT_S: Final = 120.0

EPILOG: Final = f"""A file that holds a scenario is played as one, any other file as a plain program: each seed draws
faults from the groups of --faults ({", ".join(usual.GROUPS)},
or none; default: {", ".join(usual.DEFAULT)}), and it must come to its end with status 0, without an
error that nobody took and without a leak. Its arguments follow after `--`.

Seeds that failed in the last sweep of the ledger are played first. Ctrl-C ends a sweep and keeps what it has found.

exit code: 0 when every seed passed, 1 when one did not, 130 after Ctrl-C
"""


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(
        commands, "sweep", act, says="Play many seeds, and tell the distinct failures.", epilog=EPILOG
    )
    parser.add_argument("subjects", nargs="*", metavar="SCENARIO|PROGRAM.py")
    parser.add_argument("-m", dest="module", metavar="MODULE", help="play a module as a program")
    parser.add_argument("--seeds", type=options.count, metavar="N", help=f"so many for each subject (default: {SEEDS})")
    parser.add_argument("--seed", type=options.seed, default=0, metavar="N", help="the first one (default: 0)")
    parser.add_argument("--for", dest="for_s", type=seconds, metavar="TIME", help="stop after 90s, 20m or 8h")
    parser.add_argument("--jobs", type=options.count, metavar="N", help="processes (default: as CPUs)")
    parser.add_argument("--cluster", metavar="URL", help="play in a Dask cluster: the address of its scheduler")
    parser.add_argument("--first", action="store_true", help="stop at the first failure")
    parser.add_argument(
        "--findings", type=options.count, default=FINDINGS_MAX, metavar="N",
        help=f"stop after so many distinct failures (default: {FINDINGS_MAX})",
    )  # fmt: skip
    parser.add_argument(
        "--seed-timeout", type=seconds, default=SEED_TIMEOUT_S, metavar="TIME",
        help=f"give a seed up after so long in real time (default: {SEED_TIMEOUT_S:g}s)",
    )  # fmt: skip
    parser.add_argument("--ledger", metavar="DIR", help=f"what is known of earlier sweeps (default: {SWEEPS}/NAME)")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="for scenarios")
    parser.add_argument("--faults", default="", metavar="GROUPS", help="what may strike a program, with commas")
    parser.add_argument("--mount", action="append", default=[], metavar="PATH[=DIR]", help="for programs, as of exec")
    options.add_environment(parser)
    options.add_limits(parser)
    parser.add_argument("--guided", action="store_true", help="prefer what leads to something new")
    parser.add_argument(
        "--branches",
        action="append",
        default=[],
        metavar="PATH",
        help="tell which branches of a file or folder are taken",
    )
    parser.add_argument("--schedule", choices=SCHEDULES, default="fifo", help="order of what is ready")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(word: str) -> float:
    """A time as people write it: 90, 90s, 20m, 1.5h."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|)", word)
    time_s = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < time_s <= 366 * 86_400:
        raise argparse.ArgumentTypeError(f"a time like 90s, 20m or 8h is expected, not {word!r}")
    return time_s


def act(arguments: argparse.Namespace) -> int:
    """Sweep, and tell."""
    cases = _cases(arguments)
    return Sweeping(cases, arguments).sweep()


def _cases(arguments: argparse.Namespace) -> list[Case]:
    """What is to be played."""
    words = list(arguments.subjects)
    if arguments.module is None and not words:
        raise Misuse("sweep needs a scenario or a program", hint="`list` shows the scenarios there are")
    cases: list[Case] = []
    if arguments.module is not None:
        cases.append(_program(arguments, arguments.module, is_module=True))
    cases += [_program(arguments, word) if is_program(word) else _scenario(arguments, word) for word in words]
    programs = [case for case in cases if isinstance(case, ProgramCase)]
    if not programs:
        stray = [name for name in ("faults", "env", "mount", "words") if getattr(arguments, name)]
        if stray:
            told = "arguments after `--`" if stray[0] == "words" else f"--{stray[0]}"
            raise Misuse(f"{told} are for programs; there are only scenarios here")
    elif len(programs) == len(cases) and arguments.param:
        raise Misuse("--param is for scenarios; there are only programs here")
    elif programs:
        drop_own_folder()
    return cases


def _scenario(arguments: argparse.Namespace, word: str) -> ScenarioCase:
    scenario = find(word)
    given = options.pairs(arguments.param, "--param")
    scenario.parameters(given)
    return ScenarioCase(scenario=scenario, words="" if word == scenario.name else word, params=given)


def _program(arguments: argparse.Namespace, word: str, *, is_module: bool = False) -> ProgramCase:
    mounts = tuple((path, source) for path, _, source in (word.partition("=") for word in arguments.mount))
    setup = Setup(
        program=word,
        is_module=is_module,
        args=tuple(arguments.words),
        env=tuple(options.pairs(arguments.env, "--env").items()),
        mounts=mounts,
        menu=usual.parse(arguments.faults),
        folder=os.getcwd(),
    )
    return ProgramCase(setup=setup)
