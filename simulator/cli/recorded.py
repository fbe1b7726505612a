"""Recorded: the case behind a trace, found again from its header; and the attempt that failed there."""

import dataclasses
from collections.abc import Mapping
from typing import Final

from simulator.cli.exec_ import drop_own_folder
from simulator.cli.find import find
from simulator.errors import Misuse
from simulator.explore.attempt import Attempt
from simulator.explore.case import Case, ProgramCase, ScenarioCase
from simulator.faults.written import plan_from
from simulator.harness.outcome import Status
from simulator.harness.program import setup_of
from simulator.kernel.limits import Limits
from simulator.kernel.tape import Tape
from simulator.report import voice
from simulator.trace.header import Header
from simulator.trace.query import Trace
from simulator.trace.redact import REDACTED


def case_of(header: Header, env: Mapping[str, str]) -> Case:
    """What was run, found again."""
    if header.scenario:
        words = header.program[0] if header.program else ""
        return ScenarioCase(scenario=find(words or header.scenario), words=words, params=header.params)
    if not header.program:
        raise Misuse("the trace does not say what was run", hint="`show` reads it")
    drop_own_folder()
    setup = setup_of(header)
    given = dict(setup.env) | dict(env)
    for name in [name for name, value in given.items() if value == REDACTED]:
        voice.hint(f"{name} is not in the trace, for it looks like a secret; give it with --env {name}=...")
    return ProgramCase(setup=dataclasses.replace(setup, env=tuple(given.items())))


def failure_of(recorded: Trace, case: Case, limits: Limits) -> Attempt:
    """The attempt that a trace of a failure tells of: its plan, its tape."""
    header, footer = recorded.header, recorded.footer
    if footer is None or footer.tape is None:
        raise Misuse(
            f"the trace is not whole: {recorded.ending or 'it has no footer'}",
            hint="play its seed again with --trace, and take that trace",
        )
    if footer.outcome in (Status.PASSED, Status.MISUSE, Status.INTERRUPTED):
        raise Misuse(f"the run of this trace {_TOLD[footer.outcome]}", hint="give the trace of a failure")
    return Attempt(case, plan_from(header.plan or []), Tape.from_json(footer.tape), header.schedule, limits)


_TOLD: Final[dict[str, str]] = {
    Status.PASSED: "passed",
    Status.MISUSE: "was misuse",
    Status.INTERRUPTED: "was interrupted",
}
