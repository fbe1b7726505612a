"""`crash-points`: strikes a program at every durable effect, and tells where it does not recover."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from simulator.cli import options, play
from simulator.cli.find import find, is_catalogued, is_program
from simulator.cli.run import TRACES
from simulator.errors import Misuse
from simulator.explore.case import Case, Play, ProgramCase, ScenarioCase
from simulator.explore.crash_points import FAMILIES, Matrix, Result, Target, crash_points, plan_of
from simulator.explore.signature import signature
from simulator.faults import Kill, PowerCycle, Terminate
from simulator.faults.crash import WAYS
from simulator.faults.effects import MOMENTS
from simulator.faults.written import read_plan
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.harness.program import Setup
from simulator.kernel.limits import Limits
from simulator.report import voice
from simulator.report.crashes import crashes_data, crashes_text
from simulator.trace.provenance import gather
from simulator.trace.recorder import Recorder

KEPT_MAX: Final = 8
"""Traces of so many distinct failures are written."""

EPILOG: Final = f"""Who is struck: the program that the scenario's own menu kills, or --victim HOST/PROGRAM.
When: {", ".join(MOMENTS)}; before the request left, when it was carried out and its answer is on its way,
and when the answer has been acted upon. How: --way kill (SIGKILL), power (the host loses power), interrupt (Ctrl-C:
the program is cancelled at the awaits where it is, which --cancel says in short).

The run is played once to count the effects and once more to be copied at each; a copy costs the rest of the run.

exit code: 0 when every point recovers, 1 when one does not
"""


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(
        commands, "crash-points", act, says="Crash a program at every durable effect.", epilog=EPILOG
    )
    parser.add_argument("subject", metavar="SCENARIO|PROGRAM.py")
    parser.add_argument("--seed", type=options.seed, default=0, metavar="N", help="what chance answers (default: 0)")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="for the scenario")
    parser.add_argument("--victim", default="", metavar="HOST[/PROGRAM]", help="who is struck")
    parser.add_argument("--way", choices=WAYS, default="kill", help="how (default: kill)")
    parser.add_argument("--cancel", dest="way", action="store_const", const="interrupt", help="--way interrupt")
    parser.add_argument("--moments", default="", metavar="LIST", help=f"only these of {', '.join(MOMENTS)}")
    parser.add_argument("--only", default="", metavar="LIST", help=f"only effects of {', '.join(FAMILIES)}")
    parser.add_argument("--reads", action="store_true", help="also at requests that change nothing")
    parser.add_argument("--every", type=options.count, default=1, metavar="N", help="at each n-th effect only")
    parser.add_argument("--down", type=float, default=1.0, metavar="S", help="back after so long (default: 1 s)")
    parser.add_argument("--plan", metavar="FILE", help="other faults of the run (default: none)")
    parser.add_argument("--jobs", type=options.count, metavar="N", help="copies at a time (default: as CPUs)")
    parser.add_argument("--traces", default=TRACES, metavar="DIR", help=f"where failures are kept (default: {TRACES})")
    options.add_limits(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def act(arguments: argparse.Namespace) -> int:
    """Strike everywhere, and tell."""
    case = _case(arguments)
    target = _target(arguments, case)
    limits = options.limits(arguments.limit)
    base = Play(seed=arguments.seed, plan=read_plan(arguments.plan) if arguments.plan else None, limits=limits)
    jobs = arguments.jobs or os.cpu_count() or 1
    matrix = crash_points(case, target, play=base, jobs=jobs, progress=_progress(arguments))
    again = _Keeping(case, base, limits, Path(arguments.traces)).keep(matrix)
    if arguments.json:
        voice.say(play.to_json({"name": case.name, "seed": arguments.seed} | crashes_data(matrix, again=again)))
    else:
        voice.say(f"{case.name}, seed {arguments.seed}")
        voice.say(crashes_text(matrix, again=again, paint=voice.painter(sys.stdout)))
    return EXIT_CODES[Status.VIOLATED if matrix.failures else Status.PASSED]


def _case(arguments: argparse.Namespace) -> Case:
    if is_program(arguments.subject):
        return ProgramCase(setup=Setup(program=arguments.subject, folder=os.getcwd(), menu=("none",)))
    scenario = find(arguments.subject)
    given = options.pairs(arguments.param, "--param")
    scenario.parameters(given)
    words = "" if is_catalogued(scenario) else arguments.subject
    return ScenarioCase(scenario=scenario, words=words, params=given)


def _target(arguments: argparse.Namespace, case: Case) -> Target:
    host, _, service = arguments.victim.partition("/")
    if not host and isinstance(case, ScenarioCase):
        host, service = _from_menu(case)
    elif not host and isinstance(case, ProgramCase):
        host = case.setup.host
    if arguments.down < 0:
        raise Misuse(f"--down {arguments.down:g}: nobody comes back before leaving")
    return Target(
        host=host,
        service=service,
        way=arguments.way,
        moments=_chosen(arguments.moments, MOMENTS, "moment"),
        families=_chosen(arguments.only, FAMILIES, "family of effects"),
        reads=arguments.reads,
        every=arguments.every,
        down_s=arguments.down,
    )


def _from_menu(case: ScenarioCase) -> tuple[str, str]:
    """Whom the scenario's own faults kill first."""
    for item in case.scenario.menu:
        for fault in item.faults:
            if isinstance(fault, Kill | Terminate):
                return fault.host, fault.service
            if isinstance(fault, PowerCycle):
                return fault.host, ""
    raise Misuse(
        f"nobody is killed by the menu of {case.name}, so it does not say who is to be struck",
        hint="say it: --victim HOST or --victim HOST/PROGRAM",
    )


def _chosen(words: str, known: tuple[str, ...], what: str) -> tuple[str, ...]:
    names = tuple(filter(None, words.split(",")))
    for name in names:
        if name not in known:
            options.unknown(what, name, known)
    return tuple(name for name in known if name in names) or known


def _progress(arguments: argparse.Namespace) -> Callable[[int, int], None]:
    shows = sys.stderr.isatty() and not arguments.json

    def tell(done: int, of: int) -> None:
        if shows:
            sys.stderr.write(f"\r\x1b[K{done:,} of {of:,} points" if done < of else "\r\x1b[K")
            sys.stderr.flush()

    return tell


class _Keeping:
    """Plays distinct failures from the start, and keeps their traces."""

    def __init__(self, case: Case, base: Play, limits: Limits, folder: Path) -> None:
        self._case, self._base, self._limits, self._folder = case, base, limits, folder
        self._provenance: dict[str, Any] = {}

    def keep(self, matrix: Matrix) -> dict[tuple[int, str], str]:
        """For the first of each kind of failure the line that plays it again."""
        firsts: dict[str, Result] = {}
        for failure in matrix.failures:
            firsts.setdefault(failure.signature or failure.status, failure)
        if firsts:
            self._provenance = gather()
        kept = list(firsts.values())[:KEPT_MAX]
        return {(one.point.effect, one.point.moment): self._line(matrix.target, one) for one in kept}

    def _line(self, target: Target, failure: Result) -> str:
        point = failure.point
        name = f"{Path(self._case.name).stem}-{self._base.seed}-{target.way}-{point.effect}-{point.moment}.jsonl"
        where = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misuse(
                f"{self._folder} cannot be made: {error.strerror}", hint="name another with --traces"
            ) from None
        recorders: list[Recorder] = []

        def recorder(header: Any) -> Recorder:
            made = play.recorder(header, trace=str(where), limits=self._limits, events_kept_max=None)
            recorders.append(made)
            return made

        found = self._case.play(
            Play(
                seed=self._base.seed,
                plan=plan_of(self._base.plan, target, point),
                limits=self._limits,
                recorder=recorder,
                provenance=self._provenance,
            )
        )
        if failure.signature and signature(found) != failure.signature:
            voice.tell(f"note: from the start, {point.words} ({point.moment}) ends otherwise: {found.outcome}")
        return play.line("replay", str(where))
