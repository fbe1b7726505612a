"""Seat: what a worker of a cluster starts to play seeds. Not a command of people's: see `explore/seat`."""

import os
import sys
from typing import Any

import msgspec

from simulator.cli.exec_ import drop_own_folder
from simulator.cli.find import find
from simulator.errors import SoundstageError
from simulator.explore.branches import Branches
from simulator.explore.case import Case, ProgramCase, ScenarioCase
from simulator.explore.playing import Playing
from simulator.explore.seat import Answer, answer, must_be_the_same, occupy, private_stdout
from simulator.harness.program import Setup
from simulator.kernel.limits import Limits
from simulator.trace.provenance import gather

COMMAND = ("-c", "from simulator.cli.seat import main; main()")
"""What the Python of a worker is to run."""


class Errand(msgspec.Struct, kw_only=True):
    """What a seat is to play, and how."""

    folder: str
    scenarios: dict[int, tuple[str, dict[str, str]]] = {}  # The words that find them, and their parameters.
    programs: dict[int, Setup] = {}
    schedule: str = "fifo"
    limits: Limits
    branches: list[str] = []
    keeps_tapes: bool = False
    seed_timeout_s: float
    provenance: dict[str, Any] = {}


def errand_of(playing: Playing, *, branches: list[str], seed_timeout_s: float) -> bytes:
    """The errand of a sweep."""
    cases = dict(enumerate(playing.cases))
    scenarios = {nth: case for nth, case in cases.items() if isinstance(case, ScenarioCase)}
    return msgspec.json.encode(
        Errand(
            folder=os.getcwd(),
            scenarios={nth: (one.words or one.name, dict(one.params)) for nth, one in scenarios.items()},
            programs={nth: case.setup for nth, case in cases.items() if isinstance(case, ProgramCase)},
            schedule=playing.schedule,
            limits=playing.limits,
            branches=branches,
            keeps_tapes=playing.keeps_tapes,
            seed_timeout_s=seed_timeout_s,
            provenance=dict(playing.provenance),
        )
    )


def main() -> None:
    """Be a seat."""
    answers = private_stdout()
    tasks = sys.stdin.buffer
    try:
        errand = msgspec.json.decode(tasks.readline(), type=Errand)
        occupy(_playing(errand), seed_timeout_s=errand.seed_timeout_s, tasks=tasks, answers=answers)
    except (SoundstageError, OSError, msgspec.MsgspecError) as error:
        hint = getattr(error, "hint", "")
        answer(answers, Answer(refused=f"{error}; {hint}" if hint else str(error)))


def _playing(errand: Errand) -> Playing:
    os.chdir(errand.folder)
    sys.path[0] = errand.folder  # As if we had been started there.
    must_be_the_same(errand.provenance, gather())
    found: dict[int, Case] = {}
    for nth, (words, params) in errand.scenarios.items():
        scenario = find(words)
        found[nth] = ScenarioCase(scenario=scenario, words="" if words == scenario.name else words, params=params)
    if errand.programs:
        drop_own_folder()
    found |= {nth: ProgramCase(setup=setup) for nth, setup in errand.programs.items()}
    return Playing(
        cases=[found[nth] for nth in sorted(found)],
        schedule=errand.schedule,
        limits=errand.limits,
        provenance=errand.provenance,
        branches=Branches(errand.branches) if errand.branches else None,
        keeps_tapes=errand.keeps_tapes,
    )
