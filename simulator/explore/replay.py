"""Replay: plays the tape of a recorded run, and compares the two stories event by event.

    replayed = replay(Trace.load("failed.jsonl"), scenario)
    assert replayed.same, replayed

The tape is the one in the footer. A trace without a footer (the run was killed) has none: its seed plays
then, up to the last event that was recorded.
"""

from dataclasses import dataclass
from typing import Any

from simulator.errors import Misuse
from simulator.faults.plan import Plan
from simulator.faults.written import plan_from
from simulator.harness.program import Setup, run_program
from simulator.harness.run import Run, run
from simulator.harness.scenario import Scenario
from simulator.harness.session import Watch
from simulator.kernel.engine import Engine
from simulator.kernel.limits import Limits
from simulator.kernel.stdio import OutputSink
from simulator.kernel.tape import Match, Tape
from simulator.trace.diff import Difference, HeaderDifference, diff
from simulator.trace.event import Event
from simulator.trace.header import Header
from simulator.trace.query import Trace
from simulator.trace.recorder import Recorder

_UNFINISHED = ("interrupted",)


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A run that played an old tape, and how its story compares with the recorded one."""

    run: Run
    match: Match
    difference: Difference
    provenance: tuple[HeaderDifference, ...]  # Other versions of Python, of libraries, of the code.
    events: int  # How many events were compared.
    whole: bool  # Whether the recorded run had come to its end.

    @property
    def same(self) -> bool:
        """Whether it told the same story, event by event, as far as that was recorded."""
        return not self.difference

    def __str__(self) -> str:
        if self.same:
            return f"the same, event by event: {self.events:,} events, digest {self.run.digest}"
        return f"it parted from the recording: {self.difference.text(left='recorded', right='replayed')}"


def replay(
    recorded: Trace,
    subject: Scenario | Setup,
    *,
    provenance: dict[str, Any] | None = None,
    recorder: Recorder | None = None,
    limits: Limits | None = None,
    sinks: tuple[OutputSink, OutputSink] = (None, None),
    watch: Watch | None = None,
) -> Replayed:
    """Play the tape of a recorded run with the same scenario or program, and compare."""
    header, footer = recorded.header, recorded.footer
    tape = Tape.from_json(footer.tape) if footer is not None and footer.tape is not None else None
    seed = _seed(header, tape)
    whole = recorded.complete and footer is not None and footer.outcome not in _UNFINISHED
    recorder = recorder or Recorder(header=replay_header(recorded), level=header.level)
    stop = None if whole else _Stop(recorder, len(recorded), watch)
    if isinstance(subject, Scenario):
        run_again = run(
            subject, seed=seed, tape=tape, params=header.params, recorder=recorder, limits=limits,
            hand_plan=hand_plan(header), order=header.schedule, watch=stop.watch if stop else watch,
        )  # fmt: skip
    else:
        run_again = run_program(
            subject, seed=seed, tape=tape, recorder=recorder, limits=limits, hand_plan=hand_plan(header),
            order=header.schedule, sinks=sinks, watch=stop.watch if stop else watch,
        )  # fmt: skip
    return Replayed(
        run=run_again,
        match=run_again.match,
        difference=_difference(recorded, run_again.trace, whole=whole),
        provenance=_provenance(header.provenance, provenance),
        events=len(recorded),
        whole=whole,
    )


def replay_header(recorded: Trace, **changes: Any) -> Header:
    """The header of the replay: the recorded one, and what it is a replay of."""
    header = recorded.header
    fields = {name: getattr(header, name) for name in header.__struct_fields__}
    return Header(**(fields | {"replay_of": recorded.digest} | changes))


def hand_plan(header: Header) -> Plan | None:
    """The plan that was given to a run, and that its tape does not hold; None for one that was drawn."""
    return plan_from(header.plan or []) if header.plan_by_hand else None


def _seed(header: Header, tape: Tape | None) -> int:
    if tape is not None:
        return tape.seed
    if type(header.seed) is not int:
        raise Misuse("this trace has neither a tape nor a seed", hint="it cannot be replayed; `show` reads it")
    return header.seed


class _Stop:
    """Ends a replay where the recording ends: nobody knows how the run would have gone on."""

    def __init__(self, recorder: Recorder, events: int, watch: Watch | None) -> None:
        self._recorder, self._events, self._watch = recorder, events, watch

    def watch(self, engine: Engine) -> Any:
        def see(event: Event) -> None:
            if event.seq >= self._events:
                engine.stop()

        self._recorder.subscribe(see)
        return self._watch(engine) if self._watch is not None else None


def _difference(recorded: Trace, replayed: Trace, *, whole: bool) -> Difference:
    headerless = Trace(replayed.events, header=recorded.header, footer=replayed.footer)
    if whole:
        return diff(recorded, headerless)
    kept = Trace(recorded.events, header=recorded.header)
    return diff(kept, Trace(replayed.events[: len(recorded)], header=recorded.header))


def _provenance(recorded: dict[str, Any], now: dict[str, Any] | None) -> tuple[HeaderDifference, ...]:
    if not recorded or now is None:
        return ()
    before, after = Header(provenance=recorded), Header(provenance=now)
    return diff(Trace((), header=before), Trace((), header=after)).headers
