"""Story: a failing run in the few lines that matter, one after the other.

What counts as news: faults, programs that start and end, errors, warnings of the program's log, refusals of services,
and every step of the chain that led to the violation. All else is left out, and of too much news the middle.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from simulator.explore.explain import chain_of
from simulator.harness.run import Run
from simulator.report.voice import printable
from simulator.trace.event import Event

LINES_MAX: Final = 22
_LINE_CHARS_MAX: Final = 150
_CHAIN_MAX: Final = 10

_NEWS: Final = frozenset({
    "clock.jump", "fault.begin", "fault.end", "fault.hit", "fs.crash", "fs.error", "guard.leak", "guard.refused",
    "host.boot", "host.crash", "limit.reached", "loop.blocked", "loop.exception", "loop.warning", "net.refused",
    "net.reset", "oracle.violated", "proc.error", "proc.exit", "proc.pause", "proc.restart", "proc.resume",
    "proc.signal", "proc.start", "redis.failover", "redis.restart", "s3.lifecycle", "stuck", "watch.lost",
})  # fmt: skip
_LEVELS: Final = frozenset({"warning", "error", "critical"})


def story(run: Run, *, lines_max: int = LINES_MAX) -> Iterator[str]:
    """The run in so many lines at most, the violation last."""
    chain = {event.seq for event in chain_of(run.trace, run.outcome)[:_CHAIN_MAX]}
    told = [event for event in run.trace if event.seq in chain or is_news(event)]
    told = _without_echoes(told)
    if len(told) > lines_max:
        head, tail = lines_max // 3, lines_max - lines_max // 3 - 1
        left = len(told) - head - tail
        yield from map(_line, told[:head])
        yield f"{'':>7} {'':>14}  ... {left} more ..."
        told = told[-tail:]
    yield from map(_line, told)


def is_news(event: Event) -> bool:
    """Whether somebody who reads a failure wants to hear of an event."""
    if event.kind in _NEWS:
        return not (event.kind in ("fault.end", "proc.start") and event.at_ns == 0)
    if event.kind == "log":
        return str(event.fields.get("level", "")).lower() in _LEVELS
    return event.kind in _ANSWERS and str(event.fields.get("status", "200")) >= "400"


_ANSWERS: Final = frozenset({"s3.response", "http.response"})


def _without_echoes(events: Iterable[Event]) -> list[Event]:
    """Of the same news over and over the first."""
    kept: list[Event] = []
    last: tuple[object, ...] = ()
    for event in events:
        key = (event.kind, event.host, str(event.fields.get("message") or event.fields.get("operation") or event.seq))
        if key != last:
            kept.append(event)
        last = key
    return kept


def _line(event: Event) -> str:
    line = printable(event.line()).replace("\n", " ")
    return line if len(line) <= _LINE_CHARS_MAX else f"{line[: _LINE_CHARS_MAX - 1]}…"
