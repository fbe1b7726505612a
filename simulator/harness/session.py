"""One session: an engine from its start to the verdict, whatever runs in it.

begin(engine)     makes the world and starts what is to run; returns how to tell whether it is over
engine.run()      watched by the oracles and by the watchdog
judge             the outcome, from what broke the engine, what the program did, or an oracle
"""

from collections.abc import Callable, Sequence
from linecache import getline
from traceback import TracebackException

from simulator.errors import Diverged, LimitReached, Misuse, SoundstageError, Stuck
from simulator.harness.blame import blame
from simulator.harness.outcome import Outcome, Status
from simulator.harness.watchdog import watched
from simulator.kernel import collect
from simulator.kernel.callsite import is_ours, short
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.limits import Limits
from simulator.kernel.schedule import schedule
from simulator.kernel.stuck import describe
from simulator.oracles.fold import OracleFactory, Violation, judge_end, judge_one
from simulator.trace.event import Event
from simulator.trace.recorder import Recorder
from simulator.trace.redact import redact_text

MESSAGE_MAX = 2000

End = Callable[[], "BaseException | Outcome | None"]
"""Asked when the engine has stopped: an error or an outcome of what ran; None if all is well."""

Begin = Callable[[Engine], Callable[[], bool]]
"""Starts what is to run; the function that it returns says whether that is over."""

Watch = Callable[[Engine], "Callable[[], object] | None"]
"""Sees the engine before the run; the function it may return is called now and then, in real time."""


class Session:
    """The state of one run while it goes on."""

    def __init__(
        self,
        *,
        choices: Choices,
        recorder: Recorder,
        limits: Limits | None = None,
        oracles: Sequence[OracleFactory] = (),
        order: str = "fifo",
        watch: Watch | None = None,
    ) -> None:
        self.choices, self.recorder = choices, recorder
        self.engine = Engine(choices=choices, recorder=recorder, limits=limits)
        self.violations: list[Violation] = []
        self._oracles = [make() for make in oracles]
        self._watch = watch
        schedule(self.engine, order)
        choices.absorb = self.engine.absorb
        recorder.events_max = self.engine.limits.events_max
        recorder.on_trouble = self._trouble
        if self._oracles:
            recorder.subscribe(self._see)

    @property
    def checks(self) -> tuple[str, ...]:
        """What the oracles watch for, in words."""
        return tuple(oracle.name for oracle in self._oracles)

    def play(self, begin: Begin, end: End) -> Outcome:
        """Run until what was begun is over, and judge."""
        engine = self.engine
        broken: BaseException | None = None
        with collect.run_policy(engine):
            try:
                header = self.recorder.header
                name = header.scenario or " ".join(header.program) if header is not None else ""
                engine.emit("run.begin", host="", scenario=name, seed=self.choices.tape.seed)
                is_over = begin(engine)
                look = self._watch(engine) if self._watch is not None else None
                with watched(engine, look):
                    engine.run()
                if not self.violations and not is_over():
                    broken = engine.stuck()
            except BaseException as error:  # Whatever ended the run is judged, Ctrl-C included.
                broken = error
            finally:
                outcome = self._judge(broken, end)
                self.recorder.unsubscribe_all()
                collect.bury(engine)
        self.recorder.finish(outcome.status, message=outcome.message, tape=self.choices.tape.to_json())
        return outcome

    def _trouble(self, trouble: SoundstageError) -> None:
        """A full disk and too many events end a run. One whose trace is full goes on, and its footer says so."""
        if isinstance(trouble, LimitReached):
            if trouble.limit == "trace_bytes_max":
                return
            trouble.waiting = tuple(describe(self.engine))
        self.engine.fail(trouble)

    def _see(self, event: Event) -> None:
        try:
            found = judge_one(self._oracles, event)
        except Exception as error:  # An oracle that fails must not look like a failure of the program that it watches.
            self.engine.fail(error)
            return
        if found:
            self.violations += found
            self.engine.stop()

    def _judge(self, broken: BaseException | None, end: End) -> Outcome:
        found = broken if broken is not None else end() if not self.violations else None
        if not self.violations and (found is None or (isinstance(found, Outcome) and found.passed)):
            self.violations += judge_end(self._oracles)
        violations = tuple(self.violations)
        if violations:
            return Outcome(status=Status.VIOLATED, message=str(violations[0]), violations=violations)
        if isinstance(found, BaseException):
            return outcome_of(found)
        return found or Outcome(status=Status.PASSED)


def outcome_of(error: BaseException) -> Outcome:
    """What an error that ended a run means for it."""
    status = status_of(error)
    text = redact_text(error_text(error))[:MESSAGE_MAX]
    hint = error.hint if isinstance(error, SoundstageError) else ""
    violations = (Violation("assertion", text),) if status is Status.VIOLATED else ()
    blamed = () if isinstance(error, SoundstageError | KeyboardInterrupt) else blame(error)
    return Outcome(status=status, message=text, violations=violations, hint=hint, blame=blamed)


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


def error_text(error: BaseException) -> str:
    """An error in words: our own as they are, a claim by its line, all others with where they came from."""
    if isinstance(error, KeyboardInterrupt):
        return str(error) or "stopped by Ctrl-C"
    if isinstance(error, LimitReached):
        return "\n".join([str(error), *error.waiting])
    if isinstance(error, SoundstageError):
        return str(error)
    told = TracebackException.from_exception(error)
    frames = [frame for frame in told.stack if not is_ours(frame.filename)] or list(told.stack)
    if isinstance(error, AssertionError):
        line = getline(frames[-1].filename, frames[-1].lineno or 0).strip() if frames else ""
        return str(error) or line or "an assertion failed"
    said = "".join(told.format_exception_only()).strip()
    return f"{said}\n  at {short(frames[-1].filename)}:{frames[-1].lineno} in {frames[-1].name}" if frames else said
