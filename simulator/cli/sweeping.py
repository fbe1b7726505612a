"""Sweeping: one sweep of the command line, from its ledgers and workers to what is told of it."""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from simulator.cli import options, play
from simulator.cli.seat import COMMAND, errand_of
from simulator.errors import Misuse
from simulator.explore.branches import Branches
from simulator.explore.case import Case, ProgramCase, ScenarioCase
from simulator.explore.cluster import BATCH_MAX, Cluster
from simulator.explore.drive import Driven, Executor, Traces, drive
from simulator.explore.guided import Guided
from simulator.explore.ledger import DAMAGES_TOLD_MAX, open_ledger
from simulator.explore.playing import Playing, settle
from simulator.explore.record import Record, Task
from simulator.explore.sweep import Bounds, Finding, Picks, SeedsInOrder, Sweep
from simulator.explore.workers import AHEAD_MAX, Workers
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.report import sweep as report
from simulator.report import voice
from simulator.trace.digest import canonical, checksum
from simulator.trace.provenance import gather

SWEEPS: Final = "soundstage-sweeps"
"""The folder where each subject has its ledger and the traces of its failures, unless --ledger says where."""
SEEDS: Final = 1000


class Sweeping:
    """One sweep of the command line."""

    def __init__(self, cases: Sequence[Case], arguments: argparse.Namespace) -> None:
        self.cases, self.arguments = cases, arguments
        self.names = [_slug(case.name, cases[:nth]) for nth, case in enumerate(cases)]
        self.playing = Playing(
            cases=cases,
            schedule=arguments.schedule,
            limits=options.limits(arguments.limit),
            provenance=gather(),
            branches=Branches(arguments.branches) if arguments.branches else None,
            keeps_tapes=arguments.guided,
        )
        self.jobs: int = arguments.jobs or os.cpu_count() or 1
        self.folders = [Path(folder) for folder in self._folders()]
        self.ledgers = [open_ledger(folder, self._identity(nth)) for nth, folder in enumerate(self.folders)]
        seeds = arguments.seeds or (None if arguments.for_s else SEEDS)
        self.picks: Picks = Guided(arguments.seed) if arguments.guided else SeedsInOrder(arguments.seed)
        self.state = Sweep(
            subjects=len(cases),
            bounds=Bounds(seeds=seeds, for_s=arguments.for_s, findings=1 if arguments.first else arguments.findings),
            picks=self.picks,
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
        given = options.pairs(self.arguments.param, "--param")
        words = [case.name, *(f"{name}={value}" for name, value in given.items())]
        if isinstance(case, ProgramCase):
            words = case.setup.words()
            # Values of variables may be secrets: the ledger knows them by a checksum.
            words += [f"env={checksum(canonical.encode(case.setup.env))}"] if case.setup.env else []
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
        timeout_s = self.arguments.seed_timeout
        with Workers(self.playing.play, jobs=1, seed_timeout_s=timeout_s, apart=lambda task: True) as fresh:
            fresh.start()
            if not self._warm_up(fresh):
                return EXIT_CODES[Status.INTERRUPTED]
            self._begin_ledgers()
            traces = Traces(fresh, self._trace_path)
            driven = drive(self.state, self._executor(), traces, heard=self._heard, look=self._look)
        return self._tell(driven)

    def _executor(self) -> Executor:
        playing, guided, given = self.playing, self.arguments.guided, self.arguments
        if given.cluster:
            branches = [os.path.abspath(path) for path in given.branches]
            errand = errand_of(playing, branches=branches, seed_timeout_s=given.seed_timeout)
            cluster = Cluster(given.cluster, command=COMMAND, errand=errand, ahead_max=1 if guided else BATCH_MAX)
            self.jobs = cluster.jobs
            return cluster
        return Workers(
            playing.play,
            jobs=self.jobs,
            seed_timeout_s=self.arguments.seed_timeout,
            apart=playing.apart,
            took=playing.took,
            ahead_max=1 if guided else AHEAD_MAX,  # What is picked next is to know of what was played last.
        )

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
            task = Task(number=0, subject=scout.subject, seed=scout.seed)
            if scout.digest and self.playing.warm(task) is Status.INTERRUPTED:
                return False
        self.picks.reached.marks = self.playing.seen.marks
        settle()
        return True

    def _trace_path(self, subject: int, seed: int) -> str:
        return str(self.folders[subject] / f"seed-{seed}.jsonl")

    def _heard(self, record: Record) -> None:
        self.ledgers[record.subject].add(record)

    def _look(self, passed_s: float) -> None:
        if self.shows:
            reached = len(self.picks.reached.first)
            sys.stderr.write(f"\r\x1b[K{report.progress_line(self.state, passed_s, reached=reached)}")
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
            reached=self.picks.reached,
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

    def _notes(self) -> Iterator[str]:
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
        if finding.first.mutated:
            return "(its draws are no seed's, and the trace that holds them was not written)"
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
            words += ["--faults", ",".join(case.setup.menu), *case.setup.words()[: 1 + case.setup.is_module]]
            return words + (["--", *case.setup.args] if case.setup.args else [])
        return [*words, case.words or case.name] if isinstance(case, ScenarioCase) else words


def _slug(name: str, before: Sequence[Case]) -> str:
    """The name of a subject as that of a folder."""
    base = re.sub(r"[^\w.-]+", "-", os.path.basename(name).removesuffix(".py")).strip("-.") or "subject"
    same = sum(os.path.basename(case.name) == os.path.basename(name) for case in before)
    return f"{base}-{same + 1}" if same else base
