"""Text: a run on one screen, and many seeds in a table.

What ran, how it ended and why, then which faults struck and what led to the violation, and last the line
that plays it again. The most useful words come first; nothing is told twice.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from simulator.harness.outcome import Outcome, Status
from simulator.harness.run import Run
from simulator.harness.stage import STAGE
from simulator.oracles.fold import Violation
from simulator.report.asked import Asked
from simulator.trace.event import format_ns
from simulator.trace.query import Trace

Paint = Callable[[str, str], str]
"""Colours a text, or leaves it as it is."""

CAUSES_MAX: Final = 8
FAULTS_MAX: Final = 12
HOSTS_MAX: Final = 8
MESSAGE_LINES_MAX: Final = 24
COLOURS: Final = {Status.PASSED: "green", Status.INTERRUPTED: "yellow", Status.MISUSE: "yellow"}


def plain(text: str, colour: str) -> str:
    """No colours."""
    return text


def summary(
    run: Run,
    *,
    real_s: float,
    claim: str = "",
    trace: str = "",
    again: str = "",
    stock: str = "",
    paint: Paint = plain,
) -> str:
    """A run on one screen."""
    lines = list(_summary(run, real_s, claim, trace, again, paint))
    if stock:
        lines.insert(2 if claim else 1, f"  order   possible on stock asyncio: {stock}")
    return "\n".join(lines)


def _summary(run: Run, real_s: float, claim: str, trace: str, again: str, paint: Paint) -> Iterator[str]:
    seed = f"seed {run.seed}" if run.seed is not None else "from a tape"
    yield f"{paint(run.name, 'bold')}, {seed}{_params(run)}: {status_word(run.outcome, paint)}"
    if claim:
        yield f"  claim   {claim}"
    yield from _why(run, paint)
    if claim:
        yield from _listed("hosts", _hosts(run), HOSTS_MAX)
    faults = run.plan.faults
    if faults and run.outcome.status is not Status.MISUSE:
        struck = Counter(event.fields.get("number") for event in run.trace.of("fault.begin"))
        yield from _listed("faults", [f"{len(faults)} planned, {len(struck)} struck", *faults], FAULTS_MAX + 1)
    if claim and run.outcome.passed:
        yield from _listed(
            "checked", ["the claim, at the end", *(f"{one}, at every event" for one in run.checks)], HOSTS_MAX
        )
    yield from _listed("asked", list(_asked(run)), HOSTS_MAX)
    yield from _listed("became", list(_told(run)), FAULTS_MAX)
    yield f"  time    {format_ns(run.now_ns)} virtual{_speed(run.now_ns, real_s)}"
    footer = run.trace.footer
    events = footer.events if footer is not None else len(run.trace)
    yield f"  events  {events:,}, {len(run.tape):,} draws, digest {run.digest or '(nothing was recorded)'}"
    if footer is not None and footer.cut:
        yield f"  {paint('note', 'yellow')}    {footer_trouble(run.trace)}"
    if trace:
        yield f"  trace   {trace}"
    if again:
        yield f"  again   {again}"


def _listed(word: str, lines: Sequence[object], lines_max: int | None = None) -> Iterator[str]:
    """Lines under one word, so many at most."""
    for number, line in enumerate(lines[:lines_max]):
        yield f"  {'' if number else word:<7} {line}"
    if lines_max is not None and len(lines) > lines_max:
        yield f"          and {len(lines) - lines_max} more"


def _hosts(run: Run) -> list[str]:
    """What ran where, and how often it was started; nothing when the beginning of the story was not kept."""
    starts: dict[str, Counter[str]] = {}
    if run.trace and run.trace[0].seq == 1:
        for event in run.trace.of("proc.start"):
            starts.setdefault(event.host, Counter())[str(event.fields.get("name"))] += 1
    starts.pop(STAGE, None)
    alike: dict[str, list[str]] = {}
    for host, ran in starts.items():
        alike.setdefault("; ".join(_programs(ran)), []).append(host)
    return [f"{_few(hosts)}: {programs}" for programs, hosts in alike.items()]


def _programs(ran: Counter[str]) -> Iterator[str]:
    """The programs of a host; those that were started once and whose names begin with the same word are told in one."""
    told: dict[tuple[str, int], list[str]] = {}
    for name, times in ran.items():
        first, _, rest = name.partition(" ")
        together = bool(rest) and times == 1
        told.setdefault((first, 0) if together else (name, times), []).extend([rest] if together else [])
    for (name, times), rests in told.items():
        yield f"{name} {_few(rests)}" if rests else f"{name}, started {times} times" if times > 1 else name


def _asked(run: Run) -> Iterator[str]:
    """What the services were asked."""
    asked = Asked()
    for event in run.trace:
        asked.see(event)
    return asked.lines()


def _told(run: Run) -> Iterator[str]:
    """What the scenario says became of what it is about: the lines of its notes named `summary`."""
    for event in run.trace.of("note", text="summary"):
        data = event.fields.get("data")
        lines = data.get("lines", ()) if isinstance(data, dict) else ()
        yield from map(str, lines)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - HOSTS_MAX} more" if len(names) > HOSTS_MAX else ""
    return ", ".join(names[:HOSTS_MAX]) + more


def _params(run: Run) -> str:
    if {"host", "mounts"} <= run.params.keys():  # A program's setup, which its command line has said.
        return ""
    return "".join(f", {name}={value}" for name, value in run.params.items())


def status_word(outcome: Outcome, paint: Paint = plain) -> str:
    """The status, in its colour."""
    return paint(str(outcome.status), COLOURS.get(outcome.status, "red"))


def footer_trouble(trace: Trace) -> str:
    """Why the recording stopped early."""
    footer = trace.footer
    message = footer.message if footer is not None else ""
    return f"the recording stopped early: {message}" if message else "the recording stopped before the run did"


def _why(run: Run, paint: Paint) -> Iterator[str]:
    outcome = run.outcome
    if outcome.violations:
        first = outcome.violations[0]
        yield f"  {paint('broken', 'red')}  {_indented(str(first))}"
        yield from _chain(run.trace, first)
        if len(outcome.violations) > 1:
            yield f"          and {len(outcome.violations) - 1} more"
    elif outcome.message:
        yield f"  why     {_indented(outcome.message)}"
        if outcome.hint:
            yield f"  hint    {outcome.hint}"


def _chain(trace: Trace, violation: Violation) -> Iterator[str]:
    """The event that showed the violation, and what led to it."""
    event = next((event for event in trace if event.seq == violation.seq), None)
    if event is None:
        return
    chain = trace.causes(event)
    for step in chain[:CAUSES_MAX]:
        yield f"          {step!r}"
    if len(chain) > CAUSES_MAX:
        yield f"          and {len(chain) - CAUSES_MAX} earlier causes"


def _indented(text: str) -> str:
    lines = text.splitlines() or [""]
    if len(lines) > MESSAGE_LINES_MAX:
        lines = [*lines[:MESSAGE_LINES_MAX], f"... and {len(lines) - MESSAGE_LINES_MAX} lines more"]
    return "\n          ".join(lines)


def _speed(now_ns: int, real_s: float) -> str:
    if real_s <= 0:  # Nobody looked at the clock.
        return ""
    times = now_ns / 1e9 / real_s
    return f" in {real_s:.2f} s real" + (f" ({times:,.0f} times as fast)" if times >= 2 else "")


def seed_line(run: Run, *, paint: Paint = plain) -> str:
    """One seed of many in one line."""
    word = status_word(run.outcome, paint) + " " * (11 - len(str(run.outcome.status)))
    message = run.outcome.message.partition("\n")[0]
    footer = run.trace.footer
    events = footer.events if footer is not None else 0
    told = f"{run.seed!s:>8}  {word} {format_ns(run.now_ns):>16} {events:>9,}  {run.digest[:12]}  {message[:100]}"
    return told.rstrip()


SEED_HEADING: Final = f"{'seed':>8}  {'outcome':<11} {'virtual time':>16} {'events':>9}  {'digest':<12}"


def tally(outcomes: Sequence[Outcome]) -> str:
    """How many seeds ended how."""
    counted = Counter(str(outcome.status) for outcome in outcomes)
    return ", ".join(f"{count:,} {status}" for status, count in counted.most_common())
