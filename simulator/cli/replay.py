"""`replay`: plays a recorded run again, and says whether it told the same story."""

import argparse
import dataclasses
import sys

from simulator.cli import options, play
from simulator.cli.exec_ import Output, drop_own_folder
from simulator.cli.find import find
from simulator.cli.standing import Standing, debugger, summary
from simulator.errors import Misuse
from simulator.explore.replay import Replayed, replay, replay_header
from simulator.harness.outcome import EXIT_CODES, Status
from simulator.harness.program import Setup, setup_of
from simulator.harness.run import Run
from simulator.harness.scenario import Scenario
from simulator.report import voice
from simulator.report.data import difference_data, run_data
from simulator.report.progress import Progress
from simulator.trace.header import Header
from simulator.trace.provenance import gather
from simulator.trace.query import Trace
from simulator.trace.redact import REDACTED

EPILOG = "exit code: 0 the same story, 5 another one (whatever the outcome of the run was)"


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(commands, "replay", act, says="Play a recorded run again and compare.", epilog=EPILOG)
    parser.add_argument("recorded", metavar="TRACE", help="what `--trace` wrote")
    parser.add_argument("--trace", metavar="FILE", help="write the trace of the replay to FILE")
    parser.add_argument("--output", action="store_true", help="let the program's output through")
    parser.add_argument("--until", metavar="EVENT", help="stop at an event ('event 412', or 412) and show the world")
    parser.add_argument("--pdb", action="store_true", help="with --until: open a debugger there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_environment(parser)
    options.add_limits(parser)


def act(arguments: argparse.Namespace) -> int:
    """Play and compare."""
    recorded = Trace.load(arguments.recorded)
    if arguments.until or arguments.pdb:
        return _stand(arguments, recorded)
    play.not_the_same(arguments.trace or "", arguments.recorded)
    limits = options.limits(arguments.limit)
    now = gather()
    subject = _subject(recorded.header, options.pairs(arguments.env, "--env"))
    header = replay_header(recorded, provenance=now)
    recorder = play.recorder(
        header, trace=arguments.trace or "", limits=limits, events_kept_max=None, detail=header.level > 1
    )
    out = (Output(1 if not arguments.json else 2).write, Output(2).write) if arguments.output else (None, None)
    found: list[Replayed] = []

    def start(progress: Progress) -> Run:
        found.append(
            replay(recorded, subject, provenance=now, recorder=recorder, limits=limits, sinks=out, watch=progress.watch)
        )
        return found[0].run

    played = play.timed("replay", start, trace=arguments.trace or "")
    replayed = found[0]
    if arguments.json:
        told = run_data(played.run, real_s=played.real_s, trace=played.trace)
        voice.say(play.to_json(told | {"same": replayed.same, "difference": difference_data(replayed.difference)}))
    else:
        _tell(replayed, recorded)
    if replayed.run.outcome.status is Status.INTERRUPTED and replayed.whole:
        return EXIT_CODES[Status.INTERRUPTED]
    return EXIT_CODES[Status.PASSED if replayed.same else Status.DIVERGED]


def _stand(arguments: argparse.Namespace, recorded: Trace) -> int:
    """Play up to an event, and look."""
    number = (arguments.until or "").lower().removeprefix("event").strip()
    if not number.isdecimal() or not 0 < int(number) <= len(recorded):
        hint = f"an event from 1 to {len(recorded):,}, as in --until 'event {len(recorded)}'"
        raise Misuse(f"--until {arguments.until or ''!r} names no event of this trace", hint=hint)
    subject = _subject(recorded.header, options.pairs(arguments.env, "--env"))
    look = debugger(sys.stdin, sys.stdout) if arguments.pdb else summary(sys.stdout)
    standing = Standing(int(number), look)
    replayed = replay(recorded, subject, limits=options.limits(arguments.limit), watch=standing.watch)
    if not standing.reached:
        voice.tell(f"the replay parted from the recording before event {number}: {replayed.difference.text()}")
        return EXIT_CODES[Status.DIVERGED]
    return EXIT_CODES[Status.PASSED]


def _subject(header: Header, env: dict[str, str]) -> Scenario | Setup:
    """What was run, found again."""
    if header.scenario:
        return find(header.program[0] if header.program else header.scenario)
    if not header.program:
        raise Misuse("the trace does not say what was run", hint="`show` reads it")
    drop_own_folder()
    setup = setup_of(header)
    given = dict(setup.env) | env
    for name in [name for name, value in given.items() if value == REDACTED]:
        voice.hint(f"{name} is not in the trace, for it looks like a secret; give it with --env {name}=...")
    return dataclasses.replace(setup, env=tuple(given.items()))


def _tell(replayed: Replayed, recorded: Trace) -> None:
    voice.say(voice.printable(str(replayed)))
    outcome = replayed.run.outcome
    if replayed.whole:
        voice.say(f"outcome: {voice.printable(str(outcome))}")
    else:
        voice.say(f"the recording is not whole: {recorded.ending or 'it was interrupted'}; compared as far as it goes")
    if not replayed.match.exact and replayed.whole:
        voice.say(f"tape: {replayed.match}" + (f"; first: {replayed.match.first}" if replayed.match.first else ""))
    if not replayed.same and replayed.provenance:
        voice.say("since the recording, other versions:")
        for one in replayed.provenance:
            voice.say(f"  {one.name}: {one.left} -> {one.right}")
