"""`run(scenario, ...) -> Run`: the whole engine in one call.

Replay is an old tape, shrinking a tamer tape, a sweep many seeds. What comes after a run reads the
`Run` alone.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.faults.plan import Plan, plan
from simulator.harness.outcome import Outcome
from simulator.harness.scenario import Scenario
from simulator.harness.session import Session, Watch
from simulator.harness.stage import STAGE, Stage
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.interpose import install
from simulator.kernel.limits import Limits
from simulator.kernel.tape import Match, Tape
from simulator.trace.header import Header
from simulator.trace.query import Trace
from simulator.trace.recorder import Recorder


@dataclass(frozen=True, kw_only=True)
class Run:
    """One finished run: what was played, what happened, and how it ended."""

    name: str
    seed: int | None
    params: dict[str, Any]
    plan: Plan
    tape: Tape
    trace: Trace
    outcome: Outcome
    now_ns: int
    turns: int
    match: Match  # How much of a given tape fitted; a seed fits itself.
    value: Any = None  # What the program returned, under `simulate`.
    checks: tuple[str, ...] = ()  # The properties that held throughout, unless the outcome names one.

    @property
    def digest(self) -> str:
        """The run in one number: equal runs have equal digests."""
        return self.trace.digest

    def __repr__(self) -> str:
        return f"<run {self.name} seed={self.seed}: {self.outcome}>"


def run(
    scenario: Scenario,
    *,
    seed: int = 0,
    tape: Tape | None = None,
    params: Mapping[str, Any] | None = None,
    recorder: Recorder | Callable[[Plan], Recorder] | None = None,
    limits: Limits | None = None,
    hand_plan: Plan | None = None,
    order: str = "fifo",
    watch: Watch | None = None,
) -> Run:
    """Run a scenario once: with a seed, or with the draws of an earlier run.

    A `recorder` that wants the plan in its header is made when that is drawn: then give a function.
    """
    install()
    given = scenario.parameters(params or {})
    choices = Choices.from_seed(seed) if tape is None else Choices.replay(tape)
    drawn = hand_plan if hand_plan is not None else plan(choices, scenario.menu, horizon_s=scenario.horizon_s)
    if recorder is None:
        header = Header(
            scenario=scenario.name,
            params=given,
            seed=seed,
            plan=drawn.as_data(),
            plan_by_hand=hand_plan is not None,
            schedule=order,
        )
        recorder = Recorder(header=header)
    elif not isinstance(recorder, Recorder):
        recorder = recorder(drawn)
    session = Session(
        choices=choices, recorder=recorder, limits=limits, oracles=scenario.oracles, order=order, watch=watch
    )
    director = _Director(scenario, drawn, given)
    outcome = session.play(director.begin, lambda: director.error)
    return Run(
        name=scenario.name,
        seed=seed if tape is None else None,
        params=given,
        plan=drawn,
        tape=choices.tape,
        trace=recorder.trace(),
        outcome=outcome,
        now_ns=session.engine.now_ns,
        turns=session.engine.turns,
        match=choices.match(),
        checks=session.checks,
    )


class _Director:
    """Runs the scenario's function in a process of its own, on a host that no fault reaches."""

    def __init__(self, scenario: Scenario, drawn: Plan, params: dict[str, Any]) -> None:
        self._scenario, self._plan, self._params = scenario, drawn, params
        self._finished = False
        self.error: BaseException | None = None

    def begin(self, engine: Engine) -> Callable[[], bool]:
        stage = Stage(engine, self._scenario, self._plan)
        service = stage.host(STAGE).run(lambda: self._direct(stage), name="scenario")
        assert service.process is not None
        service.process.on_end.append(lambda code: engine.stop())
        return lambda: self._finished

    def _direct(self, stage: Stage) -> None:
        try:
            asyncio.run(self._drive(stage))
        except BaseException as error:  # The scenario's; the session makes it the outcome.
            self.error = error
        self._finished = True

    async def _drive(self, stage: Stage) -> None:
        await self._scenario.function(stage, **self._params)
