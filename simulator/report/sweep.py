"""Sweep: what many seeds came to, in words and as data.

Each distinct failure is told once: how often it was seen, what is known of it from earlier sweeps, and the line that
plays its first seed again.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.explore.coverage import Reached
from simulator.explore.ledger import Told
from simulator.explore.sweep import Finding, Sweep
from simulator.report.text import Paint, plain
from simulator.report.voice import printable

FAULTS_TOLD_MAX: Final = 6
MESSAGE_LINES_MAX: Final = 12
MARKS_TOLD_MAX: Final = 20
LINES_TOLD_MAX: Final = 20
_FAMILIES: Final = {
    "branch": "branches",
    "event": "kinds of events",
    "exception": "exceptions",
    "fault": "kinds of faults",
    "http": "answers of APIs",
    "log": "log messages",
    "redis": "answers of Redis",
    "s3": "answers of S3",
    "said": "printed lines",
    "state": "states",
    "transition": "transitions",
}
_COLOURS: Final = {"new": "red", "ongoing": "yellow", "resolved": "green", "not seen": "dim"}


@dataclass(frozen=True, kw_only=True)
class Swept:
    """A sweep at its end, as it is told."""

    subjects: Sequence[str]
    sweep: Sweep
    real_s: float
    jobs: int
    again: Mapping[tuple[int, str], str] = field(default_factory=dict)  # The line that plays a finding again.
    history: Sequence[Sequence[Told]] = ()  # Of each subject.
    notes: Sequence[str] = ()
    ledgers: Sequence[str] = ()
    reached: Reached = field(default_factory=Reached)

    def state(self, finding: Finding) -> Told | None:
        """What its ledger says of a finding."""
        told = self.history[finding.subject] if self.history else ()
        return next((one for one in told if one.signature == finding.signature), None)

    def gone(self) -> Iterator[tuple[int, Told]]:
        """Findings of earlier sweeps that were not seen in this one."""
        for subject, told in enumerate(self.history):
            yield from ((subject, one) for one in told if one.state in ("resolved", "not seen"))


def text(swept: Swept, *, paint: Paint = plain) -> str:
    """A sweep in words."""
    return "\n".join(_lines(swept, paint))


def _lines(swept: Swept, paint: Paint) -> Iterator[str]:
    sweep = swept.sweep
    yield f"{paint(', '.join(swept.subjects), 'bold')}: {tally(sweep)}"
    workers = f"{swept.jobs} worker{'s' * (swept.jobs > 1)}"
    yield f"  time    {swept.real_s:.1f} s, {rate(sweep.played, swept.real_s)} with {workers}; ended: {sweep.over}"
    for word, lines in (("reached", list(_reached(swept.reached))), ("ledger", swept.ledgers), ("note", swept.notes)):
        for number, line in enumerate(lines):
            yield f"  {'' if number else word:<7} {line}"
    findings = sweep.ordered()
    if findings:
        yield f"\n{len(findings)} distinct failure{'s' * (len(findings) > 1)}:"
    for number, finding in enumerate(findings, 1):
        yield ""
        yield from _finding(swept, number, finding, paint)
    gone = list(swept.gone())
    if gone:
        yield "\nof earlier sweeps:"
    for subject, one in gone:
        seeds = f"seed {', '.join(map(str, one.seeds[:3]))}" if one.seeds else "no seed alone"
        name = f"{swept.subjects[subject]}: " if len(swept.subjects) > 1 else ""
        state = paint(one.state, _COLOURS[one.state]) + " " * (8 - len(one.state))
        yield f"  {state}  {name}{printable(one.signature)} ({seeds}, since sweep {one.since})"


def _finding(swept: Swept, number: int, finding: Finding, paint: Paint) -> Iterator[str]:
    first = finding.first
    name = f"{swept.subjects[finding.subject]}: " if len(swept.subjects) > 1 else ""
    yield f"{number}. {name}{paint(printable(finding.signature), 'bold')}"
    told = swept.state(finding)
    state = ""
    if told is not None:
        since = f" since sweep {told.since}" + (f", commit {told.commit[:10]}" if told.commit else "")
        state = f"; {paint(told.state, _COLOURS[told.state])}{since if told.state == 'ongoing' else ''}"
    yield f"   seen    {finding.count:,} time{'s' * (finding.count > 1)}, first with seed {first.seed}{state}"
    for nth, line in enumerate(printable(first.message).splitlines()[:MESSAGE_LINES_MAX]):
        yield f"   {'' if nth else 'why':<7} {line}"
    for nth, fault in enumerate(first.faults[:FAULTS_TOLD_MAX]):
        yield f"   {'' if nth else 'faults':<7} {fault}"
    if len(first.faults) > FAULTS_TOLD_MAX:
        yield f"           and {len(first.faults) - FAULTS_TOLD_MAX} more"
    if first.stock is not None:
        yield f"   order   possible on stock asyncio: {stock_words(first.stock)}"
    if finding.note:
        yield f"   {paint('note', 'yellow')}    {finding.note}"
    yield f"   again   {swept.again[finding.subject, finding.signature]}"


def _reached(reached: Reached) -> Iterator[str]:
    families = {name: count for name, count in reached.families().items() if name not in ("sometimes", "outcome")}
    if families:
        yield ", ".join(f"{count:,} {_FAMILIES.get(name, name)}" for name, count in families.items())
    missed = reached.missed()
    if reached.marks:
        words = len({mark.words for mark in reached.marks})
        yield f"{words - len({mark.words for mark in missed})} of {words} marks"
    for mark in missed[:MARKS_TOLD_MAX]:
        yield f"never   {printable(mark.words)} ({os.path.basename(mark.file)}:{mark.line})"
    if len(missed) > MARKS_TOLD_MAX:
        yield f"        and {len(missed) - MARKS_TOLD_MAX} marks more"
    sides: dict[str, list[int]] = {}
    for file, line in reached.one_sided():
        sides.setdefault(file, []).append(line)
    for file, lines in sides.items():
        more = f" and {len(lines) - LINES_TOLD_MAX} more" if len(lines) > LINES_TOLD_MAX else ""
        yield f"one way {file}, lines {', '.join(map(str, lines[:LINES_TOLD_MAX]))}{more}"


def _reached_data(reached: Reached) -> dict[str, Any]:
    found: dict[str, Any] = {name: reached.of(name) for name in reached.families()}
    found["never"] = [{"words": one.words, "file": one.file, "line": one.line} for one in reached.missed()]
    one_sided = [{"file": file, "line": line} for file, line in reached.one_sided()]
    return found | ({"one_way": one_sided} if one_sided else {})


def stock_words(same: bool) -> str:
    """Whether asyncio's own order shows a failure that another order found."""
    return "yes, the same seed fails in order as well" if same else "not shown, the same seed passes in order"


def tally(sweep: Sweep) -> str:
    """How many seeds ended how."""
    counted = ", ".join(f"{count:,} {status}" for status, count in sweep.statuses.most_common())
    return f"{sweep.played:,} seed{'s' * (sweep.played != 1)}" + (f", {counted}" if counted else "")


def rate(seeds: int, real_s: float) -> str:
    """Seeds a second, or seconds a seed."""
    if not seeds or real_s <= 0:
        return "no seed yet"
    each_s = real_s / seeds
    return f"{seeds / real_s:,.0f} seeds/s" if each_s < 0.2 else f"{seeds / real_s:.1f} seeds/s"


def progress_line(sweep: Sweep, passed_s: float, *, reached: int) -> str:
    """A sweep that goes on, in one line."""
    total = sweep.total
    parts = [
        f"{sweep.played:,}" + (f" of {total:,}" if total is not None else "") + " seeds",
        rate(sweep.played, passed_s),
        f"{len(sweep.findings)} distinct failures",
    ]
    if reached:
        parts.append(f"{reached:,} reached")
    left = left_s(sweep, passed_s)
    if left is not None:
        parts.append(f"{_duration(left)} left")
    return "  ".join(parts)


def left_s(sweep: Sweep, passed_s: float) -> float | None:
    """About how long it will go on."""
    guesses = []
    if sweep.total is not None and sweep.played:
        guesses.append((sweep.total - sweep.played) * passed_s / sweep.played)
    if sweep.bounds.for_s is not None:
        guesses.append(sweep.bounds.for_s - passed_s)
    return max(min(guesses), 0.0) if guesses else None


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def data(swept: Swept) -> dict[str, Any]:
    """What `--json` prints."""
    sweep = swept.sweep
    return {
        "subjects": list(swept.subjects),
        "seeds": sweep.played,
        "statuses": dict(sweep.statuses),
        "ended": sweep.over,
        "real_s": round(swept.real_s, 3),
        "jobs": swept.jobs,
        "findings": [_finding_data(swept, finding) for finding in sweep.ordered()],
        "gone": [
            {"subject": swept.subjects[subject], "signature": one.signature, "state": one.state, "seeds": one.seeds}
            for subject, one in swept.gone()
        ],
        "reached": _reached_data(swept.reached),
        "notes": list(swept.notes),
        "ledgers": list(swept.ledgers),
    }


def _finding_data(swept: Swept, finding: Finding) -> dict[str, Any]:
    first, told = finding.first, swept.state(finding)
    found: dict[str, Any] = {
        "subject": swept.subjects[finding.subject],
        "signature": finding.signature,
        "count": finding.count,
        "seed": first.seed,
        "status": first.status,
        "message": first.message,
        "faults": first.faults,
        "digest": first.digest,
        "trace": finding.trace or None,
        "replay": swept.again[finding.subject, finding.signature],
    }
    if told is not None:
        found |= {"state": told.state, "since": told.since}
    if first.stock is not None:
        found["possible_on_stock_asyncio"] = stock_words(first.stock)
    return found | ({"note": finding.note} if finding.note else {})
