"""`sweep`: plays many seeds of scenarios and programs, in many processes, and tells the distinct failures."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from simulator.cli import options, play
from simulator.cli.exec_ import drop_own_folder
from simulator.cli.find import find, is_catalogued, is_program
from simulator.errors import Misuse
from simulator.explore.case import Case, ProgramCase, ScenarioCase
from simulator.explore.drive import Driven, Traces, drive
from simulator.explore.ledger import DAMAGES_TOLD_MAX, open_ledger
from simulator.explore.playing import Playing, settle
from simulator.explore.record import Record, Task
from simulator.explore.sweep import FINDINGS_MAX, Bounds, Finding, SeedsInOrder, Sweep
from simulator.explore.workers import Workers
from simulator.harness import usual
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.harness.program import Setup
from simulator.kernel.schedule import SCHEDULES
from simulator.report import sweep as report
from simulator.report import voice
from simulator.trace.digest import canonical, checksum
from simulator.trace.provenance import gather

SWEEPS: Final = "soundstage-sweeps"
"""The folder where each subject has its ledger and the traces of its failures, unless --ledger says where."""
SEEDS: Final = 1000
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
    return _Sweeping(cases, arguments).sweep()


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
    return ScenarioCase(scenario=scenario, words="" if is_catalogued(scenario) else word, params=given)


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


class _Sweeping:
    """One sweep of the command line."""

    def __init__(self, cases: Sequence[Case], arguments: argparse.Namespace) -> None:
        self.cases, self.arguments = cases, arguments
        self.names = [_slug(case.name, cases[:nth]) for nth, case in enumerate(cases)]
        self.playing = Playing(
            cases=cases,
            schedule=arguments.schedule,
            limits=options.limits(arguments.limit),
            provenance=gather(),
        )
        self.jobs: int = arguments.jobs or os.cpu_count() or 1
        self.folders = [Path(folder) for folder in self._folders()]
        self.ledgers = [open_ledger(folder, self._identity(nth)) for nth, folder in enumerate(self.folders)]
        seeds = arguments.seeds or (None if arguments.for_s else SEEDS)
        self.state = Sweep(
            subjects=len(cases),
            bounds=Bounds(seeds=seeds, for_s=arguments.for_s, findings=1 if arguments.first else arguments.findings),
            picks=SeedsInOrder(arguments.seed),
            before=[(nth, seed) for nth, ledger in enumerate(self.ledgers) for seed in ledger.again()],
        )
        self.shows = sys.stderr.isatty() and not arguments.json

    def _folders(self) -> list[str]:
        given = self.arguments.ledger
        if given and len(self.cases) == 1:
            return [given]
        return [os.path.join(given or SWEEPS, name) for name in self.names]

    def _identity(self, nth: int) -> str:
        """What is played, in words: other parameters or faults are another history."""
        case = self.cases[nth]
        words = [
            case.name,
            *(f"{name}={value}" for name, value in options.pairs(self.arguments.param, "--param").items()),
        ]
        if isinstance(case, ProgramCase):
            words = [*case.setup.words(), *(f"{name}={value}" for name, value in case.setup.env)]
            words += [f"faults={','.join(case.setup.menu)}"]
        words += [f"limit {word}" for word in self.arguments.limit]
        return " ".join([*words, *([self.playing.schedule] if self.playing.schedule != "fifo" else [])])

    # --- the sweep ----------------------------------------------------------------------------------

    def sweep(self) -> int:
        try:
            return self._sweep()
        finally:
            for ledger in self.ledgers:
                ledger.close()

    def _sweep(self) -> int:
        fresh = Workers(self.playing.play, lambda task: True, jobs=1, seed_timeout_s=self.arguments.seed_timeout)
        with fresh:
            fresh.start()
            if not self._warm_up(fresh):
                return EXIT_CODES[Status.INTERRUPTED]
            self._begin_ledgers()
            executor = Workers(
                self.playing.play, self.playing.apart, jobs=self.jobs, seed_timeout_s=self.arguments.seed_timeout
            )
            with executor:
                driven = drive(
                    self.state, executor, Traces(fresh, self._trace_path), heard=self._heard, look=self._look
                )
        return self._tell(driven)

    def _begin_ledgers(self) -> None:
        code = checksum(canonical.encode(self.playing.provenance))
        began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        for ledger in self.ledgers:
            for damage in ledger.damages[:DAMAGES_TOLD_MAX]:
                voice.tell(f"note: a line of the ledger is damaged, and was left out: {damage}")
            if len(ledger.damages) > DAMAGES_TOLD_MAX:
                voice.tell(f"note: and {len(ledger.damages) - DAMAGES_TOLD_MAX} lines more")
            ledger.begin(began=began, provenance=self.playing.provenance, code=code)

    def _warm_up(self, fresh: Workers) -> bool:
        """Play a seed of each subject here, after a process that may die of it has shown that nobody does."""
        for nth in range(len(self.cases)):
            fresh.give(Task(number=-1 - nth, subject=nth, seed=self.arguments.seed))
        outcomes: list[Record] = []
        while fresh.busy:
            outcomes += fresh.collect(1.0)
        for scout in outcomes:
            if scout.status == Status.MISUSE:
                raise Misuse(f"{self.names[scout.subject]}: {scout.message}")
            if (
                scout.digest
                and self.playing.warm(Task(number=0, subject=scout.subject, seed=scout.seed)) is Status.INTERRUPTED
            ):
                return False
        settle()
        return True

    def _trace_path(self, subject: int, seed: int) -> str:
        return str(self.folders[subject] / f"seed-{seed}.jsonl")

    def _heard(self, record: Record) -> None:
        self.ledgers[record.subject].add(record)

    def _look(self, passed_s: float) -> None:
        if self.shows:
            sys.stderr.write(f"\r\x1b[K{report.progress_line(self.state, passed_s, reached=0)}")
            sys.stderr.flush()

    # --- what is told ---------------------------------------------------------------------------------

    def _tell(self, driven: Driven) -> int:
        state = self.state
        if self.shows:
            sys.stderr.write("\r\x1b[K")
        history = [ledger.end(why=state.over, seeds=state.played, real_s=driven.real_s) for ledger in self.ledgers]
        swept = report.Swept(
            subjects=[case.name for case in self.cases],
            sweep=state,
            real_s=driven.real_s,
            jobs=self.jobs,
            again={(one.subject, one.signature): self._again(one) for one in state.findings.values()},
            history=history,
            notes=list(self._notes()),
            ledgers=[os.path.relpath(folder) for folder in self.folders],
        )
        if self.arguments.json:
            voice.say(play.to_json(report.data(swept)))
        else:
            voice.say(report.text(swept, paint=voice.painter(sys.stdout)))
        if state.misuse is not None:
            raise Misuse(f"{self.names[state.misuse.subject]}, seed {state.misuse.seed}: {state.misuse.message}")
        if driven.interrupted:
            return EXIT_CODES[Status.INTERRUPTED]
        return EXIT_CODES[Status.VIOLATED if state.findings else Status.PASSED]

    def _notes(self) -> Any:
        for name, ledger in zip(self.names, self.ledgers, strict=True):
            if ledger.changed:
                seeds = ", ".join(map(str, ledger.changed[:5]))
                yield f"{name}: seed {seeds} told another story in an earlier sweep of the same code; see `check`"
            if ledger.trouble:
                yield f"{name}: {ledger.trouble}"
            if ledger.unwritten:
                yield f"{name}: the ledger is full; {ledger.unwritten:,} seeds that passed are not in it"

    def _again(self, finding: Finding) -> str:
        """The line that plays the first seed of a finding again."""
        if finding.trace:
            return play.line("replay", os.path.relpath(finding.trace))
        return play.line("sweep", *self._words(finding.subject), "--seed", str(finding.first.seed), "--seeds", "1")

    def _words(self, subject: int) -> list[str]:
        case, given = self.cases[subject], self.arguments
        words: list[str] = []
        for name in ("param",) if isinstance(case, ScenarioCase) else ("env", "mount"):
            for value in getattr(given, name):
                words += [f"--{name}", value]
        for value in given.limit:
            words += ["--limit", value]
        words += ["--schedule", given.schedule] if given.schedule != "fifo" else []
        if isinstance(case, ProgramCase):
            words += ["--faults", ",".join(case.setup.menu)]
            return [
                *words,
                *case.setup.words()[: 1 + case.setup.is_module],
                *(["--", *case.setup.args] if case.setup.args else []),
            ]
        return [*words, case.words or case.name] if isinstance(case, ScenarioCase) else words


def _slug(name: str, before: Sequence[Case]) -> str:
    """The name of a subject as that of a folder."""
    base = re.sub(r"[^\w.-]+", "-", os.path.basename(name).removesuffix(".py")).strip("-.") or "subject"
    same = sum(os.path.basename(case.name) == os.path.basename(name) for case in before)
    return f"{base}-{same + 1}" if same else base
