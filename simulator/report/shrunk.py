"""Shrunk: what shrinking has left, as a story of one screen."""

from collections.abc import Iterator
from typing import Any, Final

from simulator.explore.attempt import Found
from simulator.explore.shrink import Shrunk
from simulator.harness.run import Run
from simulator.report.story import story
from simulator.report.text import Paint, plain

_FAULTS_MAX: Final = 12


def shrunk_text(shrunk: Shrunk, run: Run, *, trace: str, again: str, test: str = "", paint: Paint = plain) -> str:
    """The failure that is left, and how it compares with the first one."""
    return "\n".join(_lines(shrunk, run, trace, again, test, paint))


def _lines(shrunk: Shrunk, run: Run, trace: str, again: str, test: str, paint: Paint) -> Iterator[str]:
    first, best = shrunk.first, shrunk.best
    ended = "nothing smaller was found" if shrunk.finished else "the budget was spent; shrink its trace to go on"
    yield f"{paint(run.name, 'bold')}, shrunk in {shrunk.runs:,} runs: {ended}"
    yield f"  broken  {best.message.partition(chr(10))[0]}"
    for word, before, after in _sizes(first, best):
        yield f"  {word:<7} {before} -> {after}"
    changed = _numbers(first, best)
    if changed:
        yield f"  with    {changed}"
    faults = best.attempt.plan.faults
    for number, timed in enumerate(faults[:_FAULTS_MAX]):
        yield f"  {'' if number else 'plan':<7} {timed}"
    if not faults:
        yield "  plan    no faults"
    yield ""
    yield from story(run)
    yield ""
    yield f"  trace   {trace}"
    yield f"  again   {again}"
    if test:
        yield f"  test    {test}"


def _sizes(first: Found, best: Found) -> Iterator[tuple[str, str, str]]:
    yield "faults", str(first.size.faults), str(best.size.faults)
    yield "chances", f"{first.size.chances:,}", f"{best.size.chances:,} answers that are not the tamest"
    yield "events", f"{first.size.events:,}", f"{best.size.events:,}"


def _numbers(first: Found, best: Found) -> str:
    before, after = first.attempt.case.numbers(), best.attempt.case.numbers()
    return ", ".join(f"{name}={after[name]} (was {before[name]})" for name in after if after[name] != before[name])


def shrunk_data(shrunk: Shrunk, *, trace: str, again: str, test: str = "") -> dict[str, Any]:
    """What `--json` prints."""
    first, best = shrunk.first, shrunk.best
    found: dict[str, Any] = {
        "name": best.attempt.case.name,
        "signature": best.signature,
        "message": best.message,
        "runs": shrunk.runs,
        "finished": shrunk.finished,
        "steps": shrunk.steps,
        "faults": [str(timed) for timed in best.attempt.plan.faults],
        "params": best.attempt.case.numbers(),
        "before": {"faults": first.size.faults, "chances": first.size.chances, "events": first.size.events},
        "after": {"faults": best.size.faults, "chances": best.size.chances, "events": best.size.events},
        "trace": trace,
        "replay": again,
    }
    return found | ({"test": test} if test else {})
