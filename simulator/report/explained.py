"""Explained: why a run failed, on one screen and as data."""

from collections.abc import Iterator
from typing import Any, Final

from simulator.explore.explain import Explanation, Fate
from simulator.report.data import event_data
from simulator.report.text import Paint, plain
from simulator.report.voice import printable
from simulator.trace.event import Event, format_ns

CHAIN_MAX: Final = 12
_BAR: Final = 10
_CHARS_MAX: Final = 140


def explained_text(found: Explanation, *, paint: Paint = plain) -> str:
    """Which faults it needed, what led to it, when it became inevitable, and what would have been."""
    return "\n".join(_lines(found, paint))


def _lines(found: Explanation, paint: Paint) -> Iterator[str]:
    run = found.run
    yield f"{paint(run.name, 'bold')}: {printable(str(run.outcome).partition(chr(10))[0])}"
    yield ""
    yield from _faults(found)
    yield ""
    yield "what led to it, step by step:"
    chain = found.chain[:CHAIN_MAX][::-1]
    if len(found.chain) > CHAIN_MAX:
        yield f"{'':>7} {len(found.chain) - CHAIN_MAX} earlier steps"
    yield from map(_short, chain)
    if found.fates:
        yield ""
        yield "how often it fails, if from an event on chance answers anew and no further fault begins:"
        yield from (_fate(fate, fate == found.sealed) for fate in found.fates)
        yield _verdict(found)
    if found.parting is not None:
        yield ""
        yield f"the nearest run that passes is the same up to event {found.parting.since.seq}, and then:"
        yield from (f"  failed  {_cut(line)}" for line in found.parting.failed)
        yield from (f"  passed  {_cut(line)}" for line in found.parting.passed)


def _faults(found: Explanation) -> Iterator[str]:
    if found.by_chance:
        yield "it fails without any fault as well: chance alone does it"
    for number, timed in enumerate(found.needed):
        yield f"{'' if number else 'needed':<9} {timed}"
    if found.needed or found.by_chance:
        if found.idle:
            yield f"{'idle':<9} {len(found.idle)} more faults, each of which may be left out"
        return
    yield f"needed    one of {len(found.idle)} faults, each of which would do alone:"
    yield from (f"{'':<9} {timed}" for timed in found.idle)


def _fate(fate: Fate, first: bool) -> str:
    full = round(_BAR * fate.failed / fate.copies)
    mark = "  <- from here on it was inevitable" if first else ""
    event = fate.event
    what = f"{event.host} {event.kind}".strip()
    return (
        f"{event.seq:>7} {format_ns(event.at_ns):>14}  {'#' * full:<{_BAR}} "
        f"{fate.failed} of {fate.copies}  {what:<24}{mark}"
    ).rstrip()


def _verdict(found: Explanation) -> str:
    sealed = found.sealed
    if sealed is None:
        return "at no event was it inevitable: up to the end something could have saved it"
    if sealed == found.fates[0]:
        return "it was inevitable from the beginning of the drive on"
    return f"it became inevitable by event {sealed.event.seq}, {format_ns(sealed.event.at_ns)} into the run"


def _short(event: Event) -> str:
    return _cut(printable(event.line()).replace("\n", " "))


def _cut(line: str) -> str:
    line = printable(line).replace("\n", " ")
    return line if len(line) <= _CHARS_MAX else f"{line[: _CHARS_MAX - 1]}…"


def explained_data(found: Explanation) -> dict[str, Any]:
    """What `--json` prints."""
    data: dict[str, Any] = {
        "name": found.run.name,
        "signature": found.signature,
        "message": found.run.outcome.message,
        "needed": [str(timed) for timed in found.needed],
        "idle": [str(timed) for timed in found.idle],
        "by_chance": found.by_chance,
        "chain": [event_data(event) for event in reversed(found.chain)],
        "fates": [
            {"event": fate.event.seq, "at_ns": fate.event.at_ns, "failed": fate.failed, "copies": fate.copies}
            for fate in found.fates
        ],
        "inevitable_since": found.sealed.event.seq if found.sealed is not None else None,
    }
    if found.parting is not None:
        parting = found.parting
        data["parting"] = {"event": parting.since.seq, "failed": parting.failed, "passed": parting.passed}
    return data
