"""Regression: a failure as a pytest test, with the plan in it and a sentence of what it shows.

The test plays the plan and those answers of chance that are not the tamest, and asks that the run passes: it fails
until the defect is mended, and whenever it comes back. Answers are kept by their place (`kernel.choices`), so that
the test survives changes elsewhere.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from pprint import pformat
from textwrap import fill
from typing import Any, Final

from simulator.errors import Misuse
from simulator.explore.attempt import Attempt, Found
from simulator.explore.case import Case, Play
from simulator.faults.written import parse_plan, write_plan
from simulator.harness.run import Run
from simulator.kernel.tape import Tape

DRAWS_MAX: Final = 20_000
"""A test with more answers than this in it is not one that anybody keeps."""

_WIDTH: Final = 110
_TEXT: Final = '''"""{sentence}"""

from typing import Any

WHAT: dict[str, Any] = {what}

PLAN = """
{plan}"""

# Answers of chance by their place, in the order in which they are asked; those that are missing are the tamest.
ANSWERS: dict[str, Any] = {answers}


def test_{name}(soundstage: Any) -> None:
    soundstage.again(WHAT, plan=PLAN, answers=ANSWERS)
'''


def play_again(case: Case, *, plan: str, answers: Mapping[str, Any], schedule: str = "fifo") -> Run:
    """Play a plan (as TOML) and the answers of chance."""
    return case.play(Play(plan=parse_plan(plan), tape=Tape.from_json(dict(answers)), schedule=schedule))


def write_test(path: str, best: Found) -> str:
    """Write the test; returns its path."""
    attempt = best.attempt
    tape = _without_tame_ends(attempt.tape)
    if len(tape) > DRAWS_MAX:
        raise Misuse(
            f"{len(tape):,} answers of chance are left, more than draws_max {DRAWS_MAX:,}",
            hint="shrink on, with more --runs; the trace replays as it is",
        )
    text = _TEXT.format(
        sentence=_sentence(best),
        what=pformat(_what(attempt), width=_WIDTH, sort_dicts=False),
        plan=write_plan(attempt.plan).replace("\\", "\\\\"),
        answers=pformat(tape.to_json(), width=_WIDTH, compact=True, sort_dicts=False),
        name=_name(best),
    )
    try:
        where = Path(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        with where.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Misuse(f"{path} cannot be written: {error.strerror}") from None
    return path


def _what(attempt: Attempt) -> dict[str, Any]:
    """What is played, in the words of a trace's header."""
    header = attempt.case.header(attempt.as_play(), attempt.plan)
    given = {"scenario": header.scenario, "program": header.program, "params": header.params}
    if attempt.schedule != "fifo":
        given["schedule"] = attempt.schedule
    return {name: value for name, value in given.items() if value}


def _without_tame_ends(tape: Tape) -> Tape:
    """The tape without what a replay adds by itself: zeros after the last other answer of a lane."""
    last = {draw[:3]: number for number, draw in enumerate(tape.draws) if draw.value}
    kept = [draw for number, draw in enumerate(tape.draws) if number <= last.get(draw[:3], -1)]
    return Tape(tuple(kept), tape.seed)


def _sentence(best: Found) -> str:
    faults = [str(timed.fault) for timed in best.attempt.plan.faults]
    cause = f"under {', then '.join(faults)}" if faults else "without any fault"
    told = best.message.partition("\n")[0].replace("\\", "/").replace('"""', "'''").rstrip('"')
    return fill(f"{best.attempt.case.name} {cause}: {told}", _WIDTH)


def _name(best: Found) -> str:
    words = re.findall(r"[a-z]+", best.signature.lower())
    return "_".join(words[1:9]) or "found"
