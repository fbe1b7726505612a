"""Case: what is explored, a scenario with its parameters or a program with its surroundings, behind one face.

    case = ScenarioCase(scenario=echo_under_partition)
    run = case.play(Play(seed=7))

Whatever explores (a sweep, a replay, shrinking) plays a case again and again: with a seed or a tape, with the plan that
is drawn or with one that is given.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from simulator.errors import Misuse
from simulator.faults.plan import Plan
from simulator.harness.program import Setup, run_program
from simulator.harness.run import Run, run
from simulator.harness.scenario import Scenario
from simulator.harness.session import Watch
from simulator.kernel.limits import Limits
from simulator.kernel.stdio import OutputSink
from simulator.kernel.tape import Tape
from simulator.trace.header import Header
from simulator.trace.recorder import Recorder


@dataclass(frozen=True, kw_only=True)
class Play:
    """How a case is played once."""

    seed: int = 0
    tape: Tape | None = None  # The draws of an earlier run, instead of the seed's.
    plan: Plan | None = None  # A plan that is given, instead of the one that is drawn.
    schedule: str = "fifo"
    limits: Limits | None = None
    recorder: Callable[[Header], Recorder] = field(default=lambda header: Recorder(header=header))
    """Makes the recorder, for the header that tells how to play this again."""
    watch: Watch | None = None
    sinks: tuple[OutputSink, OutputSink] = (None, None)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    replay_of: str = ""


class Case(Protocol):
    """Something that can be played."""

    @property
    def name(self) -> str: ...

    @property
    def claim(self) -> str:
        """What it is to show, in a sentence."""
        ...

    def header(self, play: Play, drawn: Plan) -> Header:
        """What a trace says at its top, so that `case_of` finds all this again."""
        ...

    def play(self, play: Play) -> Run: ...

    def numbers(self) -> dict[str, int | float]:
        """Parameters that can be made smaller."""
        ...

    def with_params(self, **changes: Any) -> "Case":
        """The same with other parameters."""
        ...


@dataclass(frozen=True, kw_only=True)
class ScenarioCase:
    """A scenario with its parameters."""

    scenario: Scenario
    words: str = ""  # FILE.py:NAME or MODULE:NAME, for one that is not in the catalogue.
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def claim(self) -> str:
        return self.scenario.claim

    def header(self, play: Play, drawn: Plan) -> Header:
        return _header(
            play,
            drawn,
            scenario=self.scenario.name,
            program=[self.words] if self.words else [],
            params=self.scenario.parameters(self.params),
        )

    def play(self, play: Play) -> Run:
        return run(
            self.scenario,
            seed=play.seed,
            tape=play.tape,
            params=self.params,
            recorder=lambda drawn: play.recorder(self.header(play, drawn)),
            limits=play.limits,
            hand_plan=play.plan,
            order=play.schedule,
            watch=play.watch,
        )

    def numbers(self) -> dict[str, int | float]:
        given = self.scenario.parameters(self.params)
        return {name: value for name, value in given.items() if type(value) in (int, float)}

    def with_params(self, **changes: Any) -> "ScenarioCase":
        return replace(self, params={**self.params, **changes})


@dataclass(frozen=True, kw_only=True)
class ProgramCase:
    """A plain program with its surroundings."""

    setup: Setup

    @property
    def name(self) -> str:
        return self.setup.program

    @property
    def claim(self) -> str:
        return "The program comes to its end without an error, and leaks nothing."

    def header(self, play: Play, drawn: Plan) -> Header:
        return _header(play, drawn, program=self.setup.words(), params=self.setup.as_params())

    def play(self, play: Play) -> Run:
        return run_program(
            self.setup,
            seed=play.seed,
            tape=play.tape,
            recorder=lambda drawn: play.recorder(self.header(play, drawn)),
            limits=play.limits,
            hand_plan=play.plan,
            order=play.schedule,
            sinks=play.sinks,
            watch=play.watch,
        )

    def numbers(self) -> dict[str, int | float]:
        return {}

    def with_params(self, **changes: Any) -> "ProgramCase":
        raise Misuse(f"a program has no parameters; found {', '.join(changes)}")


def _header(play: Play, drawn: Plan, **what: Any) -> Header:
    return Header(
        seed=play.tape.seed if play.tape is not None else play.seed,
        schedule=play.schedule,
        plan=drawn.as_data() or None,
        plan_by_hand=play.plan is not None,
        replay_of=play.replay_of,
        provenance=dict(play.provenance),
        **what,
    )
