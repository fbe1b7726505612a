"""`run`: plays a scenario, for one seed or for many."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from simulator.cli import options, play
from simulator.cli.find import DEFAULT, DEFAULT_SEED, find, is_catalogued
from simulator.errors import Misuse
from simulator.faults.plan import Plan
from simulator.faults.written import read_plan
from simulator.harness.outcome import EXIT_CODES, Outcome, Status
from simulator.harness.run import Run, run
from simulator.harness.scenario import Scenario
from simulator.kernel.limits import Limits
from simulator.report import text, voice
from simulator.report.data import run_data
from simulator.report.progress import Progress
from simulator.trace.header import Header
from simulator.trace.provenance import gather
from simulator.trace.recorder import Recorder

TRACES: Final = "soundstage-traces"
"""The folder where the trace of a failed run is kept, and that of the default run, unless --trace says where."""

_NOBODYS_FAULT: Final = (Status.PASSED, Status.MISUSE, Status.INTERRUPTED)

KEPT_MAX: Final = 2_000_000
"""Events held in memory in case the run fails; a longer run needs --trace to be kept."""


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(commands, "run", act, says="Play a scenario, once or for many seeds.")
    parser.add_argument("scenario", nargs="?", help=f"a name, FILE.py[:NAME] or MODULE[:NAME] (default: {DEFAULT})")
    parser.add_argument("--seed", type=options.seed, metavar="N", help="what chance answers (default: 0)")
    parser.add_argument("--seeds", type=options.count, metavar="N", help="so many seeds, from --seed on")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="for the scenario")
    parser.add_argument("--plan", metavar="FILE", help="strike with the faults of FILE (TOML) instead of drawn ones")
    options.add_playing(parser)


def act(arguments: argparse.Namespace) -> int:
    """Play one seed, or many."""
    shown = arguments.scenario is None and not arguments.seeds
    if arguments.seed is None:
        arguments.seed = DEFAULT_SEED if shown else 0
    arguments.scenario = arguments.scenario or DEFAULT
    player = Player(find(arguments.scenario), arguments, keeps_all=shown)
    return player.many(arguments.seeds) if arguments.seeds else player.one()


class Player:
    """One scenario with its options, for as many seeds as are wanted."""

    def __init__(self, scenario: Scenario, arguments: argparse.Namespace, *, keeps_all: bool = False) -> None:
        self.scenario = scenario
        self.keeps_all = keeps_all
        """Whether the trace of a run that passed is kept as well."""
        self.spec: str = arguments.scenario
        self.given = options.pairs(arguments.param, "--param")
        self.params = scenario.parameters(self.given)
        self.limits: Limits = options.limits(arguments.limit)
        self.limit_words: Sequence[str] = arguments.limit
        self.schedule: str = arguments.schedule
        self.seed: int = arguments.seed
        self.plan_file: str = arguments.plan or ""
        self.plan = read_plan(self.plan_file) if self.plan_file else None
        self.trace: str = arguments.trace or ""
        self.detail: bool = arguments.detail
        self.as_json: bool = arguments.json
        self.provenance: dict[str, Any] = gather()

    # --- one ----------------------------------------------------------------------------------------

    def one(self) -> int:
        """One seed, told on one screen."""
        played = self.once(self.seed, self.trace)
        if not played.trace:
            played = self.kept(played, "")
        again = self.again(played)
        if self.as_json:
            voice.say(play.as_json(played, again=again))
        else:
            voice.say(play.told(played, claim=self.scenario.claim, again=again))
        return play.exit_code(played.run.outcome)

    def once(self, seed: int, trace: str) -> play.Played:
        """One run."""

        def recorder(drawn: Plan) -> Recorder:
            header = Header(
                scenario=self.scenario.name,
                program=[] if is_catalogued(self.scenario) else [self.spec],
                params=self.params,
                seed=seed,
                schedule=self.schedule,
                plan=drawn.as_data(),
                plan_by_hand=self.plan is not None,
                level=2 if self.detail else 1,
                provenance=self.provenance,
            )
            kept = play.EVENTS_KEPT_MAX if trace else KEPT_MAX
            return play.recorder(header, trace=trace, limits=self.limits, events_kept_max=kept, detail=self.detail)

        def start(progress: Progress) -> Run:
            return run(
                self.scenario,
                seed=seed,
                params=self.given,
                recorder=recorder,
                limits=self.limits,
                hand_plan=self.plan,
                order=self.schedule,
                watch=progress.watch,
            )

        return self.judged(play.timed(f"{self.scenario.name} {seed}", start, trace=trace))

    def judged(self, played: play.Played) -> play.Played:
        """For a failure under another order than asyncio's: does the same seed fail in asyncio's own order, too?"""
        if self.schedule == "fifo" or played.run.outcome.status in _NOBODYS_FAULT:
            return played
        seed = played.run.seed or 0
        legal = run(self.scenario, seed=seed, params=self.given, limits=self.limits, hand_plan=self.plan)
        same = legal.outcome.status is played.run.outcome.status
        stock = "yes, the same seed fails in order as well" if same else "not shown, the same seed passes in order"
        return replace(played, stock=stock)

    def kept(self, played: play.Played, path: str) -> play.Played:
        """Save the trace of a run that failed, where that is possible; without one, the seed plays it again."""
        trace, footer, status = played.run.trace, played.run.trace.footer, played.run.outcome.status
        if status is Status.MISUSE or (status is Status.PASSED and not self.keeps_all):
            return played
        if footer is None or footer.events != len(trace):
            return played
        where = Path(path or f"{TRACES}/{self.scenario.name}-{played.run.seed}.jsonl")
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
            trace.save(where)
        except (OSError, Misuse) as error:
            voice.tell(f"note: the trace was not kept: {error}")
            return played
        return replace(played, trace=str(where))

    def again(self, played: play.Played) -> str:
        """The line that plays a run again."""
        if played.trace:
            return play.line("replay", played.trace)
        words = ["run", self.spec, "--seed", str(played.run.seed)]
        for name, value in self.given.items():
            words += ["--param", f"{name}={value}"]
        words += ["--plan", self.plan_file] if self.plan_file else []
        for word in self.limit_words:
            words += ["--limit", word]
        return play.line(*words, *(["--schedule", self.schedule] if self.schedule != "fifo" else []))

    # --- many ---------------------------------------------------------------------------------------

    def many(self, seeds: int) -> int:
        """A line for each seed, and the first failure in full."""
        first: play.Played | None = None
        runs: list[tuple[Outcome, dict[str, Any]]] = []
        if not self.as_json:
            voice.say(text.SEED_HEADING)
        for seed in range(self.seed, self.seed + seeds):
            played = self.once(seed, "")
            outcome = played.run.outcome
            if not outcome.passed and first is None:
                first = played = self.kept(played, self.trace)
            runs.append((outcome, run_data(played.run, real_s=played.real_s, trace=played.trace)))
            if not self.as_json:
                voice.say(text.seed_line(played.run, paint=voice.painter(sys.stdout)))
            if play.stopped(outcome) or outcome.status is Status.MISUSE:
                break
        outcomes = [outcome for outcome, _ in runs]
        worst = _worst(outcomes)
        if self.as_json:
            again = self.again(first) if first is not None else None
            voice.say(play.to_json({"status": str(worst), "runs": [data for _, data in runs], "replay": again}))
        else:
            voice.say(f"{self.scenario.name}: {text.tally(outcomes)}")
            if first is not None:
                voice.say(f"\nfirst failure:\n{play.told(first, claim=self.scenario.claim, again=self.again(first))}")
        return EXIT_CODES[worst]


def _worst(outcomes: Sequence[Outcome]) -> Status:
    """What many runs come to: the first status that is not a pass, an interrupt before all."""
    statuses = [outcome.status for outcome in outcomes]
    if Status.INTERRUPTED in statuses:
        return Status.INTERRUPTED
    return next((status for status in statuses if status is not Status.PASSED), Status.PASSED)
