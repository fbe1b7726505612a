"""`run(scenario, ...) -> Run`: the whole engine in one call.

Replay is an old tape, shrinking a tamer tape, a sweep many seeds. What comes after a run reads the
`Run` alone.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from traceback import format_exception
from typing import Any

from simulator.errors import Diverged, Misuse, Stuck
from simulator.faults.plan import Plan, plan
from simulator.harness.outcome import Outcome, Status
from simulator.harness.scenario import Scenario
from simulator.harness.stage import Stage
from simulator.kernel import collect
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.interpose import install
from simulator.kernel.limits import Limits
from simulator.kernel.tape import Tape
from simulator.oracles.fold import Violation, judge_end, judge_one
from simulator.trace.event import Event
from simulator.trace.header import Header
from simulator.trace.query import Trace
from simulator.trace.recorder import Recorder

_MESSAGE_MAX = 2000


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

    @property
    def digest(self) -> str:
        """The run in one number: equal runs have equal digests."""
        return self.trace.digest


def run(
    scenario: Scenario,
    *,
    seed: int = 0,
    tape: Tape | None = None,
    params: Mapping[str, Any] | None = None,
    recorder: Recorder | None = None,
    limits: Limits | None = None,
    hand_plan: Plan | None = None,
    watch: Callable[[Engine], object] | None = None,
) -> Run:
    """Run a scenario once: with a seed, or with the draws of an earlier run."""
    install()
    given = scenario.parameters(params or {})
    choices = Choices.from_seed(seed) if tape is None else Choices.replay(tape)
    drawn = hand_plan if hand_plan is not None else plan(choices, scenario.menu, horizon_s=scenario.horizon_s)
    recorder = recorder or Recorder(header=Header(scenario=scenario.name, params=given, seed=seed, plan=drawn.as_data()))
    return _Session(scenario, seed if tape is None else None, given, choices, drawn, recorder, limits).play(watch)


class _Session:
    """The state of one run while it goes on."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int | None,
        params: dict[str, Any],
        choices: Choices,
        drawn: Plan,
        recorder: Recorder,
        limits: Limits | None,
    ) -> None:
        self.scenario, self.seed, self.params = scenario, seed, params
        self.choices, self.plan, self.recorder = choices, drawn, recorder
        self.engine = Engine(choices=choices, recorder=recorder, limits=limits)
        self.oracles = [make() for make in scenario.oracles]
        self.violations: list[Violation] = []
        self.error: BaseException | None = None
        self.finished = False
        if self.oracles:
            recorder.subscribe(self._see)

    def play(self, watch: Callable[[Engine], object] | None) -> Run:
        """Set the stage, run the engine until the scenario's function is over, and judge."""
        engine = self.engine
        broken: BaseException | None = None
        with collect.run_policy(engine):
            try:
                stage = Stage(engine, self.scenario, self.plan)
                director = stage.host("stage").run(lambda: self._direct(stage), name="scenario")
                assert director.process is not None
                director.process.on_end.append(lambda code: engine.stop())
                if watch is not None:
                    watch(engine)
                engine.run()
                if not self.finished:
                    broken = engine.stuck()
            except BaseException as error:
                broken = error
            finally:
                outcome = self._judge(broken)
                collect.bury(engine)
        footer = self.recorder.finish(outcome.status, message=outcome.message, tape=self.choices.tape.to_json())
        assert footer is not None
        return Run(
            name=self.scenario.name,
            seed=self.seed,
            params=self.params,
            plan=self.plan,
            tape=self.choices.tape,
            trace=self.recorder.trace(),
            outcome=outcome,
            now_ns=engine.now_ns,
            turns=engine.turns,
        )

    def _direct(self, stage: Stage) -> None:
        """The body of the stage's process."""
        try:
            asyncio.run(self._drive(stage))
        except BaseException as error:
            self.error = error
        self.finished = True

    async def _drive(self, stage: Stage) -> None:
        await self.scenario.function(stage, **self.params)

    def _see(self, event: Event) -> None:
        found = judge_one(self.oracles, event)
        if found:
            self.violations += found
            self.engine.stop()

    def _judge(self, broken: BaseException | None) -> Outcome:
        """The outcome, from what broke the engine, the function, or an oracle."""
        if not self.violations and broken is None and self.error is None:
            self.violations += judge_end(self.oracles)
        violations = tuple(self.violations)
        if violations:
            return Outcome(status=Status.VIOLATED, message=str(violations[0]), violations=violations)
        error = broken or self.error
        if error is None:
            return Outcome(status=Status.PASSED)
        status = status_of(error)
        text = _claim_text(error) if status is Status.VIOLATED else _text(error, status)
        if status is Status.VIOLATED:
            violations = (Violation("assertion", text),)
        return Outcome(status=status, message=text[:_MESSAGE_MAX], violations=violations)


def status_of(error: BaseException) -> Status:
    """Whose fault an error is, as an outcome."""
    kinds: tuple[tuple[type[BaseException], Status], ...] = (
        (Misuse, Status.MISUSE),
        (Stuck, Status.STUCK),
        (Diverged, Status.DIVERGED),
        (KeyboardInterrupt, Status.INTERRUPTED),
        (AssertionError, Status.VIOLATED),
    )
    return next((status for kind, status in kinds if isinstance(error, kind)), Status.CRASHED)


def _text(error: BaseException, status: Status) -> str:
    if status is Status.CRASHED:
        return "".join(format_exception(error)[-3:]).strip()
    return str(error) or type(error).__name__


def _claim_text(error: BaseException) -> str:
    """An assertion in words: its message, else the line that asserts."""
    if str(error):
        return str(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an assertion failed"
    from linecache import getline

    line = getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno).strip()
    return line or "an assertion failed"
